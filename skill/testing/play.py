"""Plays a script on a stage, step by step, over real HTTP, and compares until something differs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from skill.message import Reply
from skill.testing.compare import Difference, differences
from skill.testing.host import Host
from skill.testing.line import MISHAPS
from skill.testing.manners import MANNERS, place
from skill.testing.reading import Read
from skill.testing.script import (
    Account,
    Again,
    Browser,
    Do,
    Fault,
    Heard,
    Login,
    ModelCall,
    Passes,
    Says,
    Script,
    Step,
    ToolCall,
)
from skill.testing.seen import Seen
from skill.testing.stage import Stage


@dataclass(frozen=True, slots=True)
class Moment:
    """One step as it went."""

    step: Step
    line: int
    seen: Seen
    differences: list[Difference]


@dataclass(slots=True)
class Played:
    """A script as it went, up to its first difference."""

    read: Read
    moments: list[Moment] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)  # where a secret got out (rule 6)

    @property
    def as_written(self) -> bool:
        """Whether all of it went as it stands in the file."""
        return not self.leaks and not any(moment.differences for moment in self.moments)


def play(read: Read) -> Played:
    """Play the script with a skill, a provider and a data folder of its own."""
    played = Played(read)
    with Stage() as stage:
        stage.listen()
        for moment in _moments(stage, read):
            played.moments.append(moment)
            if moment.differences:
                return played
        played.leaks = stage.leaks()
    return played


def _moments(stage: Stage, read: Read) -> Iterator[Moment]:
    prepare(stage, read.script)
    player = Player(stage)
    for step, line in zip(read.script.steps, read.lines, strict=True):
        seen = player.perform(step)
        yield Moment(step, line, seen, differences(step, seen))


def prepare(stage: Stage, script: Script) -> None:
    """How things stand when the script begins."""
    stage.settings |= script.settings
    stage.languages |= script.clients
    stage.workers = script.workers
    if script.host is not None:
        stage.host = Host({action.value: answer for action, answer in script.host.items()})


class Player:
    """Makes the steps of a script happen."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def perform(self, step: Step) -> Seen:
        """Let it happen; what the skill and the provider did."""
        stage = self.stage
        stage.forget_requests()
        stage.replies = []
        impossible = None
        try:
            self._do(step)
        except ValueError as reason:  # no such account, or a code that can't be approved
            impossible = str(reason)
        replies: list[Reply | None] | None = stage.replies if isinstance(step, Heard) else None
        return Seen(
            replies=replies,
            asked=stage.requests(),
            logins=stage.provider.live_tokens().refresh,
            answer=stage.answer if isinstance(step, ToolCall) else None,
            impossible=impossible,
            user_code=stage.code if stage.provider.codes else "",
            verification_url=stage.verification_url,
        )

    def _do(self, step: Step) -> None:
        """The step itself. Raises `ValueError` where it can't happen."""
        stage, provider = self.stage, self.stage.provider
        match step:
            case Says():
                self._say(step)
            case Again(again=words, where=where, times=times):
                self._deliver_again(words, place(where), times)
            case Do(do="restart"):
                stage.stop()
            case Do(do="release"):
                stage.line.release()
                stage.wait()
            case Do():
                stage.wait()
            case Browser():
                self._decide(step)
            case Passes(passes=span):
                stage.clock.advance(span)
            case Fault(parts=(endpoint, mishap), options=options):
                if mishap in MISHAPS:
                    stage.line.next(endpoint, mishap)
                else:
                    provider.fault(endpoint, mishap, **options)
            case Login(login="ended", account=account):
                provider.kill_session(account)
            case Login(account=account):
                provider.revoke_access(account)
            case Account(account=account, has=has):
                stage.change_account(account, has)
            case ToolCall(tool=action, person=person, arguments=arguments):
                stage.call_tool(person, action.value, **arguments.model_dump(exclude_none=True))
            case ModelCall(calls=person):
                stage.call_model(person)

    def _say(self, step: Says) -> None:
        changes: dict[str, Any] = place(step.where) | dict(MANNERS.get(step.how or "", {}))
        if step.sent is not None:
            changes["sent_at"] = self.stage.clock.now() - step.sent
        self.stage.deliver(self.stage.message(step.who, step.says, **changes), step.times)

    def _deliver_again(self, words: str, changes: dict[str, Any], times: int) -> None:
        if not any(message.text == words for message in self.stage.messages):
            raise ValueError(f"nobody has said {words!r} so far")
        self.stage.deliver(self.stage.find(words).model_copy(update=changes), times)

    def _decide(self, step: Browser) -> None:
        if not self.stage.provider.codes:
            raise ValueError("no code has been issued so far")
        if step.browser == "decline":
            self.stage.provider.decline(self.stage.code)
        else:
            self.stage.provider.approve(self.stage.code, step.account)
