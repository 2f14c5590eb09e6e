"""Frames to a label: the deciding rules per clause, then what a message of several clauses comes to."""

from collections.abc import Sequence
from typing import NamedTuple

from intents.context import judging
from intents.frames import Frame, Scan
from intents.grammar import ANY, ReplyRule
from intents.labels import Label
from intents.lexicon import Lexicon
from intents.rules import REFRAINS, TAKEN_BACK, RequestRule

_DOCUMENT, _EDGE = 30, 6  # clauses
_LONG, _SCRAP = 13, 3  # symbols, of all clauses and of one


class Verdict(NamedTuple):
    """What a message comes to, and the clauses that say so."""

    label: Label
    rule: str
    frames: Sequence[Frame] = ()
    weak: bool = False
    fresh: bool = False


NOTHING = Verdict(Label.NONE, "nothing-said")


def request(scan: Scan, known: Lexicon) -> Verdict:
    """What a message comes to when nothing is in progress (intent-labels.md, section 1)."""
    found = by_rules(scan, known)
    if found is not None:
        return found
    label = known.guess(scan.clauses)
    return Verdict(label, "learned", scan.frames) if label else NOTHING


def by_rules(scan: Scan, known: Lexicon) -> Verdict | None:
    """None where no rule speaks of any clause."""
    frames = scan.frames
    verdicts = judging(known)(frames)
    if not verdicts:
        return None
    loud = [verdict for verdict in verdicts if verdict[0].label is not Label.NONE]
    if sum(len(frame.symbols) for frame in frames) > _LONG:
        loud = [(rule, frame) for rule, frame in loud if not _in_passing(frame, known)]
    if not loud:
        return NOTHING
    if _taken_back(verdicts):
        return Verdict(Label.NONE, TAKEN_BACK, verdicts[-1][1:])
    taken_back = max((n for n, (rule, _) in enumerate(verdicts) if rule.name == TAKEN_BACK), default=0)
    if any(rule.label is not Label.NONE for rule, _ in verdicts[:taken_back]):
        verdicts = verdicts[taken_back:]  # "connect ChatGPT, no, I mean Claude"
        loud = [verdict for verdict in verdicts if verdict[0].label is not Label.NONE]
    if len(frames) > _DOCUMENT:  # a pasted document: what is wanted of it stands before or behind
        edges = {id(frame) for frame in (*frames[:_EDGE], *frames[-_EDGE:])}
        loud = [(rule, frame) for rule, frame in loud if id(frame) in edges]
    firm = [(rule, frame) for rule, frame in loud if rule.label is not Label.AMBIGUOUS]
    if any(rule.name == "weighing" for rule, _ in loud):  # what then names neither is still the question
        named = known.bits["@names"] | known.bits["key"] | known.bits["keyword"]
        ways = named & ~known.bits["@names"] | known.bits["plan"] | known.bits["account"] | known.bits["signin"]
        needs = {Label.OAUTH: ways}  # "which way? I want to connect ChatGPT" has not chosen
        firm = [(rule, frame) for rule, frame in firm if frame.features & needs.get(rule.label, named)]
        loud = [(rule, frame) for rule, frame in loud if rule.label is Label.AMBIGUOUS]
    if not loud:
        return NOTHING
    rule, frame = _loudest(firm or loud, known)
    bits = known.bits
    weighs = rule.label is Label.BYOK and frame.features & (bits["plan"] | bits["tier"] | bits["account"])
    if (rule.label is Label.OAUTH or weighs) and _asked_after(frame, frames, known):
        return Verdict(Label.AMBIGUOUS, "asked-after", (frame,))
    if rule.label is Label.OAUTH and _listed(frames, known):
        return NOTHING
    return Verdict(rule.label, rule.name, (frame,))


def _in_passing(frame: Frame, known: Lexicon) -> bool:
    """ "It masks secrets (API keys, passwords) before …": a scrap of a longer text that only names something."""
    return len(frame.symbols) <= _SCRAP and not frame.features & known.bits["@asking"]


def _listed(frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "1. Open it 2. Sign in with ChatGPT. Make this friendlier.": numbered lines that something is to be done to."""
    numbers, stop = {known.symbols.char(name) for name in ("one", "two", "num")}, known.symbols.char("stop")
    numbered = [f.symbols[-1:] in numbers and (len(f.symbols) == 1 or f.ends == stop) for f in frames]
    return sum(numbered) > 1 and bool(frames[-1].features & known.bits["task"]) and not numbered[-2]


_MOVES = (Label.OAUTH, Label.AMBIGUOUS, Label.BYOK, Label.OTHER_VENDOR, Label.NONE)


def _taken_back(verdicts: Sequence[tuple[RequestRule, Frame]]) -> bool:
    """ "Connect it, no, never mind", "… wait, don't connect it"; but "log me out, don't connect it again" stands."""
    last = verdicts[-1][0].name
    return last == TAKEN_BACK or (last == REFRAINS and all(rule.label in _MOVES for rule, _ in verdicts))


def _loudest(verdicts: Sequence[tuple[RequestRule, Frame]], known: Lexicon) -> tuple[RequestRule, Frame]:
    """The last word counts; but "it expired, connect it" is about what expired."""
    last, frame = verdicts[-1]
    carried = not frame.features & known.bits["@names"]
    if last.label is Label.USAGE and carried and verdicts[0][0].label is Label.BYOK:
        return verdicts[0]  # "here's my key, then run the weekly report"
    if last.label is Label.OAUTH and carried:
        kept = [v for v in verdicts if v[0].label not in (Label.OAUTH, Label.BYOK, Label.OTHER_VENDOR, Label.STATUS)]
        return kept[-1] if kept else verdicts[-1]
    return verdicts[-1]


def _asked_after(frame: Frame, frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "Sign in with ChatGPT, is that safe?" asks; "… and what do cats eat?" is another matter."""
    bits = known.bits
    later = (f.features for f in frames if f.sentence == frame.sentence and f.start > frame.start)
    asked = (features for features in later if features & bits["asked"] and not features & bits["tag"])
    onward = bits["code"] | bits["start"]  # "sign me in with ChatGPT, what's the code?"
    weighing = (features for features in asked if not features & onward or features & bits["@concerns"])
    return any(not features & bits["x"] or features & bits["@concerns"] for features in weighing)


# Which of several clauses speaks for the message. Of a report that it is finished and one that it isn't, the later
# counts; a question beside "not yet" is what needs an answer, a question beside "done" can wait.
_STRENGTH = {
    Label.BYOK: 6,
    Label.CHOOSE_BYOK: 6,
    Label.CHOOSE_OAUTH: 6,
    Label.CANCEL: 5,
    Label.RESEND: 5,
    Label.HELP: 2,
}
_FINAL = (Label.BYOK, Label.CANCEL, Label.RESEND)
_UNSURE = ("agrees", "agrees-only", "acknowledges", "asks-why")  # with words beside them that nobody knows: none
_CHOICES = (Label.CHOOSE_OAUTH, Label.CHOOSE_BYOK)
_TROUBLE = ("says-invalid", "says-set", "misses-a-button")
_AT_IT = ("wants-time", "not-finished")
_TELLING = ("say", "neg", "person", "their", "service", "done", "entered", "approved", "connected", "tofinish", "when")


def answer(scan: Scan, known: Lexicon, state: str) -> Verdict:
    """What a reply comes to in `state` (intent-labels.md, section 2)."""
    frames, first = scan.frames, scan.grammar.replies[state]
    if not frames:
        return NOTHING
    said: list[tuple[ReplyRule, Frame]] = []
    telling = sum(known.bits[name] for name in _TELLING)
    strange = asked = besides = 0
    for frame in frames[: _own_words(frames, known)]:
        rule = first(frame.symbols, False)
        if rule and rule.label is Label.CONFIRM and frame.features & known.bits["ask"]:
            rule = None  # a question confirms nothing
        if rule and rule.label is not Label.NONE:
            said.append((rule, frame))
        elif rule is None:
            if not frame.features & known.bits["@ways"]:  # "the second, my employer hands out keys"
                strange |= frame.features & (known.bits["x"] | known.bits["task"])
            besides |= frame.features & telling
            asked |= frame.features & (known.bits["ask"] | known.bits["wh"] | known.bits["how"] | known.bits["why"])
        else:
            besides = True  # about something else
    if not any(rule.label in _FINAL for rule, _ in said):
        rule = first(scan.joined, True)
        if rule:
            return _by(rule, frames)
    if not said:
        return NOTHING
    names = [rule.name for rule, _ in said]
    trouble = next((n for n, name in enumerate(names) if name in _TROUBLE), len(names))
    if "says-finished" in names[trouble:]:
        said = [pair for pair in said if pair[0].name not in _TROUBLE]  # "it didn't work at first, now it's approved"
    elif names[-1] in _AT_IT:
        said = [pair for pair in said if pair[0].name not in _TROUBLE]  # "it asks for a captcha, one moment"
    finished = _finished([rule for rule, _ in said])
    best, at = max(reversed(said), key=lambda pair: _strength(pair[0], finished))
    if best.label in _CHOICES and said[-1][0].label is Label.CANCEL and said[-1][1].features & known.bits["retract"]:
        best, at = said[-1]  # "the first ... you know what, forget it"
    if best.label in _CHOICES and _leaves_open(at, frames, known):
        return Verdict(Label.HELP, "asks-which", frames)
    vague = best.name in _UNSURE or (best.label in _CHOICES and not at.features & known.bits["@ways"])
    agrees = best.name == "agrees"
    if (strange and vague) or (asked and best.weak) or (besides and agrees) or _a_request(best, at, scan, known):
        return NOTHING
    if agrees:  # "yes, where do I type it?"
        best, at = next((pair for pair in said if pair[0].label is Label.HELP), (best, at))
    return _by(best, (at,))


def _leaves_open(at: Frame, frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "The key? Or my plan" asks, and chooses neither."""
    bits = known.bits
    asked = (frame.features for frame in frames if frame.features & bits["ask"])
    return bool(at.features & bits["or"]) and any(features & bits["@ways"] for features in asked)


def _own_words(frames: Sequence[Frame], known: Lexicon) -> int:
    """How many clauses are said here: what follows "translate this:" is material."""
    colon, material = known.symbols.char("colon"), known.bits["task"] | known.bits["intro"]
    heads = (n for n, frame in enumerate(frames, 1) if frame.ends == colon and frame.features & material)
    return next(heads, len(frames))


def _by(rule: ReplyRule, frames: Sequence[Frame]) -> Verdict:
    return NOTHING if rule.label is Label.NONE else Verdict(rule.label, rule.name, frames, rule.weak, rule.fresh)


def says_nothing(scan: Scan) -> bool:
    """Whether no rule of any state holds: then nothing is answered, whatever was asked."""
    first = scan.grammar.replies[ANY]
    for symbols, _ in scan.clauses:  # a generator would cost as much again
        if first(symbols, False):
            return False
    return not first(scan.joined, True)


_ASIDE = (Label.STATUS, Label.MODELS, Label.USAGE, Label.LOGOUT, Label.REAUTH, Label.OTHER_VENDOR)
_CERTAIN = (Label.CANCEL, Label.RETRY)


def _a_request(best: ReplyRule, at: Frame, scan: Scan, known: Lexicon) -> bool:
    """ "Which codex models do I have?" is no answer but a request; "why did it fail?" asks about the step."""
    if best.label in _CERTAIN or at.features & known.bits["code"]:
        return False
    found = by_rules(scan, known) or NOTHING
    if found.label is Label.REAUTH and any(frame.features & known.bits["asked"] for frame in found.frames):
        return False
    return found.label in _ASIDE and any(frame is at for frame in found.frames)


def _finished(rules: Sequence[ReplyRule]) -> Label | None:
    """Of "done" and "not yet" the later; but the code alone doesn't outweigh a "not yet"."""
    reports = [rule for rule in rules if rule.label in (Label.CONFIRM, Label.NOT_YET)]
    if any(rule.label is Label.NOT_YET and not rule.weak for rule in reports):
        reports = [rule for rule in reports if rule.name != "says-entered"]
    if any(rule.label is Label.CONFIRM for rule in reports):
        reports = [rule for rule in reports if rule.name != "acknowledges"]
    return reports[-1].label if reports else None


def _strength(rule: ReplyRule, finished: Label | None) -> int:
    if rule.name in _TROUBLE:
        return 4
    if rule.label is Label.HELP and rule.weak:
        return 0
    if rule.label is Label.CONFIRM:
        return 3 if finished is Label.CONFIRM else 0
    return _STRENGTH.get(rule.label, 1)
