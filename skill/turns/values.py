"""What goes into a turn, and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from intents import Classification, Reading
from skill.core.machine import Step
from skill.core.states import Action
from skill.message import Message, Owner, Reply
from skill.oauth.credential import Credential
from skill.oauth.outcomes import Outcome
from skill.settings import Settings
from skill.speech import Login


@dataclass(frozen=True, slots=True)
class At:
    """What every decision may look at beside the record: the settings, and the moment."""

    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and what the classifier made of it."""

    message: Message
    owner: Owner
    reading: Reading
    received_at: datetime
    waited: bool = False  # it came while a call was in flight, so before what that call settled
    host_login: Login | None = None  # what a host's own tool said of its login

    @property
    def conversation(self) -> str:
        """Where it was said."""
        return self.message.conversation_id

    @property
    def request(self) -> Classification:
        """The message read as a request."""
        return self.reading.classify(None)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that spends an intent: `start`, `poll` or `logout`."""

    owner: Owner
    conversation: str
    action: Action
    pending_id: str | None = None
    quoted: Reading | None = None  # the person's words, where the operator trusts an agent to quote them
    agreed: bool = False  # the person said yes to the runtime's own question about this very call


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed turn: what to call, for whom, and how its answer will be told."""

    owner: Owner
    conversation: str
    action: Action
    step: Step
    language: str
    credential: Credential | None  # as it was before the claim
    holder: str  # of the lease
    heard: Heard | None = None  # None: a tool call waits for the answer
    preface: str | None = None  # the key of the sentence that the reply begins with, after a failed poll
    remark: str | None = None  # the key of a sentence beside it


class Verdict(Enum):
    """What a claim says where there is neither a reply nor a call to make."""

    PASS_THROUGH = auto()  # not ours, or the agent's to answer
    WAIT = auto()  # a call of this person is in flight


@dataclass(frozen=True, slots=True)
class Settled:
    """A call that was answered. `following` is the next one of the same turn; else the turn is over."""

    outcome: Outcome
    reply: Reply | None = None
    following: Turn | None = None
    discarded: bool = False  # the person cancelled or logged out meanwhile
