"""The pure halves of a turn, one at a time, without store or provider: what a claim takes, what a settlement leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from intents import read
from skill.core.machine import Step
from skill.core.replies import catalogue
from skill.core.session import Authorization, Code, Flow, Intent, Lease, Revocation, Session
from skill.core.states import Action, Event, State
from skill.core.trail import Entry
from skill.errors import Reason
from skill.message import Message, Owner, Reply
from skill.oauth.credential import Credential
from skill.oauth.outcomes import (
    Authorized,
    Issued,
    LoggedOut,
    LoginDied,
    NotConnected,
    Outcome,
    Pending,
    Refused,
    Troubled,
)
from skill.settings import Settings
from skill.speech import Login
from skill.stores.base import Receipt, Record
from skill.testing import NOON
from skill.turns.begin import begin, mint
from skill.turns.forget import cut_off
from skill.turns.settle import overtaken, refine, seal, settle
from skill.turns.tell import login_of, tell, tell_again
from skill.turns.trail import noted
from skill.turns.values import At, Heard, Settled, Turn

HERE, ELSEWHERE = "this conversation", "another conversation"
OWNER = Owner("", "", "ana")
CODE = Code("WXYZ-12345", "https://auth.openai.com/codex/device", "pending-1", NOON + timedelta(minutes=15))
LOGIN = Credential(SecretStr("access"), SecretStr("refresh"), email="ana@example.test")
SPENT, KEPT = (
    Intent(action, Event.OAUTH, HERE, None, NOON + timedelta(hours=1)) for action in (Action.START, Action.POLL)
)


def at(**settings: int | str) -> At:
    return At(Settings(**settings), NOON)


def heard(text: str = "Sign in with my ChatGPT account") -> Heard:
    message = Message(message_id="m1", conversation_id=HERE, user_id="ana", text=text, private=True)
    return Heard(message, OWNER, read(text), NOON)


def turn(action: Action, session: Session, said: Heard | None = None, holder: str = "me") -> Turn:
    step = Step(session, State.IDLE, State.STARTED, action)
    return Turn(OWNER, HERE, action, step, "en", None, holder, said)


def begun(
    action: Action, record: Record, said: Heard | None = None, **settings: int | str
) -> tuple[Record, Turn, Troubled | None]:
    made = turn(action, record.session, said)
    return begin(at(**settings), record, made, made.step)


def ago(**span: float) -> Session:
    """One start that long ago."""
    return Session(starts=(NOON - timedelta(**span),))


# Beginning.


def test_the_right_to_poll_dies_with_its_code_and_that_to_start_has_none() -> None:
    """conversation.md, section 7."""
    session = Session(flow=Flow(HERE, State.AWAITING_CONFIRM, CODE), intents=(SPENT,))
    polled = mint(at(), session, HERE, Action.POLL, Event.CONFIRM)
    assert polled.intents == (
        SPENT,
        Intent(Action.POLL, Event.CONFIRM, HERE, "pending-1", NOON + timedelta(minutes=10)),
    )
    started = mint(at(), session, HERE, Action.START, Event.RETRY, restarts=2)
    assert started.intents == (Intent(Action.START, Event.RETRY, HERE, None, NOON + timedelta(minutes=10), 2),)
    assert mint(at(), Session(flow=Flow(HERE, State.STARTED)), HERE, Action.POLL, Event.CONFIRM).intents[0].flow is None


def test_a_start_spends_its_intent_is_counted_and_leased_for_half_a_minute() -> None:
    """conversation.md, section 3: a 30 s lease."""
    record, leased, limited = begun(Action.START, Record(Session(intents=(SPENT, KEPT), offer_due=True), LOGIN))
    session = record.session
    assert limited is None
    assert (session.intents, session.starts, session.offer_due) == ((KEPT,), (NOON,), False)
    assert session.lease == Lease(leased.holder, NOON + timedelta(seconds=30))
    assert leased.step.session == session
    assert len(leased.holder) == 16
    assert record.credential == LOGIN


def test_what_begins_with_a_message_leaves_a_receipt_and_what_begins_with_a_call_leaves_none() -> None:
    assert begun(Action.STATUS, Record(), heard())[0].receipt == Receipt()
    assert begun(Action.STATUS, Record())[0].receipt is None


def test_a_question_is_no_start_and_ends_no_login() -> None:
    record, _, _ = begun(Action.STATUS, Record(Session(offer_due=True, login_died=True), LOGIN))
    assert (record.session.starts, record.session.offer_due, record.session.login_died) == ((), True, True)
    assert (record.credential, record.session.revocations) == (LOGIN, ())


def test_a_logout_ends_local_use_at_once_and_remembers_to_end_it_at_the_provider() -> None:
    record, _, _ = begun(Action.LOGOUT, Record(Session(offer_due=True, login_died=True), LOGIN))
    assert (record.credential, record.session.offer_due, record.session.login_died) == (None, False, False)
    assert [revocation.refresh_token for revocation in record.session.revocations] == [LOGIN.refresh_token]
    assert begun(Action.LOGOUT, Record())[0].session.revocations == ()


@pytest.mark.parametrize(
    ("per", "starts", "wait"),
    [
        ("hour", (timedelta(minutes=59),), 60),
        ("hour", (timedelta(minutes=60),), None),
        ("hour", (timedelta(minutes=50), timedelta(minutes=40)), 1200),  # the limit was lowered: the last one counts
        ("hour", (timedelta(minutes=59, seconds=59.5),), 1),
        ("day", (timedelta(hours=23),), 3600),
        ("day", (timedelta(hours=24),), None),
    ],
)
def test_beyond_the_limit_nothing_is_asked_and_the_wait_is_told(
    per: str, starts: tuple[timedelta, ...], wait: int | None
) -> None:
    """Rule 1."""
    before = Session(starts=tuple(NOON - start for start in starts), offer_due=True)
    record, _, limited = begun(Action.START, Record(before), **{f"starts_per_{per}": 1})
    assert limited == (Troubled(Reason.LIMIT, retry_after=wait) if wait else None)
    assert (NOON in record.session.starts) is (wait is None)
    assert record.session.offer_due is (wait is not None)


def test_earlier_starts_of_the_day_go_on_being_counted() -> None:
    hour = NOON - timedelta(hours=1)
    assert begun(Action.START, Record(ago(hours=1)))[0].session.starts == (hour, NOON)


def test_only_a_start_is_limited() -> None:
    assert begun(Action.POLL, Record(ago(minutes=1)), starts_per_hour=1)[2] is None


# Forgetting.


def test_who_is_forgotten_keeps_neither_flow_nor_login_and_every_token_is_to_be_ended() -> None:
    old = Revocation(SecretStr("old"), NOON)
    session = Session(3, Flow(HERE, State.POLLING, CODE), {}, (KEPT,), lease=Lease("me", NOON), revocations=(old,))
    record, tokens = cut_off(Record(session, LOGIN))
    assert (record.session, record.credential) == (Session(3), None)
    assert tokens == (old.refresh_token, LOGIN.refresh_token)


@pytest.mark.parametrize(
    "session",
    [
        Session(flow=Flow(HERE, State.STARTED)),
        Session(intents=(KEPT,)),
        Session(lease=Lease("me", NOON)),
        Session(revocations=(Revocation(SecretStr("old"), NOON),)),
    ],
    ids=["flow", "intents", "lease", "revocations"],
)
def test_each_thing_that_could_still_be_used_goes(session: Session) -> None:
    assert cut_off(Record(session))[0].session == Session()


def test_a_login_alone_goes_and_who_has_nothing_is_left_as_they_are() -> None:
    assert cut_off(Record(credential=LOGIN)) == (Record(), (LOGIN.refresh_token,))
    nobody = Record(Session(login_died=True))
    assert cut_off(nobody) == (nobody, ())


# Settling.


def leased(**changes: object) -> Session:
    return replace(Session(), lease=Lease("me", NOON + timedelta(seconds=30)), **changes)  # type: ignore[arg-type]


def test_an_authorization_is_kept_only_for_the_flow_of_this_turn() -> None:
    """conversation.md, section 3: sealed before the exchange."""
    code = Authorization(SecretStr("code"), SecretStr("verifier"))
    flow = Flow(HERE, State.POLLING, CODE)
    polling = turn(Action.POLL, Session())
    record, kept = seal(polling, code, Record(leased(flow=flow)))
    assert kept and record.session.flow == replace(flow, authorization=code)
    for other in (Session(flow=flow), leased(), Session(flow=flow, lease=Lease("somebody", NOON))):
        assert seal(polling, code, Record(other)) == (Record(other), False)


def test_an_approval_that_comes_after_its_turn_was_taken_away_is_revoked_and_kept_from_everybody() -> None:
    brought = Authorized(LOGIN, "ana@example.test", None, [])
    record, settled = settle(at(), turn(Action.POLL, Session(), heard("done")), brought, Record())
    assert record.credential is None
    assert [revocation.refresh_token for revocation in record.session.revocations] == [LOGIN.refresh_token]
    assert settled.discarded and settled.reply
    assert (settled.reply.text, settled.reply.state, settled.outcome) == ("", State.IDLE, brought)
    assert record.receipt == Receipt(settled=True, reply=settled.reply)
    _, told = settle(at(), turn(Action.POLL, Session()), brought, Record())
    assert told == Settled(NotConnected(), discarded=True)
    hosts = replace(brought, credential=None)
    assert settle(at(), turn(Action.POLL, Session()), hosts, Record())[0].session.revocations == ()
    assert settle(at(), turn(Action.POLL, Session()), Pending(), Record())[0].session == Session()


@pytest.mark.parametrize("outcome", [Authorized(LOGIN, None, None, []), Pending()])
def test_after_a_logout_was_told_nothing_is_said_of_a_login(outcome: Authorized | Pending) -> None:
    reply = Reply(text="Connected", state=State.CONNECTED, language="zh", models=["x"])
    settled = overtaken(Settled(outcome, reply))
    if isinstance(outcome, Pending):
        assert settled == Settled(outcome, reply)
    else:
        silent = Reply(text="", state=State.IDLE, language="zh")
        assert settled == Settled(NotConnected(), silent, discarded=True)
        assert overtaken(Settled(outcome)) == Settled(NotConnected(), None, discarded=True)


def test_the_models_that_were_read_are_told_and_kept() -> None:
    read_, polling = replace(LOGIN, models=("a", "b"), models_at=NOON, models_etag="e"), turn(Action.POLL, Session())
    brought = Authorized(LOGIN, "ana@example.test", None, LOGIN.model_ids)
    record, settled = refine(at(), polling, Settled(brought), read_, Record(credential=LOGIN))
    assert record.credential == read_
    assert settled == Settled(replace(brought, models=["openai-codex/a", "openai-codex/b"]))
    _, said = refine(at(), replace(polling, heard=heard("done")), Settled(brought), read_, Record(credential=LOGIN))
    assert said.reply and said.reply.models == ["openai-codex/a", "openai-codex/b"]
    assert (said.reply.state, said.reply.text.partition(" ")[0]) == (State.CONNECTED, "Connected")


def test_models_of_another_login_or_of_none_change_nothing() -> None:
    other = replace(LOGIN, refresh_token=SecretStr("other"), models=("a",))
    polling, settled = turn(Action.POLL, Session()), Settled(Authorized(LOGIN, None, None, []))
    for read_ in (other, None):
        assert refine(at(), polling, settled, read_, Record(credential=LOGIN)) == (Record(credential=LOGIN), settled)
    assert refine(at(), polling, settled, LOGIN, Record()) == (Record(), Settled(NotConnected(), discarded=True))


def test_an_approval_ends_what_was_remembered_of_the_last_login() -> None:
    session = leased(flow=Flow(HERE, State.POLLING, CODE), login_died=True, offer_due=True, handed_to="elsewhere")
    made = replace(turn(Action.POLL, session), step=Step(session, State.AWAITING_CONFIRM, State.POLLING, Action.POLL))
    record, settled = settle(at(), made, Authorized(LOGIN, "ana@example.test", None, []), Record(session))
    after = record.session
    assert (after.login_died, after.offer_due, after.handed_to, after.flow, after.lease) == (
        False,
        False,
        None,
        None,
        None,
    )
    assert record.credential == LOGIN and settled.outcome == Authorized(LOGIN, "ana@example.test", None, [])
    assert after.talk(HERE).language == "en"
    assert record.trail == (Entry(NOON, "authorized", State.POLLING, State.CONNECTED),)


def test_an_issued_code_is_kept_in_its_flow() -> None:
    session = leased(flow=Flow(HERE, State.STARTED))
    record, _ = settle(at(), turn(Action.START, session), Issued(CODE), Record(session))
    assert record.session.flow == Flow(HERE, State.AWAITING_CONFIRM, CODE, settled_at=NOON)


def test_an_exchange_that_never_left_is_taken_up_again_by_the_next_poll() -> None:
    code = Authorization(SecretStr("code"), SecretStr("verifier"), maybe_sent=False)
    session = leased(flow=Flow(HERE, State.POLLING, CODE))
    made = replace(turn(Action.POLL, session), step=Step(session, State.AWAITING_CONFIRM, State.POLLING, Action.POLL))
    record, _ = settle(at(), made, Troubled(Reason.NETWORK, authorization=code), Record(session))
    assert record.session.flow and record.session.flow.authorization == code
    asking = replace(turn(Action.USAGE, session), step=Step(session, State.IDLE, State.IDLE, Action.USAGE))
    kept = replace(session, flow=Flow(ELSEWHERE, State.POLLING, CODE, code))
    record, _ = settle(at(), asking, Troubled(Reason.NETWORK), Record(kept))
    assert record.session.flow == kept.flow


def test_trouble_with_a_poll_tells_when_to_try_again() -> None:
    session = leased(flow=Flow(HERE, State.POLLING, CODE))
    made = turn(Action.POLL, session, heard("done"))
    made = replace(made, step=Step(session, State.AWAITING_CONFIRM, State.POLLING, Action.POLL))
    told = []
    for seconds in (60, 3600):
        _, settled = settle(at(), made, Troubled(Reason.LIMIT, retry_after=seconds), Record(session))
        assert settled.reply and settled.reply.state is State.AWAITING_CONFIRM
        told.append(settled.reply.text)
    assert told[0] != told[1]


@pytest.mark.parametrize(("seconds", "retry_at"), [(90, NOON + timedelta(seconds=90)), (None, None)])
def test_why_a_start_failed_is_remembered_with_the_moment_to_try_again(seconds: int | None, retry_at: object) -> None:
    session = leased(flow=Flow(HERE, State.STARTED))
    record, settled = settle(
        at(), turn(Action.START, session, heard()), Troubled(Reason.REGION, seconds), Record(session)
    )
    talk = record.session.talk(HERE)
    assert (talk.state, talk.reason, talk.retry_at) == (State.FAILED, "start_region", retry_at)
    assert settled.reply and settled.reply.state is State.FAILED


@pytest.mark.parametrize(("said", "answers"), [(True, "hook"), (True, "agent"), (False, "hook"), (False, "agent")])
def test_to_start_over_is_the_hook_s_own_call_or_an_agent_s_right_to_one(said: bool, answers: str) -> None:
    """Rule 1: at most three times a flow."""
    session = leased(flow=Flow(HERE, State.POLLING, CODE, restarts=1))
    made = turn(Action.POLL, session, heard("done") if said else None)
    made = replace(made, step=Step(session, State.AWAITING_CONFIRM, State.POLLING, Action.POLL))
    record, settled = settle(at(answers=answers), made, Refused(Reason.DECLINED), Record(session))
    if said and answers == "hook":
        assert settled.following and settled.following.preface == "poll_declined"
        assert (settled.following.action, settled.following.remark) == (Action.START, None)
        assert record.session.flow == Flow(HERE, State.STARTED, restarts=2)
        assert (record.session.starts, record.session.busy(NOON)) == ((NOON,), True)
    else:
        assert settled.following is None and settled.outcome == Refused(Reason.DECLINED)
        [intent] = record.session.intents
        assert (intent.action, intent.event, intent.restarts) == (Action.START, Event.RETRY, 2)
        assert (record.session.flow, record.session.lease, record.session.starts) == (None, None, ())
        assert record.session.state(HERE) is State.FAILED
        assert record.session.talk(HERE).reason == "poll_declined"
    after = State.STARTED if settled.following else State.FAILED
    assert record.trail == (Entry(NOON, "refused", State.POLLING, after, "declined"),)


def test_to_start_over_beyond_the_limit_tells_the_wait_instead() -> None:
    session = leased(flow=Flow(HERE, State.POLLING, CODE), starts=(NOON - timedelta(minutes=59),))
    made = turn(Action.POLL, session, heard("done"))
    made = replace(made, step=Step(session, State.AWAITING_CONFIRM, State.POLLING, Action.POLL))
    record, settled = settle(at(starts_per_hour=1), made, Refused(Reason.DECLINED), Record(session))
    assert settled.outcome == Troubled(Reason.LIMIT, retry_after=60)
    assert settled.reply and settled.reply.state is State.FAILED
    assert record.session.talk(HERE).reason == "start_limit"


def test_a_login_that_died_while_its_breakage_was_reported_starts_again_at_once() -> None:
    """conversation.md, section 6."""
    session = leased()
    made = turn(Action.REFRESH, session, heard("ChatGPT keeps giving me 401"))
    made = replace(made, step=Step(session, State.CONNECTED, State.CONNECTED, Action.REFRESH))
    record, settled = settle(at(), made, LoginDied(), Record(session))
    assert settled.following and settled.following.remark == "login_restarted"
    assert (settled.following.action, settled.following.preface) == (Action.START, None)
    assert record.session.flow and record.session.login_died


@pytest.mark.parametrize("said", [True, False])
def test_a_login_that_died_under_a_question_is_remembered_and_its_answer_is_all_the_offer(said: bool) -> None:
    session = leased(offer_due=True)
    made = turn(Action.USAGE, session, heard("codex limits") if said else None)
    made = replace(made, step=Step(session, State.CONNECTED, State.CONNECTED, Action.USAGE))
    record, _ = settle(at(), made, LoginDied(), Record(session))
    assert (record.session.login_died, record.session.offer_due) == (True, False)
    assert record.session.talk(HERE).reason == "login_died"


# Telling.


def test_who_has_not_been_told_that_the_login_broke_is_offered_a_new_sign_in_once() -> None:
    """conversation.md, section 6."""
    session = Session(offer_due=True)
    step = Step(session, State.IDLE, State.IDLE, say="left_alone")
    record, reply = tell(at(), Record(session), heard(), step)
    assert (record.session.offer_due, record.session.state(HERE)) == (False, State.FAILED)
    assert record.session.talk(HERE).reason == "login_died"
    assert reply and reply.state is State.FAILED and len(reply.notes) == 1
    assert record.receipt == Receipt(settled=True, reply=reply)
    asked = session.moved(HERE, State.CLARIFYING, NOON)
    record, _ = tell(at(), Record(asked), heard(), replace(step, session=asked))
    assert (record.session.offer_due, record.session.state(HERE)) == (False, State.CLARIFYING)


def test_where_an_agent_speaks_only_a_warning_about_a_key_is_said() -> None:
    step = Step(Session(), State.IDLE, State.IDLE, say="left_alone")
    assert tell(at(answers="agent"), Record(), heard(), step)[1] is None
    warned = tell(at(answers="agent"), Record(), heard("my key: sk-proj-EXAMPLE0000notarealkey0000"), step)[1]
    assert warned and warned.sensitive


@pytest.mark.parametrize(("before", "key"), [(State.AWAITING_CONFIRM, "cancelled"), (State.IDLE, "not_connected")])
def test_a_logout_of_nobody_is_told_as_what_it_ended(before: State, key: str) -> None:
    step = Step(Session(), before, State.IDLE, Action.LOGOUT)
    made = replace(turn(Action.LOGOUT, Session()), step=step)
    _, reply = tell(at(), Record(), heard(), step, made, LoggedOut(removed=False, revoked=False))
    assert reply and reply.text == catalogue("en").text(key)


def test_as_whom_somebody_is_connected_is_what_the_store_has_or_else_what_the_host_says() -> None:
    host = Login("host@example.test", [])
    said = replace(heard(), host_login=host)
    assert login_of(Record(), said) == host
    assert login_of(Record(credential=LOGIN), said) == Login("ana@example.test", LOGIN.model_ids)
    assert login_of(Record(), None) is None


def test_an_answer_is_told_in_the_language_of_its_turn_and_without_a_word_of_the_machine_s() -> None:
    step = Step(Session(), State.IDLE, State.IDLE, Action.USAGE)
    asking = replace(turn(Action.USAGE, Session()), language="zh")
    record, reply = tell(at(), Record(), heard("codex limits"), step, asking, NotConnected())
    assert reply and (reply.language, reply.text) == ("zh", catalogue("zh").text("not_connected"))
    assert record.session.talk(HERE).language == "zh"


@pytest.mark.parametrize(
    ("action", "outcome", "key"),
    [
        (Action.LOGOUT, LoggedOut(removed=True, revoked=True), "logged_out"),
        (Action.REFRESH, Troubled(Reason.NETWORK), "login_kept"),
        (Action.USAGE, Troubled(Reason.NETWORK), "usage_unavailable"),
    ],
)
def test_an_answer_is_that_of_the_outcome_and_of_what_was_asked(action: Action, outcome: Outcome, key: str) -> None:
    step = Step(Session(), State.IDLE, State.IDLE, action)
    _, reply = tell(at(), Record(credential=LOGIN), heard(), step, turn(action, Session()), outcome)
    words = catalogue("en")
    assert reply and reply.text in (words.text(key), words.text(key, email="ana@example.test"))


@pytest.mark.parametrize(
    ("code", "text"),
    [(CODE, "shown"), (None, ""), (replace(CODE, user_code="ABCD-12345"), ""), (replace(CODE, expires_at=NOON), "")],
)
def test_a_stored_reply_is_said_again_while_its_code_lives(code: Code | None, text: str) -> None:
    reply = Reply(text="shown", state=State.AWAITING_CONFIRM, language="en", user_code="WXYZ-12345")
    session = Session(flow=Flow(HERE, State.AWAITING_CONFIRM, code))
    again = tell_again(at(), Record(session, receipt=Receipt(settled=True, reply=reply)))
    assert again and (again.text, again.repeated) == (text, True)
    assert tell_again(at(), Record(session, receipt=Receipt(settled=True))) is None
    assert tell_again(at(), Record(session)) is None


# The trail.


def test_the_trail_tells_how_long_the_state_before_lasted_and_nothing_without_an_event() -> None:
    session = Session().moved(HERE, State.CLARIFYING, NOON - timedelta(seconds=90.9))
    step = Step(session, State.CLARIFYING, State.IDLE, event=Event.CANCEL)
    record = noted(at(), Record(session), HERE, step, "why")
    assert record.trail == (Entry(NOON, "cancel", State.CLARIFYING, State.IDLE, "why", 90),)
    assert noted(at(), Record(), HERE, step).trail == (Entry(NOON, "cancel", State.CLARIFYING, State.IDLE),)
    assert noted(at(), Record(session), HERE, replace(step, event=None)).trail == ()
