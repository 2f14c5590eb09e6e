"""Writes down a live conversation as a script that goes as it went."""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from skill.message import Reply
from skill.testing.play import Player
from skill.testing.script import ANA, AnyStep, Do, Heard, ModelCall, Step, ToolCall
from skill.testing.seen import Seen
from skill.testing.stage import Stage

_STEP: TypeAdapter[Step] = TypeAdapter(AnyStep)
_DECIDED = {"approved": "approve", "declined": "decline"}
_TELLING = ("ok", "error", "status", "reason", "state", "connected", "email", "source")  # of the tool's answers


class WrongStepError(ValueError):
    """What was typed is no step; the message says why."""


class Recorder:
    """Makes steps happen, and keeps each with what was seen of it."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._player = stage, Player(stage)
        self._decided = 0  # how many codes are decided already
        self.steps: list[dict[str, Any]] = []

    def typed(self, line: str) -> Seen:
        """A step as it stands in a file, without its dash: `browser: approve, account: wei@example.test`."""
        try:
            given = yaml.load(f"{{{line}}}", Loader=yaml.BaseLoader)  # noqa: S506 (words and nothing else)
        except yaml.YAMLError:
            raise WrongStepError(f"{line!r} isn't like: browser: approve, account: wei@example.test") from None
        return self.step(given)

    def step(self, given: Mapping[str, Any]) -> Seen:
        """Let it happen."""
        try:
            step = _STEP.validate_python(given)
        except ValidationError as error:
            raise WrongStepError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        self._note_the_page()
        seen = self._player.perform(step)
        if seen.impossible:
            raise WrongStepError(seen.impossible)
        self._decided = self._decisions()
        if seen.reply and seen.reply.sensitive:
            raise WrongStepError("this message carries a key or token, which belongs in no file")
        self.steps.append({**given, **_expected(step, seen)})
        return seen

    def text(self, title: str) -> str:
        """The file."""
        self._note_the_page()
        script = {"title": title, "steps": self.steps}
        return yaml.dump(script, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)

    def _note_the_page(self) -> None:
        """What the person did on the provider's page since the last step."""
        if self._decisions() > self._decided:
            code = self._stage.provider.codes[-1]
            step = {"browser": _DECIDED[code.state]}
            if code.account and code.account.email != ANA:
                step["account"] = code.account.email
            self.steps.append(step)
            self._decided = self._decisions()

    def _decisions(self) -> int:
        """Only the latest code's page counts: what happens to an older one shows nowhere."""
        codes = self._stage.provider.codes
        return len(codes) if codes and codes[-1].state in _DECIDED else 0


def _expected(step: Step, seen: Seen) -> dict[str, Any]:
    """What a script says of this step."""
    expected: dict[str, Any] = {}
    if isinstance(step, Heard) and (seen.replies or not isinstance(step, Do)):
        expected = {"text": seen.reply.text} if seen.says == "text" and seen.reply else {"skill": _keys(seen)}
        expected |= _beside(seen.reply, seen.replies or [])
    if seen.answer is not None:
        expected["answers"] = {name: seen.answer[name] for name in _TELLING if seen.answer.get(name) is not None}
    if seen.asked or isinstance(step, Heard | ToolCall | ModelCall):
        expected["asked"] = " ".join(seen.asked) or "nothing"
    return expected


def _keys(seen: Seen) -> str | list[str]:
    keys = seen.says.split() if seen.reply and seen.reply.text else [seen.says]
    return keys if len(keys) > 1 else keys[0]


def _beside(reply: Reply | None, replies: list[Reply | None]) -> dict[str, Any]:
    if reply is None:
        return {}
    repeated = sum(one.repeated for one in replies if one)
    facts = {"handoff": reply.handoff, "sensitive": reply.sensitive or None, "repeated": repeated or None}
    return {"state": reply.state.value, **{key: fact for key, fact in facts.items() if fact}}


class _Dumper(yaml.SafeDumper):
    """As a person would write it: lists set in, and texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _words(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _words)
