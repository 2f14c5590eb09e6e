"""Everything that is remembered of one person, as one frozen value.

A person has at most one flow, wherever they talk, so "one flow per user" holds by construction; what a
single conversation adds (a question that was asked, a failure that was told, its language) is its `Talk`.
`connected` is not in here: it is read off the credential in every turn.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from skill.core.states import Action, Event, State
from skill.secret import Secret

IN_PROGRESS = (State.STARTED, State.AWAITING_CONFIRM, State.POLLING)
_LASTS = {State.CLARIFYING: timedelta(minutes=5), State.FAILED: timedelta(hours=1)}
CODE_REMEMBERED = timedelta(hours=1)  # after it ran out
IDLE_REMEMBERED = timedelta(days=30)  # the language of a conversation, mostly
WEAK_WORDS_COUNT = timedelta(minutes=2)
INTENT_LASTS = timedelta(minutes=10)
REVOKE_AGAIN = timedelta(minutes=1)  # then 2, 4, … minutes
REVOKE_TRIES = 11
RESTARTS_PER_FLOW = 3
TALKS_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Code:
    """A device code as the person sees it, and the two names it has behind the scenes."""

    user_code: str = field(repr=False)
    verification_url: str
    pending_id: str
    expires_at: datetime
    interval: int = 5
    device_auth_id: Secret | None = None  # none with a host's own tool

    def alive(self, now: datetime) -> bool:
        """Whether our clock says that the code can still be approved."""
        return now < self.expires_at


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a successful poll brought; kept until it was exchanged for tokens."""

    code: Secret
    code_verifier: Secret
    maybe_sent: bool = True  # false only where the exchange surely never left this machine


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in in progress."""

    conversation: str
    state: State  # started, awaiting_confirm or polling
    code: Code | None = None
    authorization: Authorization | None = None
    restarts: int = 0
    settled_at: datetime | None = None  # when the code was shown or the last poll settled, the later one


@dataclass(frozen=True, slots=True)
class Talk:
    """What one conversation adds."""

    state: State = State.IDLE  # idle, clarifying or failed
    since: datetime | None = None
    spoke_at: datetime | None = None  # our last text in it
    language: str | None = None
    reason: str | None = None  # the key of the failure that was told
    retry_at: datetime | None = None  # when the provider, or a limit of ours, lets it be tried again


@dataclass(frozen=True, slots=True)
class Intent:
    """The right to one call, given by a message of the person (conversation.md, section 7)."""

    action: Action
    event: Event
    conversation: str
    flow: str | None  # the pending_id that a poll intent dies with
    expires_at: datetime
    restarts: int = 0  # of the flow that it carries on


@dataclass(frozen=True, slots=True)
class Lease:
    """One turn at a time: whose call is in flight, and until when it is believed."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Revocation:
    """A login that ended here and whose end the provider has yet to confirm."""

    refresh_token: Secret
    next_at: datetime
    tries: int = 0

    def later(self, now: datetime) -> "Revocation | None":
        """After one more try that failed: in twice the time; None after a day of tries."""
        again = replace(self, tries=self.tries + 1, next_at=now + REVOKE_AGAIN * 2**self.tries)
        return again if again.tries < REVOKE_TRIES else None


@dataclass(frozen=True, slots=True)
class Session:
    """One person. Every change makes a new value; the store compares `version` before it swaps."""

    version: int = 0
    flow: Flow | None = None
    talks: dict[str, Talk] = field(default_factory=dict)  # by conversation, the latest last
    intents: tuple[Intent, ...] = ()
    starts: tuple[datetime, ...] = ()
    lease: Lease | None = None
    login_died: bool = False  # a login was refused for good and no new one was made since
    offer_due: bool = False  # ... and the person has not been told yet
    handed_to: str | None = None  # who keeps the last login since it was handed over; None once there is a new one
    forced_refresh_at: datetime | None = None  # by the tool, at most once a minute
    revocations: tuple[Revocation, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing at all is remembered."""
        return self == Session(version=self.version)

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at this person again though they say nothing: see `Onboarding.tidy`."""
        moments = [revocation.next_at for revocation in self.revocations]
        if self.flow and self.flow.code:
            moments.append(self.flow.code.expires_at + CODE_REMEMBERED)
        elif self.flow and self.lease:
            moments.append(self.lease.until + CODE_REMEMBERED)
        return min(moments, default=self.worthless_at)

    @property
    def worthless_at(self) -> datetime | None:
        """When the last of what is remembered will matter to nobody; None while something matters for good."""
        if self.flow or self.revocations or self.login_died or self.offer_due or self.handed_to:
            return None
        moments = [start + timedelta(days=1) for start in self.starts]
        moments += [intent.expires_at for intent in self.intents]
        moments += [
            said + IDLE_REMEMBERED for talk in self.talks.values() for said in (talk.since, talk.spoke_at) if said
        ]
        moments += [self.lease.until] if self.lease else []
        moments += [self.forced_refresh_at + timedelta(hours=1)] if self.forced_refresh_at else []
        return max(moments, default=None)

    def talk(self, conversation: str) -> Talk:
        """The conversation's own part, empty if it never had one."""
        return self.talks.get(conversation) or Talk()

    def state(self, conversation: str) -> State:
        """Where the conversation stands, the credential aside."""
        if self.flow and self.flow.conversation == conversation:
            return self.flow.state
        return self.talk(conversation).state

    def busy(self, now: datetime) -> bool:
        """Whether a call of this person is in flight and believed."""
        return self.lease is not None and now < self.lease.until

    def lapsed(self, conversation: str, now: datetime) -> bool:
        """Whether time has ended where the conversation stands: a question, a failure, or a long dead code."""
        flow, talk = self.flow, self.talk(conversation)
        if flow and flow.conversation == conversation:
            dead_since = flow.code.expires_at if flow.code and flow.state is State.AWAITING_CONFIRM else now
            return now - dead_since >= CODE_REMEMBERED
        lasts = _LASTS.get(talk.state)
        return lasts is not None and (talk.since is None or now - talk.since >= lasts)

    def pruned(self, now: datetime) -> "Session":
        """The session without the intents and the starts that no longer count."""
        return replace(
            self,
            intents=tuple(intent for intent in self.intents if now < intent.expires_at),
            starts=tuple(start for start in self.starts if now - start < timedelta(days=1)),
        )

    def revoking(self, refresh_token: Secret, now: datetime) -> "Session":
        """The session that remembers to end a login at the provider, should the first try fail."""
        return replace(self, revocations=(*self.revocations, Revocation(refresh_token, now + REVOKE_AGAIN)))

    def spoke(self, conversation: str, language: str, now: datetime) -> "Session":
        """The session after a text of ours in that conversation."""
        return self.with_talk(conversation, replace(self.talk(conversation), spoke_at=now, language=language))

    def told(self, conversation: str, reason: str, retry_at: datetime | None) -> "Session":
        """The session that remembers why the last sign-in failed there."""
        return self.with_talk(conversation, replace(self.talk(conversation), reason=reason, retry_at=retry_at))

    def with_talk(self, conversation: str, talk: Talk) -> "Session":
        """The session with that conversation's part replaced; only the latest conversations are remembered."""
        kept = {name: other for name, other in self.talks.items() if name != conversation}
        latest = dict(list(kept.items())[1 - TALKS_REMEMBERED :])
        return replace(self, talks=latest | {conversation: talk})

    def moved(self, conversation: str, state: State, now: datetime) -> "Session":
        """The session with that conversation in `state`. Leaving a flow's states drops the flow."""
        if state in IN_PROGRESS:
            # A start begins a new flow; the other two carry the present one on, or over from another conversation.
            present = None if state is State.STARTED else self.flow
            flow = replace(present or Flow(conversation, state), conversation=conversation, state=state)
            if state is State.AWAITING_CONFIRM:  # the code was shown here, or a poll was settled
                flow = replace(flow, settled_at=now)
            return replace(self.with_talk(conversation, _rested(self.talk(conversation), State.IDLE, now)), flow=flow)
        mine = self.flow is not None and self.flow.conversation == conversation
        resting = State.IDLE if state is State.CONNECTED else state
        session = replace(self, flow=None if mine else self.flow)
        return session.with_talk(conversation, _rested(self.talk(conversation), resting, now))


def _rested(talk: Talk, state: State, now: datetime) -> Talk:
    kept = talk if state is State.FAILED else replace(talk, reason=None, retry_at=None)
    return replace(kept, state=state, since=now)
