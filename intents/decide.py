"""Frames to a label: the deciding rules per clause, then what a message of several clauses comes to."""

from collections.abc import Iterator, Mapping, Sequence

from intents.frames import Frame
from intents.labels import Label
from intents.lexicon import Lexicon, ReplyRule, RequestRule


def request(frames: Sequence[Frame], known: Lexicon) -> tuple[str, Label, Sequence[Frame]]:
    """What a message comes to when nothing is in progress (intent-labels.md, section 1)."""
    verdicts = list(_verdicts(frames, known))
    if verdicts and verdicts[-1][0].name == "taken-back":
        return verdicts[-1][0].name, Label.NONE, (verdicts[-1][1],)
    loud = [(rule, frame) for rule, frame in verdicts if rule.label is not Label.NONE]
    firm = [(rule, frame) for rule, frame in loud if rule.label is not Label.AMBIGUOUS]
    if not loud:
        return "nothing-said", Label.NONE, ()
    rule, frame = _loudest(firm or loud, known)
    if rule.label is Label.OAUTH and _asked_after(frame, frames, known):
        return "asked-after", Label.AMBIGUOUS, (frame,)
    return rule.name, rule.label, (frame,)


def _loudest(verdicts: Sequence[tuple[RequestRule, Frame]], known: Lexicon) -> tuple[RequestRule, Frame]:
    """The last word counts; but "it expired, connect it" is about what expired."""
    last, frame = verdicts[-1]
    carried = frame.features & known.bits["elliptic"] and not frame.features & known.bits["@things"]
    if last.label is Label.OAUTH and carried:
        kept = [v for v in verdicts if v[0].label not in (Label.OAUTH, Label.AMBIGUOUS, Label.BYOK, Label.OTHER_VENDOR)]
        return kept[-1] if kept else verdicts[-1]
    return verdicts[-1]


def _asked_after(frame: Frame, frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "Sign in with ChatGPT, is that safe?" asks."""
    asked = known.bits["asked"]
    return any(f.sentence == frame.sentence and f.start > frame.start and f.features & asked for f in frames)


def _verdicts(frames: Sequence[Frame], known: Lexicon) -> Iterator[tuple[RequestRule, Frame]]:
    """Clause by clause; what a clause leaves out is carried over from its neighbours."""
    bits = known.bits
    things, names = bits["@things"], bits["@names"]
    topic = pending = blocked = 0
    labelled = -1
    for frame in frames:
        mask = frame.features | blocked | bits["labelled"] * (labelled == frame.sentence)
        if frame.ends == known.symbols.char("colon") and mask & bits["x"]:
            labelled = frame.sentence
        if mask & bits["elliptic"] and not mask & things and topic:
            mask |= topic | bits["carried"]
        elif _takes_over(mask, pending, bits):
            mask |= pending | bits["carried"]
        elif mask & (things | bits["@kept"]) and not mask & names:
            mask |= topic & names
        rule = _deciding(mask, known)
        if rule:
            yield rule, frame
            if rule.name == "about-words":
                blocked = bits["blocked"]
        if frame.features & things:
            topic = frame.features & (things | bits["@acts"] | bits["@kept"])
        pending = _pending(frame, pending, bits)


def _takes_over(mask: int, pending: int, bits: Mapping[str, int]) -> bool:
    open_act = pending & bits["waiting"] or (pending and mask & bits["instead"])
    return bool(open_act and mask & bits["np"] and mask & bits["@things"])


def _pending(frame: Frame, before: int, bits: Mapping[str, int]) -> int:
    """An act that still waits for its object, or may be given another one ("no wait, my ChatGPT login")."""
    if frame.features & bits["command"]:
        named = frame.features & bits["@things"]
        return bits["waiting"] * (not named) | frame.features & (bits["@acts"] | bits["command"] | bits["plain"])
    return before


def _deciding(mask: int, known: Lexicon) -> RequestRule | None:
    for rule in known.rules:
        if mask & rule.every == rule.every and not mask & rule.none and all(mask & some for some in rule.some):
            return rule
    return None


# Which of several clauses speaks for the message: the strongest; among the last two kinds the later one.
_STRENGTH = {Label.BYOK: 5, Label.CHOOSE_BYOK: 5, Label.CANCEL: 4, Label.RESEND: 3, Label.HELP: 2}


def answer(frames: Sequence[Frame], known: Lexicon, state: str) -> tuple[ReplyRule | None, Sequence[Frame]]:
    """What a reply comes to in `state`."""
    best: ReplyRule | None = None
    at: Frame | None = None
    strange = 0
    for frame in frames:
        rule = _first(known.grammars[frame.grammar].replies[state], frame)
        if rule is None:
            strange |= frame.features & known.bits["x"]
        elif best is None or _STRENGTH.get(rule.label, 1) >= _STRENGTH.get(best.label, 1):
            best, at = rule, frame
    if best and strange and best.label in (Label.CHOOSE_OAUTH, Label.CHOOSE_BYOK):
        return None, ()
    return best, (at,) if at else ()


def _first(rules: Sequence[ReplyRule], frame: Frame) -> ReplyRule | None:
    return next((r for r in rules if any(p.search(frame.symbols) for p in r.patterns)), None)
