"""The skill over HTTP, for runtimes in other languages or other processes.

    codex-onboarding serve                      # or, in a program of your own:
    app = build(Onboarding(settings))           # an ASGI application

Signatures and repeated deliveries are those of Standard Webhooks (runtimes.md, section 3.7).
"""

from skill.runtimes.common import extra_missing

try:
    from skill.runtimes.service.admission import is_loopback
    from skill.runtimes.service.app import build
    from skill.runtimes.service.server import OpenToOthersError, in_thread, listen, run, url_of
except ModuleNotFoundError as missing:
    raise extra_missing("service", missing, "starlette", "uvicorn", "standardwebhooks") from None

__all__ = ["OpenToOthersError", "build", "in_thread", "is_loopback", "listen", "run", "url_of"]
