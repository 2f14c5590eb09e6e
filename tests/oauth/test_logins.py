"""The life of a login: refreshed once however many ask, ended only by proof (trust.md, sections 1, 2 and 4)."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from skill.errors import NotConnectedError, ProviderError, Reason, ReloginRequiredError
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.secret import Secret
from skill.stores.base import Record
from skill.testing import Stage

ANA = Owner("", "", "ana")
EMAIL = "ana@example.test"


def login(stage: Stage) -> Credential | None:
    return stage.record("Ana").credential


def present(stage: Stage) -> Credential:
    found = login(stage)
    assert found
    return found


def gathered(stage: Stage, *work: Coroutine[Any, Any, Any]) -> list[Any]:
    async def main() -> list[Any]:
        return list(await asyncio.gather(*work, return_exceptions=True))

    return stage.run(main())


def renewals(stage: Stage, seen: Secret, callers: int) -> list[Any]:
    return gathered(stage, *(stage.skill.logins.renew(ANA, seen) for _ in range(callers)))


def test_many_callers_with_a_dead_token_cause_one_refresh(ana: Stage) -> None:
    """Section 4, refresh storm, within one process."""
    seen = present(ana).access_token
    renewed = renewals(ana, seen, 25)
    assert ana.asked("refresh") == 1
    assert {one.access_token for one in renewed} == {present(ana).access_token}
    assert seen not in {one.access_token for one in renewed}
    assert ana.provider.reuses == 0


def test_a_caller_with_an_older_token_takes_the_stored_one(ana: Stage) -> None:
    """Section 4: 0 refreshes."""
    seen = present(ana).access_token
    [first] = renewals(ana, seen, 1)
    ana.forget_requests()
    assert {one.access_token for one in renewals(ana, seen, 3)} == {first.access_token}
    assert ana.asked() == 0


@pytest.mark.parametrize(
    "fault", ["500", "429", "403-html", "408", "200-broken", "200-html", "403", "403-region", "drop"]
)
def test_temporary_trouble_keeps_the_login(ana: Stage, fault: str) -> None:
    """Section 1, point 5: a temporary failure is not treated as final."""
    before = present(ana)
    ana.provider.fault("refresh", fault, effect=False)
    [trouble] = renewals(ana, before.access_token, 1)
    assert isinstance(trouble, ProviderError)
    assert trouble.reason is not Reason.REFUSED
    after = present(ana)
    assert (after.access_token, after.refresh_token) == (before.access_token, before.refresh_token)
    [renewed] = renewals(ana, before.access_token, 1)
    assert renewed.access_token != before.access_token


@pytest.mark.parametrize("fault", ["expired-400", "invalidated-401", "invalid-grant", "reused-401", "401-empty"])
def test_a_refusal_for_good_removes_the_login(ana: Stage, fault: str) -> None:
    """Section 2: permanent, re-login is needed."""
    seen = present(ana).access_token
    ana.provider.fault("refresh", fault)
    outcomes = renewals(ana, seen, 5)
    assert ana.asked("refresh") == 1
    assert {type(outcome) for outcome in outcomes} <= {ReloginRequiredError, NotConnectedError}
    assert ReloginRequiredError in {type(outcome) for outcome in outcomes}
    assert login(ana) is None


def test_a_refusal_adopts_a_pair_that_somebody_else_stored_meanwhile(ana: Stage) -> None:
    """Section 2, `refresh_token_reused`: re-read the store, adopt a newer pair."""
    before = present(ana)
    newer = before.rotated(_tokens(ana), ana.clock.now())

    async def main() -> Credential:
        ana.line.stuck.clear()
        ana.line.next("refresh", "held back")
        ana.provider.fault("refresh", "reused-401")
        renewing = asyncio.create_task(ana.skill.logins.renew(ANA, before.access_token))
        await ana.line.stuck.wait()
        await ana.skill.store.transact(ANA, lambda record: (_with(record, newer), None))
        ana.line.release()
        return await renewing

    assert ana.run(main()).refresh_token == newer.refresh_token
    assert present(ana).refresh_token == newer.refresh_token


def test_a_logout_during_a_refresh_leaves_no_usable_token(ana: Stage) -> None:
    """Section 3: logout races a refresh."""
    seen = present(ana).access_token

    async def main() -> object:
        ana.line.stuck.clear()
        ana.line.next("refresh", "held back")
        renewing = asyncio.create_task(ana.skill.logins.renew(ANA, seen))
        await ana.line.stuck.wait()
        said = await ana.skill.handle(ana.message("Ana", "Log out of ChatGPT"))
        assert said and said.state == "idle"
        ana.line.release()
        return (await asyncio.gather(renewing, return_exceptions=True))[0]

    assert isinstance(ana.run(main()), NotConnectedError)
    assert login(ana) is None
    assert ana.provider.live_tokens(EMAIL).refresh == 0
    assert ana.provider.live_tokens(EMAIL).access == 0


def test_a_cancelled_caller_doesnt_split_receiving_from_storing(ana: Stage) -> None:
    """Section 2: receiving a rotated token and storing it is one step that cancellation can't split."""
    before = present(ana)

    async def main() -> None:
        ana.line.stuck.clear()
        ana.line.next("refresh", "held back")
        renewing = asyncio.create_task(ana.skill.logins.renew(ANA, before.access_token))
        await ana.line.stuck.wait()
        renewing.cancel()
        ana.line.release()
        await asyncio.gather(renewing, return_exceptions=True)
        await ana.skill.close()

    ana.run(main())
    ana.stop()
    assert present(ana).refresh_token != before.refresh_token
    ana.provider.revoke_access(EMAIL)
    [renewed] = renewals(ana, present(ana).access_token, 1)
    assert isinstance(renewed, Credential)


def test_a_token_that_is_about_to_expire_is_refreshed_first(ana: Stage) -> None:
    """openai-codex-protocol.md, section 13: 5 minutes ahead."""
    ana.clock.advance(timedelta(days=9, hours=23, minutes=54))
    assert ana.run(ana.skill.logins.current(ANA)) == present(ana)
    assert ana.asked("refresh") == 0
    ana.clock.advance(timedelta(minutes=2))
    assert ana.run(ana.skill.logins.current(ANA)).expires_at > ana.clock.now() + timedelta(days=9)  # type: ignore[operator]
    assert ana.asked("refresh") == 1


def test_a_failed_refresh_ahead_of_time_costs_nothing(ana: Stage) -> None:
    """Section 2: keep using the access token while it lives."""
    before = present(ana)
    ana.clock.advance(timedelta(days=9, hours=23, minutes=57))
    ana.provider.fault("refresh", "500")
    assert ana.run(ana.skill.logins.current(ANA)).access_token == before.access_token


@pytest.mark.parametrize("call", [lambda s: s.logins.current(ANA), lambda s: s.logins.renew(ANA, SecretStr("none"))])
def test_who_never_signed_in_is_told_so(stage: Stage, call: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
    with pytest.raises(NotConnectedError):
        stage.run(call(stage.skill))
    assert stage.asked() == 0


def _tokens(stage: Stage) -> wire.Tokens:
    return wire.Tokens.model_validate(stage.provider.issue())


def _with(record: Record, newer: Credential) -> Record:
    assert record.credential
    return replace(record, credential=replace(newer, version=record.credential.version))
