"""What a team that adopts the skill tests its own bot with; the same kit as our own tests.

    with Stage() as stage:                      # a skill, a provider and a clock that share one time
        stage.say("Ana", "Sign in with my ChatGPT account")
        stage.provider.approve(stage.code)      # what the person does in the browser
        stage.provider.fault("poll", "500")     # what goes wrong; `codex-onboarding provider --faults` lists it
        stage.clock.advance(timedelta(minutes=1))
        assert stage.say("Ana", "done").state == "awaiting_confirm"

What befalls a call on its way is `stage.line.next("poll", ...)`: "unreachable", "held back" until `release`, "crash".
Needs the extra `testing`. With it, pytest has the fixtures `stage` and `local_provider`, and collects every file named
`*.conversation.yaml` as a test (`skill.pytest_plugin`). README.md beside this file has the format.
"""

from skill.simulator import Account, LocalProvider, Served, describe_faults, serve, serve_in_thread

from .clock import NOON, Clock
from .evidence import Evidence
from .host import Host
from .line import Line, Mishap
from .logbook import Logbook
from .stage import Stage

__all__ = [
    "NOON",
    "Account",
    "Clock",
    "Evidence",
    "Host",
    "Line",
    "LocalProvider",
    "Logbook",
    "Mishap",
    "Served",
    "Stage",
    "describe_faults",
    "serve",
    "serve_in_thread",
]
