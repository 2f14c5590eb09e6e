"""A walk that tries to break the rules that code must make impossible to break (conversation.md, section 2).

Three people, each with a ChatGPT account, say anything in any conversation in both languages, repeat messages, let an
agent use the tool, approve and decline in the browser; meanwhile time passes, processes crash and restart, the
provider fails. After each step the provider's own log is compared with a small model of what was allowed, which is
written from the specification and knows nothing of the code.
"""

import asyncio
import logging
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from intents import classify
from skill.core.states import State
from skill.errors import OnboardingError
from skill.message import Message, Owner, Reply
from skill.simulator import SignInOffError, UnknownCodeError
from skill.stores.base import Record
from skill.testing import Stage

from .taken import ROWS, Taken, watched

PEOPLE = {"ana": "ana@example.test", "wei": "wei@example.test", "sam": "sam@example.test"}
PRIVATE = ("private 1", "private 2")
STARTS_PER_HOUR, STARTS_PER_DAY = 4, 9

# kind: (the state whose question it answers, sentences in English and Chinese)
WORDS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "oauth": (None, ("Sign in with my ChatGPT account", "使用我的Codex订阅")),
    "ambiguous": (None, ("use OpenAI", "添加OpenAI模型")),
    "byok": (None, ("Add OpenAI API key", "添加OpenAI API密钥")),
    "other_vendor": (None, ("Connect my Claude Pro subscription", "连接我的Claude账户")),
    "status": (None, ("Is my ChatGPT account connected?", "我的ChatGPT连接了吗？")),
    "models": (None, ("Which ChatGPT models do I have?", "我有哪些Codex模型？")),
    "usage": (None, ("How much of my Codex quota is used?", "我的Codex额度用了多少？")),
    "logout": (None, ("Log out of ChatGPT", "退出ChatGPT登录")),
    "reauth": (None, ("My ChatGPT login stopped working, 401", "我的ChatGPT登录失效了，报401")),
    "none": (None, ("What's the weather like?", "今天天气怎么样？")),
    "confirm": ("awaiting_confirm", ("done", "完成了", "approved")),
    "weak_confirm": ("awaiting_confirm", ("yes", "是的")),
    "not_yet": ("awaiting_confirm", ("not yet", "还没", "I'm not done")),
    "cancel": ("awaiting_confirm", ("cancel", "取消", "never mind")),
    "resend": ("awaiting_confirm", ("show me the code again", "再发一次验证码")),
    "new_code": ("awaiting_confirm", ("give me a new code", "换一个新验证码")),
    "help": ("awaiting_confirm", ("where do I type this?", "done?")),
    "choose_oauth": ("clarifying", ("subscription", "订阅")),
    "choose_byok": ("clarifying", ("api key", "密钥")),
    "retry": ("failed", ("try again", "再试一次")),
    "why": ("failed", ("what went wrong?",)),
    "too_long": ("awaiting_confirm", ("done " + "and then some more " * 2000,)),
}
# Chosen more often, or a walk seldom gets anywhere.
LIKELY = ("oauth", "oauth", "confirm", "confirm", "confirm", "retry", "new_code", "reauth")
REFUSALS = {
    "start": {"request_required", "already_connected", "rate_limited"},  # the last over the limit, whatever was asked
    "poll": {"confirmation_required", "unknown_pending_id"},
    "logout": {"request_required"},
}
ASKED = ("clarifying", "failed")
CONFIRMS = ("confirm", "weak_confirm")
ONCE_CONNECTED = ("status", "models", "usage", "reauth", "reauth", "logout", "byok", "other_vendor", "ambiguous")
LEAVES = ("cancel", "byok", "other_vendor", "choose_byok")  # what drops a flow, beside a logout

FAULTS = {
    "start": ("404", "429", "500", "403-html", "403-region", "200-broken", "link-in-code", "drop", "reset", "307"),
    "poll": ("slow-down", "declined-403", "expired", "500", "403-html", "drop", "unknown", "no-verifier", "302"),
    "exchange": ("invalid-grant", "no-entitlement", "503", "drop", "200-broken", "odd-claims", "no-refresh-token"),
    "refresh": ("500", "403-html", "invalid-grant", "reused-401", "drop", "no-id-token", "short-token"),
    "revoke": ("500", "drop"),
    "models": ("500", "token-expired", "empty", "odd-slugs"),
    "usage": ("500", "token-invalidated", "429", "null-windows"),
}
ENDPOINTS = tuple(FAULTS)
people, which = st.sampled_from(list(PEOPLE)), st.integers(0, 2)


@dataclass
class Person:
    """What one person may cause, as the specification has it."""

    shown_in: str | None = None  # where the present code was shown
    code: str | None = None  # the present code
    settled_at: datetime | None = None  # when it was first shown, or the last poll was settled
    states: dict[str, str] = field(default_factory=dict)  # what our last reply in a conversation said
    asked_at: dict[str, datetime] = field(default_factory=dict)  # our last text in a conversation
    ever_connected: bool = False
    starts: list[datetime] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    # An agent's unspent intents: action -> where and until when. The rule: one per action.
    intents: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    pending_id: str | None = None
    poll_lost: bool = False  # a crash left unknown how the last one ended; it counts as failed (section 3)


@dataclass
class Sent:
    """A message that was delivered, and what came back; `crashed`: nothing did."""

    message: Message
    kind: str
    reply: Reply | None
    crashed: bool


class Walk(RuleBasedStateMachine):
    """See the module."""

    asked: Counter[str] = Counter()  # of all walks: what the provider was asked

    @initialize(agent=st.booleans(), already=st.sampled_from(("nothing", "code shown", "connected", "connected")))
    def begin(self, agent: bool, already: str) -> None:
        self.agent = agent
        self.people = {name: Person() for name in PEOPLE}
        self.sent: list[Sent] = []
        self.folder = tempfile.TemporaryDirectory()
        logging.getLogger("aiosqlite").setLevel(logging.INFO)  # ten lines a statement, all of them sealed
        self.stage = Stage(Path(self.folder.name) / "home").__enter__()
        self.stage.settings = {
            "answers": "agent" if agent else "hook",
            "starts_per_hour": STARTS_PER_HOUR,
            "starts_per_day": STARTS_PER_DAY,
        }
        for email in PEOPLE.values():
            self.stage.provider.add_account(email)
        if already != "nothing":
            self.sign_in("ana", "private 1 of ana", "oauth")
        if already == "connected":
            self.finish("ana", "approve")

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            type(self).asked.update({record.endpoint: 1 for record in self.stage.provider.requests})
            leaks = self.stage.leaks()
            self.stage.__exit__(None, None, None)
            self.folder.cleanup()
            assert leaks == []

    # What can happen.

    @rule(
        name=people,
        room=st.sampled_from(("private 1", *PRIVATE, "shared")),
        kind=st.sampled_from((*WORDS, *LIKELY)),
        which=which,
        minutes_late=st.sampled_from((0, 0, 0, 0, 1, 11)),
        identified=st.sampled_from((True, True, True, False)),
    )
    def say_anything(self, name: str, room: str, kind: str, which: int, minutes_late: int, identified: bool) -> None:
        where = f"{room} of {name}" if room != "shared" else room
        self.say(name, where, kind, which, minutes_late, identified)

    @rule(name=people, room=st.sampled_from(PRIVATE), kind=st.sampled_from(("oauth", "oauth", "retry")), which=which)
    def ask_to_sign_in(self, name: str, room: str, kind: str, which: int) -> None:
        self.sign_in(name, f"{room} of {name}", kind, which)

    @rule(name=people, answer=st.sampled_from(("choose_oauth", "choose_byok", "cancel", "help", "none")), which=which)
    def ask_vaguely_and_answer(self, name: str, answer: str, which: int) -> None:
        for kind in ("ambiguous", answer):
            self.say(name, f"private 1 of {name}", kind, which)

    @rule(name=people, fault=st.sampled_from(FAULTS["start"]), then=st.sampled_from(("retry", "why", "cancel", "none")))
    def fail_to_start(self, name: str, fault: str, then: str) -> None:
        self.stage.provider.clear_faults("start")
        self.stage.provider.fault("start", fault)
        for kind in ("oauth", then):
            self.say(name, f"private 2 of {name}", kind)

    @precondition(lambda self: self.open_conversations())
    @rule(data=st.data(), kinds=st.lists(st.sampled_from(list(WORDS)), min_size=1, max_size=4), which=which)
    def speak_where_something_is_open(self, data: st.DataObject, kinds: list[str], which: int) -> None:
        for kind in kinds:
            open_now = self.open_conversations()
            if open_now:
                name, where = data.draw(st.sampled_from(open_now))
                self.say(name, where, kind, which)

    def open_conversations(self) -> list[tuple[str, str]]:
        """Where a code is on screen, a question was asked, or a failure told."""
        shown = [(name, person.shown_in) for name, person in self.people.items() if person.shown_in]
        told = [(name, where) for name, person in self.people.items() for where in person.states]
        return shown + [(name, where) for name, where in told if self.people[name].states[where] in ASKED]

    @precondition(lambda self: any(person.shown_in for person in self.people.values()))
    @rule(data=st.data(), decision=st.sampled_from(("approve", "approve", "decline", None)), which=which)
    def decide_and_say_so(self, data: st.DataObject, decision: str | None, which: int) -> None:
        name = data.draw(st.sampled_from([name for name, person in self.people.items() if person.shown_in]))
        self.finish(name, decision, which)

    @precondition(lambda self: any(person.shown_in for person in self.people.values()))
    @rule(data=st.data(), flaw=st.sampled_from(("sent too early", "too old", "no id", "weak and late", "another's")))
    def confirm_in_vain(self, data: st.DataObject, flaw: str) -> None:
        """The words are right, the message isn't."""
        name = data.draw(st.sampled_from([name for name, person in self.people.items() if person.shown_in]))
        where = self.people[name].shown_in or ""
        self.decide(name, "approve")
        if flaw == "too old":
            self.stage.clock.advance(timedelta(minutes=11))
        if flaw == "weak and late":
            self.stage.clock.advance(timedelta(minutes=3))
        speaker = next(other for other in PEOPLE if other != name) if flaw == "another's" else name
        kind = "weak_confirm" if flaw == "weak and late" else "confirm"
        late = 11 if flaw in ("too old", "sent too early") else 0
        self.say(speaker, where, kind, minutes_late=late, identified=flaw != "no id")

    @precondition(lambda self: not self.agent)
    @rule(name=people, words=st.sampled_from(("cancel", "logout")), approved=st.booleans())
    def take_back_what_is_in_flight(self, name: str, words: str, approved: bool) -> None:
        """Section 3: `cancel` and `logout` don't wait; what the call in flight brings back is discarded."""
        person = self.people[name]
        where, kind, endpoint = person.shown_in or f"private 1 of {name}", "oauth", "start"
        if person.shown_in:
            kind, endpoint = "confirm", "poll"
            if approved:
                self.decide(name, "approve")
        self.tick()
        with self.expecting(name, start=1, poll=1, exchange=1) as done:
            self.stage.line.next(endpoint, "held back")
            for said in (kind, words):
                self.stage.deliver(self.message(name, where, said, f"t{len(self.stage.messages)}"))
                self.tick()
            self.stage.line.release()
            self.stage.wait()
        assert done["start"] + done["poll"] <= 1
        if not done[endpoint]:
            self.stage.line.next(endpoint, "unreachable")  # nobody is left waiting in a later step
        [record] = self.records([name])
        assert record.session.flow is None or record.session.flow.conversation != where
        if record.session.lease:
            self.come_up_again()  # it crashed over the revocation
        person.shown_in = None if record.session.flow is None else person.shown_in
        person.states[where], person.asked_at[where] = "idle", self.now

    @precondition(lambda self: any(person.ever_connected for person in self.people.values()))
    @rule(data=st.data(), kind=st.sampled_from(ONCE_CONNECTED), which=which)
    def ask_once_connected(self, data: st.DataObject, kind: str, which: int) -> None:
        name = data.draw(st.sampled_from([name for name, person in self.people.items() if person.ever_connected]))
        self.say(name, f"private 1 of {name}", kind, which)

    @rule(name=people, other=people, kind=st.sampled_from(CONFIRMS))
    def say_in_the_conversation_of_another(self, name: str, other: str, kind: str) -> None:
        self.say(name, self.people[other].shown_in or f"private 1 of {other}", kind)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), edited=st.sampled_from((False, False, True)))
    def repeat(self, data: st.DataObject, edited: bool) -> None:
        """A message comes again: as it was, or as an edit, a forward or a bot's echo."""
        past = data.draw(st.sampled_from(self.sent))
        self.tick()
        if edited:
            with self.expecting(name=None):
                self.deliver(past.message.model_copy(update={"original": False, "message_id": f"m{len(self.sent)}e"}))
            assert self.stage.reply is None
        elif past.message.message_id:
            self.take_again(past)

    @rule(
        name=people,
        room=st.sampled_from(("private 1", "private 1", "private 2")),
        action=st.sampled_from(("start", "start", "poll", "poll", "poll", "logout", "status", "models", "refresh")),
        pending=st.sampled_from(("own", "own", "own", "none", "garbage", "the user code", "another's")),
        words=st.sampled_from((None, "done", "Sign in with my ChatGPT account")),
    )
    def use_the_tool(self, name: str, room: str, action: str, pending: str, words: str | None) -> None:
        person, other = self.people[name], next(self.people[other] for other in PEOPLE if other != name)
        pending_id = {
            "own": person.pending_id,
            "none": None,
            "garbage": "../x",
            "the user code": ["", *person.codes][-1],
            "another's": other.pending_id,
        }[pending]
        self.use(name, f"{room} of {name}", action, pending_id, words)

    @rule(name=people)
    def call_a_model(self, name: str) -> None:
        """A 401 there refreshes, and starts nothing."""
        self.tick()
        with self.expecting(name):
            try:
                self.stage.call_model(name)
            except asyncio.CancelledError:
                self.come_up_again()
            except OnboardingError as fault:
                assert not any(secret in str(fault) for secret in self.stage.provider.secrets())

    @precondition(lambda self: any(person.codes for person in self.people.values()))
    @rule(data=st.data(), decision=st.sampled_from(("approve", "decline", "expire")))
    def decide_in_the_browser(self, data: st.DataObject, decision: str) -> None:
        having_codes = [name for name, person in self.people.items() if person.codes]
        self.decide(data.draw(st.sampled_from(having_codes)), decision)

    @rule(seconds=st.sampled_from((5, 60, 130, 310, 650, 1000, 4000, 90_000)))
    def let_time_pass(self, seconds: int) -> None:
        with self.expecting(name=None):
            self.stage.clock.advance(timedelta(seconds=seconds))

    @rule()
    def restart(self) -> None:
        with self.expecting(name=None):
            self.stage.stop()

    @rule(data=st.data(), endpoint=st.sampled_from(ENDPOINTS))
    def let_the_provider_fail(self, data: st.DataObject, endpoint: str) -> None:
        self.stage.provider.clear_faults(endpoint)
        self.stage.provider.fault(endpoint, data.draw(st.sampled_from(FAULTS[endpoint])))

    @rule(endpoint=st.sampled_from(ENDPOINTS), mishap=st.sampled_from(("unreachable", "crash")))
    def let_the_way_fail(self, endpoint: str, mishap: Any) -> None:
        self.stage.line.next(endpoint, mishap)

    @rule(name=people, broken=st.sampled_from(("access", "session")))
    def let_a_login_break(self, name: str, broken: str) -> None:
        provider = self.stage.provider
        (provider.revoke_access if broken == "access" else provider.kill_session)(PEOPLE[name])

    # What people and agents do.

    def say(
        self, name: str, where: str, kind: str, which: int = 0, minutes_late: int = 0, identified: bool = True
    ) -> None:
        self.tick()
        message_id = f"m{len(self.sent)}" if identified else None
        self.sent.append(self.take(self.message(name, where, kind, message_id, which, minutes_late), kind))

    def message(
        self, name: str, where: str, kind: str, message_id: str | None, which: int = 0, minutes_late: int = 0
    ) -> Message:
        sentences = WORDS[kind][1]
        return Message(
            message_id=message_id,
            conversation_id=where,
            user_id=name,
            text=sentences[which % len(sentences)],
            private=where != "shared",
            sent_at=self.now - timedelta(minutes=minutes_late),
        )

    def sign_in(self, name: str, where: str, kind: str, which: int = 0) -> None:
        self.say(name, where, kind, which)
        if self.agent:
            self.use(name, where, "start")

    def finish(self, name: str, decision: str | None, which: int = 0) -> None:
        where = self.people[name].shown_in or ""
        if decision:
            self.decide(name, decision)
        self.say(name, where, "confirm", which)
        if self.agent:
            self.use(name, where, "poll", self.people[name].pending_id)

    def decide(self, name: str, decision: str) -> None:
        user_code, provider = self.people[name].codes[-1], self.stage.provider
        with self.expecting(name=None):
            try:
                if decision == "approve":
                    provider.approve(user_code, PEOPLE[name])
                else:
                    (provider.decline if decision == "decline" else provider.expire)(user_code)
            except (UnknownCodeError, SignInOffError):
                pass  # decided already

    def use(self, name: str, where: str, action: str, pending_id: str | None = None, words: str | None = None) -> None:
        self.tick()
        person = self.people[name]
        spends = action in ("start", "poll", "logout")
        granted = spends and self.granted(person, action, where)
        if action == "poll" and (pending_id is None or pending_id != person.pending_id):
            granted = False
        allowed = {"start": 1 if granted else 0} if action == "start" else {}
        if action == "poll" and granted:
            allowed = {"poll": 1, "exchange": 1}
        with self.expecting(name, **allowed):
            answer = self.call(name, where, action, pending_id=pending_id, user_message=words)
        if not answer:
            person.intents.pop(action, None)  # the call was lost on the way; its intent is spent
            return
        if spends and not granted:
            assert answer.get("error") in REFUSALS[action]
        if granted:
            self.spent(person, action, where, answer)
        assert ("message" in answer) is not answer["ok"]

    # How a message is taken, and what it may cause.

    def take(self, message: Message, kind: str) -> Sent:
        """Deliver a message that nobody has dealt with yet."""
        name, where = message.user_id or "", message.conversation_id
        person = self.people[name]
        connected = message.private and self.records([name])[0].credential is not None
        confirms = message.private and self.confirms(person, message, kind)
        starts = message.private and self.may_start(person, where, kind, connected)
        allowed = {"start": int(starts)}
        if not message.private:
            allowed = dict.fromkeys(ENDPOINTS, 0)
        if self.agent:
            allowed = {"start": 0, "poll": 0, "exchange": 0, "revoke": 0}
        elif confirms and person.shown_in == where:
            allowed = {"poll": 1, "exchange": 1, "start": 1}
        with self.expecting(name if message.private else None, **allowed) as done:
            crashed = self.deliver(message)
        reply = self.stage.reply
        if done["start"] and confirms:
            assert done["poll"] or done["exchange"] or person.poll_lost, "only a poll that failed starts over"
        if done["start"] or done["poll"] or done["exchange"]:
            person.poll_lost = crashed and bool(done["poll"] or done["exchange"])
        if reply is not None:
            self.judge(reply, name, message)
        if message.private:
            self.learn(person, where, kind, reply, confirms, starts)
        return Sent(message, kind, reply, crashed)

    def take_again(self, past: Sent) -> None:
        """Rule 2 and section 3: a re-delivery causes nothing, and repeats what was said."""
        self.tidy()  # a claim lasts a day; what was swept is a first delivery again
        if not self.dealt_with(past.message):
            again = self.take(past.message, past.kind)  # it passed through; this is a first delivery, a late one
            past.reply, past.crashed = again.reply, again.crashed
            return
        nothing = dict.fromkeys(ENDPOINTS, 0)
        with self.expecting(name=past.message.user_id if past.crashed else None, **nothing):
            self.deliver(past.message)  # one that crashed is told so; that much may change
        reply = self.stage.reply
        if past.crashed or past.reply is None:
            return
        assert reply is not None
        assert reply.repeated
        if reply.text or not past.reply.text:
            assert reply == past.reply.model_copy(update={"repeated": True})
        else:
            assert past.reply.user_code is not None, "only a dead code is repeated as silence"
            assert (reply.notes, reply.user_code) == ([], None)

    def dealt_with(self, message: Message) -> bool:
        owner = Owner("", "", message.user_id or "")
        return self.stage.run(self.stage.skill.store.read(owner, message.key)).receipt is not None

    def may_start(self, person: Person, where: str, kind: str, connected: bool) -> bool:
        """Rule 1, from the person's words; over the limit nothing does."""
        told = "failed" if self.agent and kind == "retry" else person.states.get(where)
        asked_at = person.asked_at.get(where)
        fresh = asked_at is not None and self.now - asked_at < timedelta(minutes=5 if kind == "choose_oauth" else 2)
        wanted = {
            "oauth": True,
            "choose_oauth": self.agent or (told == "clarifying" and fresh),
            "retry": told == "failed" or person.ever_connected,
            "weak_confirm": told == "failed" and fresh,  # "yes" to "try again"
            "resend": person.shown_in == where or told == "failed",  # 再发一次
            "new_code": person.shown_in == where,
            "reauth": person.ever_connected,
        }.get(kind, False)
        if connected and kind != "reauth":
            return False  # rule 4
        return wanted and not self.limited(person)

    def limited(self, person: Person) -> bool:
        hour = [moment for moment in person.starts if self.now - moment < timedelta(hours=1)]
        day = [moment for moment in person.starts if self.now - moment < timedelta(days=1)]
        return len(hour) >= STARTS_PER_HOUR or len(day) >= STARTS_PER_DAY

    def confirms(self, person: Person, message: Message, kind: str) -> bool:
        """Rule 2 and 7."""
        where, sent_at = message.conversation_id, message.sent_at
        if kind not in CONFIRMS or message.message_id is None or person.shown_in != where:
            return False
        assert sent_at and person.settled_at
        if sent_at < person.settled_at or self.now - sent_at > timedelta(minutes=10):
            return False
        spoke_at = person.asked_at.get(where)
        weak = kind == "weak_confirm"
        return not weak or (spoke_at is not None and self.now - spoke_at < timedelta(minutes=2))

    def learn(self, person: Person, where: str, kind: str, reply: Reply | None, confirms: bool, starts: bool) -> None:
        """What the person has now seen."""
        if reply is not None and reply.text:
            person.asked_at[where], person.states[where] = self.now, reply.state.value
            person.ever_connected |= reply.state is State.CONNECTED
        if reply is not None and reply.user_code:
            if person.code != reply.user_code:
                person.code, person.settled_at = reply.user_code, self.now
            person.shown_in = where
        if confirms and not self.agent:
            person.settled_at = self.now
        gone = reply is not None and reply.state is not State.AWAITING_CONFIRM
        if person.shown_in == where and (gone or (self.agent and kind in LEAVES)):
            person.shown_in = None
        if not self.agent:
            return
        person.asked_at[where] = self.now
        until = self.now + timedelta(minutes=10)
        if confirms:
            person.intents["poll"] = (where, until)
        if starts:
            person.intents["start"] = (where, until)
        if kind == "logout":
            person.intents["logout"] = (where, until)

    def granted(self, person: Person, action: str, where: str) -> bool:
        """Section 7: an unspent intent of that conversation, not older than 10 minutes."""
        intent = person.intents.get(action)
        return intent is not None and intent[0] == where and self.now < intent[1]

    def spent(self, person: Person, action: str, where: str, answer: dict[str, Any]) -> None:
        """What the agent was told, and may do next."""
        if answer.get("error") in ("already_connected", "request_required", "confirmation_required"):
            return  # the model allows more than the rules do; nothing was called
        person.intents.pop(action, None)
        if action == "logout":
            person.intents.clear()
            person.shown_in = None
        if action == "start":
            person.intents.pop("poll", None)
            person.shown_in = where if answer["ok"] else None
            person.pending_id, person.settled_at = answer.get("pending_id"), self.now
        if action == "poll":
            person.settled_at = self.now
            person.ever_connected |= answer.get("status") == "connected"
            if answer.get("status") in ("connected", "failed"):
                person.shown_in = person.pending_id = None
            if answer.get("status") == "failed":
                person.intents["start"] = (where, self.now + timedelta(minutes=10))

    # What must hold.

    @contextmanager
    def expecting(self, name: str | None, **allowed: int) -> Iterator[Counter[str]]:
        """At most so many calls, all for that person; nothing that is another's changes. None: no call at all."""
        self.tidy()
        provider = self.stage.provider
        before = {endpoint: provider.count(endpoint) for endpoint in ENDPOINTS}
        codes = len(provider.codes)
        others = [other for other in PEOPLE if other != name]
        records = self.records(others)
        done: Counter[str] = Counter()
        yield done
        done.update({endpoint: provider.count(endpoint) - before[endpoint] for endpoint in ENDPOINTS})
        limits = {"start": 0, "poll": 0, "exchange": 0} if name else dict.fromkeys(ENDPOINTS, 0)
        for endpoint, limit in (limits | allowed).items():
            assert done[endpoint] <= limit, f"{done[endpoint]} calls of {endpoint}, {limit} allowed"
        assert all(done[endpoint] <= 2 for endpoint in ENDPOINTS)
        if name:
            person = self.people[name]
            person.codes += [code.user_code for code in provider.codes[codes:]]
            person.starts += [self.now] * done["start"]
        assert self.records(others) == records, "somebody else was touched"

    @invariant()
    def nobody_starts_without_end(self) -> None:
        """Rule 1: limits over any hour and any day."""
        for person in getattr(self, "people", {}).values():
            for span, limit in ((timedelta(hours=1), STARTS_PER_HOUR), (timedelta(days=1), STARTS_PER_DAY)):
                for moment in person.starts:
                    assert sum(moment <= other < moment + span for other in person.starts) <= limit

    @invariant()
    def no_code_in_an_address(self) -> None:
        """Rule 3, on the provider's side."""
        if hasattr(self, "stage"):
            codes = [code.user_code for code in self.stage.provider.codes]
            for record in self.stage.provider.requests:
                assert not any(code in f"{record.path}?{record.query}" for code in codes)

    def judge(self, reply: Reply, name: str, message: Message) -> None:
        """One reply: a legal state, the person's own code and name, nothing of anybody else's."""
        assert reply.state in State
        assert reply.state not in (State.STARTED, State.POLLING), "a turn is over when it is answered"
        assert reply.handoff in (None, "byok-custom-model", "custom_models")
        told = "\n".join([reply.text, *reply.notes, reply.verification_url or ""])
        for other, person in self.people.items():
            if other != name or not message.private:
                assert PEOPLE[other] not in told
                assert not any(code in told for code in person.codes)
        mine = self.people[name].codes
        assert all(code not in told for code in mine[:-1]), "one live code a person"
        assert reply.user_code in (None, *mine[-1:])
        assert reply.verification_url in (None, self.stage.verification_url)
        for address in re.findall(r"https?://\S+", told):
            assert not any(code in address for code in mine)
        if not message.private:
            assert (reply.user_code, reply.models) == (None, [])

    # The stage.

    @property
    def now(self) -> datetime:
        return self.stage.clock.now()

    def tick(self) -> None:
        self.stage.clock.advance(timedelta(seconds=2))

    def records(self, names: list[str]) -> list[Record]:
        async def read() -> list[Record]:
            return [await self.stage.skill.store.read(Owner("", "", name)) for name in names]

        return self.stage.run(read())

    def deliver(self, message: Message) -> bool:
        """True when the process crashed over it; the next one comes up after the lease ran out."""
        self.stage.deliver(message)
        if self.stage.replies:
            return False
        self.come_up_again()
        return True

    def call(self, name: str, where: str, action: str, **arguments: Any) -> dict[str, Any]:
        """A tool call; empty when the process crashed over it."""
        tool = self.stage.skill.openai_oauth
        try:
            return self.stage.run(tool(action, user_id=name, conversation_id=where, **arguments))
        except asyncio.CancelledError:
            self.come_up_again()
            return {}

    def tidy(self) -> None:
        """Upkeep is nobody's doing: it is over before a step begins, so that none of it falls into the step."""
        try:
            self.stage.run(self.stage.skill.tidy())
        except asyncio.CancelledError:
            self.come_up_again()

    def come_up_again(self) -> None:
        self.stage.stop()
        self.stage.clock.advance(timedelta(seconds=31))


@pytest.fixture
def taken() -> Iterator[Taken]:
    """How far a walk got: the rows of the machine's table that were taken."""
    with watched() as seen:
        yield seen


@pytest.mark.parametrize(("kind", "sentence"), [(kind, text) for kind, (_, texts) in WORDS.items() for text in texts])
def test_the_sentences_of_the_walk_mean_what_it_takes_them_for(kind: str, sentence: str) -> None:
    """Or the walk would prove nothing."""
    seen = classify(sentence, WORDS[kind][0])
    label = {"weak_confirm": "confirm", "new_code": "resend", "why": "help", "too_long": "none"}.get(kind, kind)
    assert seen.label == label
    if label == "confirm":
        assert seen.weak is (kind == "weak_confirm")
    assert seen.fresh is (kind == "new_code")


QUICK = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1800)  # a long walk, whatever else the machine does
def test_no_walk_breaks_a_rule(taken: Taken) -> None:
    """conversation.md, section 2; trust.md, section 4, model-based test."""
    Walk.asked.clear()
    run_state_machine_as_test(Walk, settings=QUICK)
    assert set(Walk.asked) >= {"start", "poll", "exchange", "models"}, f"the walks went nowhere: {Walk.asked}"
    assert {state for state, _ in taken.moves} == set(State), "some state was never left"


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_long_walks_take_every_move_and_break_no_rule(taken: Taken) -> None:
    """trust.md, section 4: transition coverage 100 %."""
    run_state_machine_as_test(Walk, settings=settings(QUICK, max_examples=600, stateful_step_count=60))
    assert {(row.source, row.event) for row in ROWS} - taken.moves == set()
