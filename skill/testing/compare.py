"""What was written against what was seen."""

from collections.abc import Iterator
from dataclasses import dataclass

from skill.message import Reply
from skill.testing.keys import fits
from skill.testing.script import Heard, Step, ToolCall
from skill.testing.seen import Seen


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of a step whose value is another than in the file."""

    key: str
    written: str
    seen: str


def differences(step: Step, seen: Seen) -> list[Difference]:
    """Every key of the step that isn't as written."""
    if seen.impossible:
        return [Difference("this step", "happens", f"can't: {seen.impossible}")]
    found = list(_in_what_was_asked(step, seen))
    if isinstance(step, Heard):
        found = [*_in_the_answer(step, seen), *found]
    if isinstance(step, ToolCall) and seen.answer is not None:
        answer = {name: seen.answer.get(name) for name in step.answers}
        found += _unless(answer == step.answers, "answers", step.answers, answer)
    return found


def _in_what_was_asked(step: Step, seen: Seen) -> Iterator[Difference]:
    if step.asked is not None:
        same = sorted(step.asked) == sorted(seen.asked)
        yield from _unless(same, "asked", " ".join(step.asked) or "nothing", " ".join(seen.asked) or "nothing")
    if step.logins is not None:
        yield from _unless(step.logins == seen.logins, "logins", step.logins, seen.logins)


def _in_the_answer(step: Heard, seen: Seen) -> Iterator[Difference]:
    if isinstance(step.skill, str):
        same = seen.says == step.skill and len({*map(_text, seen.replies or [])}) <= 1
        yield from _unless(same, "skill", step.skill, _told(seen))
        return
    needs_a_reply = step.model_fields_set & _OF_A_REPLY
    if not needs_a_reply:
        return
    if seen.reply is None:
        first = min(needs_a_reply, key=list(Heard.model_fields).index)
        yield Difference(first, _shown(getattr(step, first)), seen.says)
        return
    yield from _in_the_text(step, seen, seen.reply)
    yield from _beside_the_text(step, seen, seen.reply)


_OF_A_REPLY = frozenset(Heard.model_fields) - frozenset(Step.model_fields)


def _in_the_text(step: Heard, seen: Seen, reply: Reply) -> Iterator[Difference]:
    said = "\n".join([reply.text, *reply.notes])
    if step.skill is not None:
        if not fits(reply.language, list(step.skill), reply.text):
            yield Difference("skill", " ".join(step.skill), _told(seen))
        else:
            same = fits(reply.language, list(step.skill), reply.text, step.values)
            yield from _unless(same, "values", _shown(step.values), reply.text)
    if step.text is not None:
        text = _filled(step.text, seen)
        yield from _unless(text == reply.text, "text", text, reply.text)
    for words in step.mentions:
        yield from _unless(_filled(words, seen) in said, "mentions", words, said)
    for words in step.omits:
        yield from _unless(_filled(words, seen) not in said, "omits", words, said)
    for key in step.adds or []:
        added = any(fits(reply.language, [key], note) for note in reply.notes)
        yield from _unless(added, "adds", key, "\n".join(reply.notes) or "nothing")


def _beside_the_text(step: Heard, seen: Seen, reply: Reply) -> Iterator[Difference]:
    facts = {
        "state": reply.state,
        "language": reply.language,
        "handoff": reply.handoff or "nobody",
        "models": reply.models,
        "sensitive": reply.sensitive,
        "repeated": sum(one.repeated for one in seen.replies or [] if one),
    }
    for key, fact in facts.items():
        written = getattr(step, key)
        if written is not None:
            yield from _unless(written == fact, key, _shown(written), _shown(fact))


def _unless(same: bool, key: str, written: object, seen: object) -> Iterator[Difference]:
    if not same:
        yield Difference(key, str(written), str(seen))


def _told(seen: Seen) -> str:
    """The keys, and the words where a person spoke; silence speaks for itself."""
    return f"{seen.says}\n{seen.reply.text}" if seen.reply and seen.reply.text else seen.says


def _text(reply: Reply | None) -> str | None:
    return reply.text if reply else None


def _filled(words: str, seen: Seen) -> str:
    return words.replace("{user_code}", seen.user_code).replace("{verification_url}", seen.verification_url)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
