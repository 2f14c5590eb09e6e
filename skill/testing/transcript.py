"""A played script for people to read, with a diff at the first difference; and the same for programs."""

import difflib
from collections.abc import Iterator
from typing import Any

from skill.testing.compare import Difference
from skill.testing.play import Moment, Played
from skill.testing.script import Account as AccountStep
from skill.testing.script import Again, Browser, Do, Fault, Login, ModelCall, Passes, Says, Step, ToolCall
from skill.testing.spans import in_words

COLUMN = 9


def transcript(played: Played) -> Iterator[str]:
    """The lines: who said what, what followed, and where it first differs."""
    yield f"{played.read.script.title}  ({played.read.path})"
    for moment in played.moments:
        yield from _moment(moment)
        if moment.differences:
            yield f"{played.read.path}:{moment.line}: not as written"
            yield from (line for difference in moment.differences for line in _diff(difference))
    yield from (f"A secret got out: {place}" for place in played.leaks)


def as_dict(played: Played) -> dict[str, Any]:
    """The fields of one line of `--json`."""
    return {
        "file": str(played.read.path),
        "title": played.read.script.title,
        "as_written": played.as_written,
        "steps": [_step(moment) for moment in played.moments],
        "leaks": played.leaks,
    }


def _step(moment: Moment) -> dict[str, Any]:
    replies = moment.seen.replies
    return {
        "line": moment.line,
        "what": " ".join(_what(moment.step)),
        "replies": None if replies is None else [reply and reply.model_dump(mode="json") for reply in replies],
        "asked": moment.seen.asked,
        "answer": moment.seen.answer,
        "differences": [{"key": one.key, "written": one.written, "seen": one.seen} for one in moment.differences],
    }


def _moment(moment: Moment) -> Iterator[str]:
    seen = moment.seen
    yield from _said(*_what(moment.step))
    marks = [f"provider: {' '.join(seen.asked)}" if seen.asked else ""]
    if seen.answer is not None:
        yield from _said("tool", ", ".join(f"{name}: {value}" for name, value in seen.answer.items()))
    elif seen.reply is not None:
        yield from _said("skill", "\n".join(filter(None, [seen.reply.text, *seen.reply.notes])))
        marks.insert(0, seen.reply.state)
    elif seen.replies is not None and not (isinstance(moment.step, Do) and not seen.replies):
        marks.insert(0, seen.says)
    if any(marks):
        yield from _said("", f"[{', '.join(filter(None, marks))}]")


def _what(step: Step) -> tuple[str, str]:
    """Who acts, and how."""
    match step:
        case Says(who=who, says=words):
            beside = [step.how, step.where and f"in {step.where}", step.sent and f"sent {in_words(step.sent)} ago"]
            beside.append(f"{step.times} times at once" if step.times > 1 else None)
            return who, words + "".join(f" ({words})" for words in beside if words)
        case Again(again=words, times=times):
            return "again", words + (f" ({times} times at once)" if times > 1 else "")
        case Browser(browser=decision, account=account):
            return "browser", f"{decision} as {account}" if decision == "approve" else decision
        case Passes(passes=span):
            return "time", f"{in_words(span)} later"
        case Fault(fault=fault):
            return "fault", fault
        case Login(login=how, account=account):
            return "login", f"{how}, of {account}"
        case AccountStep(account=account, has=has):
            return "account", f"{account} has {', '.join(f'{name} {value}' for name, value in has.items())}"
        case ToolCall(tool=action, person=person, arguments=arguments):
            given = arguments.model_dump(exclude_defaults=True)
            return "agent", f"{action} for {person}" + "".join(f", {name}: {value}" for name, value in given.items())
        case ModelCall(calls=person):
            return "agent", f"calls a model with the subscription of {person}"
        case Do(do=does):
            return "", {"restart": "the skill restarts", "release": "what was held back arrives", "wait": "later"}[does]
    raise TypeError(step)


def _said(who: str, words: str) -> Iterator[str]:
    first, *rest = words.splitlines() or [""]
    yield f"{who:>{COLUMN}}  {first}"
    yield from (f"{'':>{COLUMN}}  {line}".rstrip() for line in rest)


def _diff(difference: Difference) -> Iterator[str]:
    written, seen = difference.written.splitlines() or [""], difference.seen.splitlines() or [""]
    if difference.key == "text":
        yield "  text:"
        yield from (f"    {line}".rstrip() for line in difflib.ndiff(written, seen))
        return
    for mark, lines in (("-", written), ("+", seen)):
        yield f"  {mark} {difference.key}: {lines[0]}"
        yield from (f"  {mark}   {line}".rstrip() for line in lines[1:])
