"""However many ask, the provider sees one refresh: real processes on one real file, and a provider that is strict.

trust.md, section 4, "Refresh storm" and "Lock holder killed or frozen".
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .kit import ANA, Rig, owner, pair
from .processes import Site, Worker

LEASE = 20  # seconds


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """One provider with family revocation on: a second use of a refresh token ends the login."""
    with Site(tmp_path).open() as site:
        assert site.provider.family_revocation
        yield site


def _plant(site: Site, worker: Worker, user: str) -> str:
    """A login for that user; its access token."""
    issued = site.issue()
    worker.ask("plant", user=user, issued=issued, **site.place)
    return str(issued["access_token"])


def _refused(site: Site) -> None:
    site.provider.revoke_access(ANA)


def _fine(_: Site) -> None:
    """The tokens are fine as far as the provider is concerned."""


WAYS: dict[str, tuple[str, Callable[[Site], None]]] = {
    "renew": ("renew", _fine),
    "auth, on a 401": ("auth", _refused),
    "auth, about to expire": ("auth", _fine),
}


def _storm(site: Site, workers: list[Worker], seed: int, way: str, callers: int) -> None:
    user, (how, befall) = f"user-{seed}", WAYS[way]
    if way == "auth, about to expire":
        site.provider.configure(token_lifetime=240)
    try:
        dead = _plant(site, workers[0], user)
    finally:
        site.provider.configure(token_lifetime=864_000)
    for number, worker in enumerate(workers):
        worker.order("storm", user=user, how=how, callers=callers, seed=f"{seed}/{number}", **site.place)
    assert [worker.hear() for worker in workers] == ["ready"] * len(workers)
    befall(site)
    site.provider.reset_log()
    for worker in workers:
        worker.send("go")
    ended = [token for worker in workers for token in worker.hear()]
    fresh = site.witness.pairs[-1][0]
    assert site.provider.count("refresh") == 1, f"seed {seed}"
    assert site.provider.reuses == 0, f"seed {seed}"
    assert ended == [fresh] * (len(workers) * callers), f"seed {seed}"
    assert fresh != dead


@pytest.mark.parametrize(
    ("processes", "callers", "seeds"),
    [(3, 8, 3), pytest.param(8, 25, 20, marks=[pytest.mark.full, pytest.mark.timeout(1800)])],
)
def test_any_number_of_callers_and_processes_make_one_refresh(
    site: Site, processes: int, callers: int, seeds: int
) -> None:
    """trust.md, section 4: exactly 1 refresh each time, 0 reuse errors, all proceed with the new token."""
    workers = [site.worker() for _ in range(processes)]
    for seed in range(seeds):
        for way in WAYS:
            _storm(site, workers, seed * len(WAYS) + list(WAYS).index(way), way, callers)


def test_callers_with_an_old_token_take_the_stored_one(site: Site) -> None:
    """trust.md, section 4: a caller whose token differs from the stored one takes the stored one: 0 refreshes."""
    workers = [site.worker() for _ in range(2)]
    _plant(site, workers[0], "ana")
    for worker in workers:
        worker.order("storm", user="ana", how="renew", callers=8, seed="old", **site.place)
    assert [worker.hear() for worker in workers] == ["ready", "ready"]  # each has seen the first token
    newer = _plant(site, site.worker(), "ana")
    for worker in workers:
        worker.send("go")
    assert [token for worker in workers for token in worker.hear()] == [newer] * 16
    assert site.provider.count("refresh") == 0


def test_a_killed_holder_blocks_the_others_for_its_lease_and_no_longer(site: Site) -> None:
    """trust.md, section 4: within its lease nobody else refreshes; after it exactly one does."""
    holder, *others = (site.worker() for _ in range(3))
    dead = _plant(site, holder, "ana")
    assert holder.ask("hold", user="ana", then="wait", **site.place) == "holding"
    holder.kill()
    for number, worker in enumerate(others):
        worker.order("storm", user="ana", how="renew", callers=4, seed=number, looks=1 + 3 * 4, **site.place)
    assert [worker.hear() for worker in others] == ["ready", "ready"]
    site.ahead(LEASE / 2)
    for worker in others:
        worker.send("go")
    assert [worker.hear() for worker in others] == ["looked", "looked"]  # each caller, three times
    assert site.provider.count("refresh") == 0
    site.ahead(LEASE + 1)
    ended = [token for worker in others for token in worker.hear()]
    assert site.provider.count("refresh") == 1
    assert site.provider.reuses == 0
    assert ended == [site.witness.pairs[-1][0]] * 8
    assert dead not in ended


def test_a_thawed_holder_looks_again_and_sends_nothing(site: Site) -> None:
    """trust.md, section 4: a thawed holder checks lease and version again directly before sending."""
    holder, other = site.worker(), site.worker()
    _plant(site, holder, "ana")
    holder.order("storm", user="ana", how="renew", callers=1, seed="frozen", freeze=True, **site.place)
    assert holder.hear() == "ready"
    holder.send("go")
    holder.await_freeze()
    site.ahead(LEASE + 1)
    other.order("storm", user="ana", how="renew", callers=1, seed="other", **site.place)
    assert other.hear() == "ready"
    other.send("go")
    (fresh,) = other.hear()
    assert site.provider.count("refresh") == 1
    holder.thaw()
    assert holder.hear() == [fresh]
    assert site.provider.count("refresh") == 1
    assert site.provider.reuses == 0


def test_the_gap_that_remains_is_between_the_last_look_and_the_send(site: Site) -> None:
    """trust.md, section 4: "The gap that remains is stated, not claimed closed."

    A holder that freezes with the request in its hand sends a token that another has spent meanwhile. Where the
    provider forgives that, the holder takes the newer pair and nobody is logged out.
    """
    site.provider.configure(family_revocation=False)
    holder, other = site.worker(), site.worker()
    _plant(site, holder, "ana")
    holder.order("hold", user="ana", then="freeze", **site.place)
    assert holder.hear() == "holding"
    holder.await_freeze()
    site.ahead(LEASE + 1)
    other.order("storm", user="ana", how="renew", callers=1, seed="other", **site.place)
    assert other.hear() == "ready"
    other.send("go")
    (fresh,) = other.hear()
    holder.thaw()
    assert holder.hear() == fresh
    assert (site.provider.count("refresh"), site.provider.reuses) == (2, 1)


def test_who_waits_for_a_dead_holder_goes_on_by_itself_within_a_second(rig: Rig) -> None:
    """trust.md, section 4: after the lease exactly one may, within 1 s, by itself."""
    rig.connect()
    rig.provider.revoke_access(ANA)
    seen, other = rig.login().access_token, rig.another()

    async def race() -> float:
        """One worker takes the lease and is never heard of again; how long another one waits."""
        claimed, loop, plain = asyncio.Event(), asyncio.get_running_loop(), rig.skill.store.transact

        async def vanish(*arguments: Any) -> Any:
            assert await plain(*arguments) is True
            claimed.set()
            await asyncio.sleep(3600)

        rig.skill.store.transact = vanish  # type: ignore[method-assign, assignment]
        gone = asyncio.ensure_future(rig.skill.logins.renew(owner("ana"), seen))
        await claimed.wait()
        began = loop.time()
        await asyncio.gather(*(other.logins.renew(owner("ana"), seen) for _ in range(5)))
        waited = loop.time() - began
        gone.cancel()
        await other.close()
        return waited

    waited = rig.run(race())
    assert LEASE <= round(waited, 6) <= LEASE + 1
    assert rig.provider.count("refresh") == 1
    assert pair(rig.login()) == rig.witness.pairs[-1]
