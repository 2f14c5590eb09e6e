"""Every secret of the provider is a canary: a whole sign-in under each family of faults, with everybody talking.

trust.md, section 3, "tokens in logs, exceptions, repr, tracebacks"; conversation.md, rule 6.
Logs are at DEBUG, those of httpx, httpcore, aiosqlite and SQLAlchemy included; tracebacks show their locals.
"""

import asyncio
import base64
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from skill import Message, Onboarding, Settings
from skill.errors import OnboardingError
from skill.message import Reply
from skill.simulator import LocalProvider, serve_in_thread
from skill.testing import Logbook

from .kit import ANA, BROKEN, DONE, LOG_OUT, MODELS, SIGN_IN, USAGE, leaks, owner

FAMILIES = {
    "no fault": (),
    "refused": ("401", "400", "403"),
    "throttled": ("429", "408"),
    "down": ("500", "503"),
    "a page": ("403-html", "502-html", "200-html"),
    "a redirect": ("302", "307"),
    "a broken body": ("200-broken", "200-types", "200-bytes", "200-list"),
    "too large a body": ("200-oversized", "200-gzip-bomb"),
    "a broken connection": ("reset", "drop", "cut"),
    "silence": ("hang",),
    "more than was asked for": ("extra",),
}
SILENCE = 1.0  # seconds; it is real here, so it is kept short
# A person's words, and the calls that meet the fault in that turn.
LIFE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (SIGN_IN, ("start",)),
    (SIGN_IN, ()),
    (DONE, ("poll",)),
    (DONE, ("exchange",)),
    (DONE, ("models",)),
    (DONE, ()),
    (MODELS, ("models",)),
    (USAGE, ("usage",)),
    (USAGE, ("refresh",)),
    (BROKEN, ("refresh",)),
    (BROKEN, ()),
    (DONE, ()),
    (LOG_OUT, ("revoke",)),
)
# A poll whose answer is lost has spent the code for nothing: the one window, proved elsewhere.
_BEFORE_IT_ARRIVES = {"drop", "reset", "hang"}


class Ear:
    """Hears whatever is said, logged, shown or raised."""

    def __init__(self) -> None:
        self.logbook = Logbook()
        self.said: list[Any] = []
        self.shown: list[str] = []
        self.raised = 0

    def texts(self) -> Iterator[str]:
        """All of it."""
        yield from self.logbook.lines
        yield from self.shown
        for thing in self.said:
            yield repr(thing)
            yield str(thing)
            yield thing.model_dump_json() if isinstance(thing, Reply) else ""

    def hears(self, fault: BaseException) -> None:
        """An exception, as a log with locals would have it."""
        self.raised += 1
        self.said.append(fault)
        self.shown += traceback.TracebackException.from_exception(fault, capture_locals=True).format()


async def _live(skill: Onboarding, client: httpx.AsyncClient, provider: LocalProvider, ear: Ear, fault: str) -> None:
    """One person's whole life with the skill, in which every call meets the fault."""
    user = fault or "nobody's fault"
    for number, (words, calls) in enumerate(LIFE):
        provider.clear_faults()
        _befall(provider, fault, calls)
        reply = await skill.handle(
            Message(message_id=f"{user}-{number}", conversation_id=user, user_id=user, text=words, private=True)
        )
        ear.said.append(reply)
        if reply and reply.user_code:
            code = next(code for code in provider.codes if code.user_code == reply.user_code)
            if code.state == "pending":
                provider.approve(reply.user_code)
        if words == USAGE:
            provider.revoke_access(ANA)
            _befall(provider, fault, calls)
        await _use(skill, client, ear, user)
        ear.said += [await skill.store.read(owner(user)), await skill.openai_oauth("status", user_id=user)]
    provider.clear_faults()


def _befall(provider: LocalProvider, fault: str, calls: tuple[str, ...]) -> None:
    for call in calls if fault else ():
        if call != "poll":
            provider.fault(call, fault)
        elif fault in _BEFORE_IT_ARRIVES:
            provider.fault(call, fault, effect=False)
        elif fault not in ("cut", "200-oversized"):
            provider.fault(call, fault)


async def _use(skill: Onboarding, client: httpx.AsyncClient, ear: Ear, user: str) -> None:
    """Direct calls, with a token that has just died."""
    for path in ("/wham/usage", "/codex/models"):
        try:
            response = await client.get(skill.settings.backend_url + path, auth=skill.auth(user))
            ear.said += [response, response.request, response.request.headers]
        except (OnboardingError, httpx.HTTPError) as fault:
            ear.hears(fault)
    skill_login = (await skill.store.read(owner(user))).credential
    if skill_login:
        ear.said.append(skill_login)


def _sizes() -> list[Any]:
    """One fault of each family; all of them, and those that take time, at full size."""
    few = [pytest.param(faults[:1], id=family) for family, faults in FAMILIES.items() if family != "silence"]
    many = [pytest.param(faults, id=f"{family}, all", marks=pytest.mark.full) for family, faults in FAMILIES.items()]
    return few + many


@pytest.mark.parametrize("faults", _sizes())
def test_no_secret_gets_out_whatever_goes_wrong(tmp_path: Path, faults: tuple[str, ...]) -> None:
    """trust.md, section 3: 0 canary bytes anywhere, also base64 and URL-encoded."""
    provider, ear = LocalProvider(), Ear()
    patience = SILENCE if "hang" in faults else 12.0

    async def main(issuer: str) -> None:
        settings = Settings(
            home=tmp_path / "home", issuer=issuer, backend_url=f"{issuer}/backend-api", timeout=patience
        )
        async with httpx.AsyncClient(timeout=patience) as client, Onboarding(settings) as skill:
            for name in faults or ("",):
                await _live(skill, client, provider, ear, name)
                provider.revoke_access(ANA)
            await skill.tidy()

    with ear.logbook, serve_in_thread(provider) as served:
        asyncio.run(main(served.issuer))
    assert {"httpx", "httpcore"} <= {line.partition(":")[0].partition(".")[0] for line in ear.logbook.lines}
    assert provider.count("exchange") >= 1
    assert len(provider.secrets()) >= 5
    assert leaks(provider.secrets(), ear.texts()) == []
    codes = [code.user_code for code in provider.codes]
    assert codes
    assert leaks(codes, [*ear.logbook.lines, *ear.shown, *map(repr, ear.said)]) == []


def test_the_ear_hears() -> None:
    """A proof of absence is worth what its finder finds: each disguise, wherever it stands."""
    secret = "rt_Ab-_9/+= secret with more"
    for text in (
        f"say {secret}.",
        f"?token={quote(secret, safe='')}&",
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(f"user:{secret}".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{secret}cd".encode()).decode(),
    ):
        assert len(leaks([secret], ["nothing", f"before {text} after"])) == 1, text
    assert leaks([secret], ["rt_Ab", "secret with more"]) == []
