"""A logout beside calls in flight, in a thousand orders: what it ended stays ended.

trust.md, section 3, "logout races a refresh or a poll".
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skill import Onboarding
from skill.core.states import State
from skill.errors import OnboardingError
from skill.message import Reply
from skill.report import history

from .kit import ANA, DONE, LOG_OUT, SIGN_IN, USAGE, Rig, owner

SCENES = ("start", "poll and exchange", "refresh by a question", "refresh by direct calls")


class Shuffled:
    """Lets everything that goes over the wire or to the store wait for as long as the seed says."""

    def __init__(self, rig: Rig, workers: list[Onboarding], seed: int) -> None:
        self._random = random.Random(seed)
        rig.wire.before = rig.wire.after = self._pause
        for worker in workers:
            self._spread(worker.store, "read")
            self._spread(worker.store, "transact")

    async def _pause(self, _: str = "") -> None:
        for _step in range(self._random.randrange(3)):
            await asyncio.sleep(self._random.choice((0, 0, 0.001, 0.01, 0.3)))

    async def some_time(self) -> None:
        """Before somebody speaks."""
        await asyncio.sleep(self._random.choice((0, 0.001, 0.01, 0.05, 0.3, 1)) * self._random.random())

    def _spread(self, store: Any, name: str) -> None:
        plain = getattr(store, name)

        async def paused(*arguments: Any) -> Any:
            await self._pause()
            result = await plain(*arguments)
            await self._pause()
            return result

        setattr(store, name, paused)


class Race:
    """One interleaving: what a person does, and the logout that comes somewhere in between."""

    def __init__(self, rig: Rig, scene: str, seed: int) -> None:
        self.rig, self.scene, self.user = rig, scene, f"user-{seed}"
        self.said: list[tuple[str, Reply | None]] = []  # in the order in which the replies came
        self.workers = [rig.another(), rig.another()]
        self.chance = Shuffled(rig, self.workers, seed)
        self._logs_out = self.workers[seed % 2]
        self.same_worker = seed % 2 == 0

    async def run(self) -> None:
        """Both at once, then whatever is left to do."""
        await asyncio.gather(self._act(), self._log_out())
        self.rig.wire.before = self.rig.wire.after = _no_pause
        for _ in range(3):
            self.rig.pass_time(hours=1)
            await self.workers[0].tidy()
        for worker in self.workers:
            await worker.close()

    async def _act(self) -> None:
        await self.chance.some_time()
        match self.scene:
            case "start":
                await self._say(self.workers[0], SIGN_IN)
            case "poll and exchange":
                await self._say(self.workers[0], DONE)
            case "refresh by a question":
                await self._say(self.workers[0], USAGE)
            case _:
                await asyncio.gather(*(self._call(worker) for worker in self.workers for _ in range(2)))

    async def _log_out(self) -> None:
        await self.chance.some_time()
        await self._say(self._logs_out, LOG_OUT)

    async def _say(self, worker: Onboarding, text: str) -> None:
        reply = await worker.handle(self.rig.message(text, self.user))
        self.said.append((text, reply))

    async def _call(self, worker: Onboarding) -> None:
        url = f"{worker.settings.backend_url}/wham/usage"
        try:
            await self.rig.client.get(url, auth=worker.auth(self.user))
        except OnboardingError as ended:
            assert type(ended).__name__ in ("NotConnectedError", "ReloginRequiredError")


async def _no_pause(_: str) -> None:
    """The race is over."""


PREPARE: dict[str, Callable[[Rig, str], object]] = {
    "start": lambda rig, user: None,
    "poll and exchange": Rig.show_code,
    "refresh by a question": Rig.connect,
    "refresh by direct calls": Rig.connect,
}


def _check(race: Race) -> None:
    rig = race.rig
    record = rig.record(race.user)
    replies = [reply for text, reply in race.said if text != LOG_OUT]
    logged_out_at = next(at for at, (text, _) in enumerate(race.said) if text == LOG_OUT)
    if race.scene == "start" and replies[0] and replies[0].user_code and logged_out_at == 0:
        return  # asked for after the logout: a sign-in of its own, and no login yet
    assert record.credential is None
    live = rig.provider.live_tokens()
    assert (live.access, live.refresh) == (0, 0)
    assert record.session.revocations == ()
    assert rig.provider.reuses == 0
    later = [reply for _, reply in race.said[logged_out_at + 1 :]]
    if any(reply and reply.state is State.CONNECTED for reply in later):
        # Two processes: the login was told, but its answer left later than the one of a logout that came after it.
        assert not race.same_worker
        events = [entry.event for entry in rig.run(history(rig.skill.store, owner(race.user)))]
        assert events.index("authorized") < events.index("logout")


def _interleavings(count: int) -> list[Any]:
    """So many, dealt out to the scenes in parts of five."""
    parts = [(SCENES[part % len(SCENES)], range(part * 5, part * 5 + 5)) for part in range(count // 5)]
    few = 100 // 5
    return [
        pytest.param(
            scene, seeds, id=f"{scene}, {seeds[0]} to {seeds[-1]}", marks=[pytest.mark.full] if part >= few else []
        )
        for part, (scene, seeds) in enumerate(parts)
    ]


@pytest.mark.parametrize(("scene", "seeds"), _interleavings(1000))
def test_a_logout_in_the_middle_of_a_call_leaves_no_usable_token(tmp_path: Path, scene: str, seeds: range) -> None:
    """trust.md, section 3: 1,000 interleavings, 0 usable tokens left; nor is "connected" the last word."""
    with Rig(tmp_path / "home") as rig:
        for seed in seeds:
            user = f"user-{seed}"
            PREPARE[scene](rig, user)
            if scene.startswith("refresh"):
                if seed % 2:
                    rig.near_expiry(user)
                else:
                    rig.provider.revoke_access(ANA)
                    rig.pass_time(hours=1)
            race = Race(rig, scene, seed)
            rig.run(race.run())
            try:
                _check(race)
            except AssertionError as fault:
                raise AssertionError(f"seed {seed}: {[(t, r and r.text) for t, r in race.said]}: {fault}") from fault
        assert rig.leaks() == []
