"""Clause by clause: what one leaves out is carried over from those before it ("I have Plus - connect it")."""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from operator import or_

from intents.frames import Frame
from intents.lexicon import Lexicon
from intents.rules import TAKEN_BACK, RequestRule

Judged = list[tuple[RequestRule, Frame]]
_FORGOTTEN = 4  # clauses after which nobody means the last thing any more


@cache
def judging(known: Lexicon) -> Callable[[Sequence[Frame]], Judged]:
    """The rule of each clause that has one, by its features and what it takes from others."""
    bits, deciding, colon = known.bits, known.deciding, known.symbols.char("colon")

    def of(names: str) -> int:
        return reduce(or_, (bits[name] for name in names.split()))

    names, things, acts = bits["@names"], bits["@things"], bits["@acts"]
    kept, unfinished, said = of("@things @acts @kept did"), of("@acts @states"), of("command plain commandout asked")
    open_to_more, same, mine = of("@acts @states @kept"), of("dothat know"), of("my keyword key pastedkey")
    done, keys, meant = of("@acts did"), of("key keyword pastedkey"), of("command plain")
    material, aside = of("task intro say"), of("task homonym if")
    blocks, labels, carried, linked = (bits[name] for name in ("blocked", "labelled", "carried", "linked"))
    np, opens, below, label, instead = (bits[name] for name in ("np", "open", "below", "label", "instead"))

    def judged(frames: Sequence[Frame]) -> Judged:
        found: Judged = []
        topic = pending = 0  # the things last named, with their acts; an act or a state that no thing was named for
        blocked = age = 0  # what follows is quoted, or a task's material; clauses since the topic was named
        labelled = quoting = before = -1  # sentences: behind somebody's "Label:", about words, the last one
        for frame in frames:
            own, sentence = frame.features, frame.sentence
            mask = own | blocked
            if labelled == sentence:
                mask |= labels
            if quoting == sentence:
                mask |= blocks
            if pending and mask & np and mask & things:
                mask |= pending | carried
            elif topic and mask & open_to_more and not mask & names:
                if mask & opens:
                    mask |= (topic if mask & same else topic & ~done) | carried
                elif before == sentence or mask & mine:
                    mask |= topic & names | linked
            rule = deciding(mask)
            if rule:
                found.append((rule, frame))
            heads = frame.ends == colon
            if own & below or (heads and own & material):
                blocked = blocks
            elif rule and rule.name == "about-words":
                quoting = sentence
            if heads and own & label:
                labelled = sentence
            age += 1
            if age > _FORGOTTEN or own & aside:
                topic = 0
            if own & things and not own & aside:
                age, topic = 0, own & kept
            if own & unfinished and not own & names:
                pending = own & (unfinished | said)
            elif rule and rule.name == TAKEN_BACK and topic:  # "no, I mean …": the act stands, for another thing
                pending = topic & acts | meant
            else:
                pending = pending & ~keys if own & instead else 0
            before = sentence
        return found

    return judged
