"""kill -9 at every await and every operation of a sign-in and of a refresh, and what the next process finds.

trust.md, section 4, "kill -9 at every await/IO point"; conversation.md, section 3 (recovery). The points are found by
instrumentation (`worker.Points`): each step of each task, each wait for the outside, each statement, commit and file
operation, each request and each answer. A child dies at point 1, the next one at point 2, until one lives to the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .kit import DONE, SIGN_IN, keys_in
from .processes import Site, Worker

EVERY = 41  # at the small size: so far apart are the points, but for those around a request
LEASE = 31.0  # seconds, more than a turn's or a refresh's lease


@dataclass
class Death:
    """One child: where it died, and what the provider and the next process then said."""

    number: int
    trail: list[str]  # the names of the points, up to that one
    counts: dict[str, int]  # of the dead process's own requests
    issued: tuple[str, str] | None  # the newest pair that the provider gave out
    found: list[Any] = field(default_factory=list)  # what the steps of the recovery brought
    after: dict[str, int] = field(default_factory=dict)  # requests of the recovery


class Deaths:
    """Runs one walk again and again, and lets it die one point further each time."""

    def __init__(self, site: Site, tmp_path: Path, name: str) -> None:
        self.site, self.folder, self.name = site, tmp_path, name
        self.worker: Worker = site.worker()
        self.points: list[str] = []

    def all(self, steps: list[list[Any]], recovery: list[list[Any]], full: bool) -> Iterator[Death]:
        """Each death, with its recovery."""
        self._walk(0, steps, None)
        for number in self._chosen(full):
            if self._walk(number, steps, number):
                yield self._recover(number, recovery)

    def _chosen(self, full: bool) -> list[int]:
        """Numbers of points, from 1; the last few may be reached in one run and not in another."""
        every = range(1, len(self.points) + 1)
        if full:
            return list(every)
        vital = [at for at, name in enumerate(self.points, 1) if name.split()[0] in ("send", "received", "commit")]
        near = {at + step for at in vital for step in (0, 2)}
        return [at for at in every if at % EVERY == 1 or at in near]

    def _walk(self, number: int, steps: list[list[Any]], kill_at: int | None) -> bool:
        """True if it died."""
        self.site.ahead(0)
        self.site.provider.reset_log()
        self.site.witness.pairs.clear()
        steps = [["plant", self.site.issue()] if step == ["plant"] else step for step in steps]
        note = self.folder / "points"
        order = {"steps": steps, "name": f"{self.name}-{number}", "note": str(note), "kill_at": kill_at}
        ended = self.worker.ask("walk", **order, issuer=self.site.issuer, home=self._home(number))
        assert ended["killed"] or "broke" not in str(ended["brought"]), ended
        self.points = note.read_text().split("\n")[:-1] if kill_at is None else self.points
        self.trail = note.read_text().split("\n")[:-1]
        return bool(ended["killed"])

    def _recover(self, number: int, recovery: list[list[Any]]) -> Death:
        provider = self.site.provider
        self.site.catch_up()
        issued = self.site.witness.pairs[-1] if self.site.witness.pairs else None
        death = Death(number, self.trail, provider.log.counts(), issued)
        provider.reset_log()
        order = {"steps": recovery, "name": "next", "issuer": self.site.issuer, "home": self._home(number)}
        death.found = self.worker.ask("walk", **order)["brought"]
        death.after = provider.log.counts()
        assert "broke" not in str(death.found), (number, self.trail[-1], death.found)
        return death

    def _home(self, number: int) -> str:
        return str(self.folder / f"home-{number}")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path).open() as site:
        yield site


SIZES = [
    pytest.param(False, id="some points"),
    pytest.param(True, id="every point", marks=[pytest.mark.full, pytest.mark.timeout(3600)]),
]


@pytest.mark.parametrize("full", SIZES)
def test_a_death_while_a_sign_in_starts(site: Site, tmp_path: Path, full: bool) -> None:
    """conversation.md, section 3: `started` goes back to `idle`, the person is told, nothing is repeated by itself."""
    deaths = Deaths(site, tmp_path, "start")
    steps = [["arm"], ["say", SIGN_IN, "m1"]]
    recovery: list[list[Any]] = [
        ["record"],
        ["tidy"],
        ["wait", LEASE],
        ["say", SIGN_IN, "m1"],
        ["record"],
        ["say", SIGN_IN],
        ["record"],
    ]
    seen = set()
    for death in deaths.all(steps, recovery, full):
        found, _, _, again, then, new, at_last = death.found
        where = f"{death.number}: {death.trail[-1]}, {death.counts}, {found}"
        assert found["state"] in ("idle", "started", "awaiting_confirm"), where
        assert (found["code"] is not None) == (found["state"] == "awaiting_confirm"), where
        told = keys_in(again)
        seen.add((found["state"], *told))
        if found["state"] == "started":
            assert told == ["interrupted"], where
            assert then["state"] == "idle", where
        elif found["state"] == "idle":
            assert told == ["display"], where  # the message was never heard before
        else:
            assert again["repeated"] and again["user_code"] == found["code"], where
        assert new["user_code"] and at_last["state"] == "awaiting_confirm", where
        assert at_last["code"] == new["user_code"], where
        assert death.after.get("start", 0) <= 1, where
        assert "poll" not in death.after, where
    assert {("idle", "display"), ("started", "interrupted"), ("awaiting_confirm", "display")} <= seen


@pytest.mark.parametrize("full", SIZES)
def test_a_death_while_a_sign_in_is_confirmed(site: Site, tmp_path: Path, full: bool) -> None:
    """trust.md, section 4: no second poll by itself, no second use of a spent code, no mix of old and new.

    What a death can cost is what the provider had sent and nobody had stored: the windows, and nothing else.
    """
    deaths = Deaths(site, tmp_path, "confirm")
    steps = [["say", SIGN_IN], ["approve"], ["arm"], ["say", DONE, "m1"]]
    recovery: list[list[Any]] = [
        ["record"],
        ["tidy"],
        ["record"],
        ["wait", LEASE],
        ["say", DONE, "m1"],
        ["say", DONE, "m2"],
        ["record"],
    ]
    lost: dict[str, list[Death]] = {"poll": [], "exchange": []}
    for death in deaths.all(steps, recovery, full):
        found, _, untouched, _, first, second, at_last = death.found
        where = f"{death.number}: {death.trail[-1]}, {death.counts}, {found}, {death.after}, {at_last}"
        connected = found["pair"] is not None
        assert untouched == found, where
        assert found["state"] in (("idle",) if connected else ("awaiting_confirm", "polling")), where
        if connected:
            assert tuple(found["pair"]) == death.issued, where
        if found["state"] == "polling":
            assert keys_in(first) == ["interrupted"], where
        assert death.counts.get("exchange", 0) + death.after.get("exchange", 0) <= 1, where
        assert death.after.get("poll", 0) <= (0 if connected else 1), where
        assert len(site.witness.spent) == len(set(site.witness.spent)), where
        if at_last["pair"]:
            assert tuple(at_last["pair"]) == site.witness.pairs[-1], where
        else:
            assert at_last["state"] == "awaiting_confirm", where  # nothing is stuck: a code, old or new, is on screen
            kind = "exchange" if found["sealed"] else "poll"
            lost[kind].append(death)
            assert death.counts.get(kind) == 1 or (kind == "exchange"), where
            assert keys_in(second) == (["still_pending"] if kind == "poll" else ["poll_refused", "display"]), where
    _is_the_window(lost["poll"], "poll")
    _is_the_window(lost["exchange"], "exchange")


@pytest.mark.parametrize("full", SIZES)
def test_a_death_while_a_login_is_refreshed(site: Site, tmp_path: Path, full: bool) -> None:
    """trust.md, section 4: no second use of a token known to be spent, no mix of old and new; the one window."""
    deaths = Deaths(site, tmp_path, "refresh")
    site.provider.configure(token_lifetime=240)  # so that it is due at once
    steps = [["plant"], ["record"], ["arm"], ["call"]]
    recovery: list[list[Any]] = [["record"], ["tidy"], ["record"], ["wait", LEASE], ["call"], ["record"]]
    lost: list[Death] = []
    for death in deaths.all(steps, recovery, full):
        found, _, untouched, _, called, at_last = death.found
        where = f"{death.number}: {death.trail[-1]}, {death.counts}, {found}, {death.after}"
        assert untouched == found, where
        assert found["pair"], where  # nothing is deleted without proof
        assert tuple(found["pair"]) in site.witness.pairs, where  # both from one answer
        assert death.counts.get("refresh", 0) <= 1, where
        if tuple(found["pair"]) == death.issued:
            assert called == "200", where
            assert at_last["pair"], where
            assert tuple(at_last["pair"]) == site.witness.pairs[-1], where
            assert site.provider.reuses == len(lost), where
        else:
            lost.append(death)
            assert called == "ReloginRequiredError", where
            assert site.provider.reuses == len(lost), where  # one honest try, as section 2 allows
    _is_the_window(lost, "refresh")


def _is_the_window(deaths: list[Death], call: str) -> None:
    """What was lost died with one request under way, and nothing else was done before its answer was stored.

    An exchange that may have been sent is never repeated, so its window opens where that was noted, just before.
    """
    assert deaths
    for death in deaths:
        sent = [name for name in death.trail if name.startswith("send")]
        since = _since(death.trail, sent[-1])
        if call == "exchange" and sent == ["send poll"]:
            assert "begin" not in _since(since, "commit"), death.trail
        else:
            assert sent[-1] == f"send {call}", death.trail
            assert since.count("begin") <= 1, death.trail


def _since(trail: list[str], name: str) -> list[str]:
    """What came after the last point of that name."""
    return trail[len(trail) - trail[::-1].index(name) :]
