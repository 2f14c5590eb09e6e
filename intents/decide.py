"""Frames to a label: the deciding rules per clause, then what a message of several clauses comes to."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from intents.frames import Frame
from intents.grammar import ANY, MAX_SYMBOLS, ReplyRule
from intents.labels import Label
from intents.lexicon import Lexicon
from intents.rules import REFRAINS, TAKEN_BACK, RequestRule

_DOCUMENT, _EDGE = 30, 6  # clauses


class Verdict(NamedTuple):
    """What a message comes to, and the clauses that say so."""

    label: Label
    rule: str
    frames: Sequence[Frame] = ()
    weak: bool = False
    fresh: bool = False


NOTHING = Verdict(Label.NONE, "nothing-said")


def request(frames: Sequence[Frame], known: Lexicon) -> Verdict:
    """What a message comes to when nothing is in progress (intent-labels.md, section 1)."""
    if not known.telling(reduce(or_, [frame.features for frame in frames], 0)):
        return NOTHING
    verdicts = list(_verdicts(frames, known))
    if verdicts and _taken_back(verdicts):
        return Verdict(Label.NONE, TAKEN_BACK, verdicts[-1][1:])
    taken_back = max((n for n, (rule, _) in enumerate(verdicts) if rule.name == "taken-back"), default=0)
    if any(rule.label is not Label.NONE for rule, _ in verdicts[:taken_back]):
        verdicts = verdicts[taken_back:]  # "connect ChatGPT, no, I mean Claude"
    loud = [(rule, frame) for rule, frame in verdicts if rule.label is not Label.NONE]
    if len(frames) > _DOCUMENT:  # a pasted document: what is wanted of it stands before or behind
        edges = {id(frame) for frame in (*frames[:_EDGE], *frames[-_EDGE:])}
        loud = [(rule, frame) for rule, frame in loud if id(frame) in edges]
    firm = [(rule, frame) for rule, frame in loud if rule.label is not Label.AMBIGUOUS]
    if any(rule.name == "weighing" for rule, _ in loud):  # what then names neither is still the question
        named = known.bits["@names"] | known.bits["key"] | known.bits["keyword"]
        firm = [(rule, frame) for rule, frame in firm if frame.features & named]
    if not loud:
        return NOTHING
    rule, frame = _loudest(firm or loud, known)
    bits = known.bits
    weighs = rule.label is Label.BYOK and frame.features & (bits["plan"] | bits["tier"] | bits["account"])
    if (rule.label is Label.OAUTH or weighs) and _asked_after(frame, frames, known):
        return Verdict(Label.AMBIGUOUS, "asked-after", (frame,))
    return Verdict(rule.label, rule.name, (frame,))


_MOVES = (Label.OAUTH, Label.AMBIGUOUS, Label.BYOK, Label.OTHER_VENDOR, Label.NONE)


def _taken_back(verdicts: Sequence[tuple[RequestRule, Frame]]) -> bool:
    """ "Connect it, no, never mind", "… wait, don't connect it"; but "log me out, don't connect it again" stands."""
    last = verdicts[-1][0].name
    return last == TAKEN_BACK or (last == REFRAINS and all(rule.label in _MOVES for rule, _ in verdicts))


def _loudest(verdicts: Sequence[tuple[RequestRule, Frame]], known: Lexicon) -> tuple[RequestRule, Frame]:
    """The last word counts; but "it expired, connect it" is about what expired."""
    last, frame = verdicts[-1]
    carried = not frame.features & known.bits["@names"]
    if last.label is Label.OAUTH and carried:
        kept = [v for v in verdicts if v[0].label not in (Label.OAUTH, Label.BYOK, Label.OTHER_VENDOR, Label.STATUS)]
        return kept[-1] if kept else verdicts[-1]
    return verdicts[-1]


def _asked_after(frame: Frame, frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "Sign in with ChatGPT, is that safe?" asks; "… and what do cats eat?" is another matter."""
    bits = known.bits
    later = (f.features for f in frames if f.sentence == frame.sentence and f.after > frame.after)
    asked = (features for features in later if features & bits["asked"] and not features & bits["tag"])
    return any(not features & bits["x"] or features & bits["@concerns"] for features in asked)


def _verdicts(frames: Sequence[Frame], known: Lexicon) -> Iterator[tuple[RequestRule, Frame]]:
    """Clause by clause; what a clause leaves out is carried over from its neighbours."""
    bits = known.bits
    context = _Context(bits, known.symbols.char("colon"))
    for frame in frames:
        mask = context.completed(frame)
        rule = known.deciding(mask)
        if rule:
            yield rule, frame
        context.note(frame, mask, rule)


_FORGOTTEN = 4  # clauses after which nobody means the last thing any more


class _Context:
    """What earlier clauses leave to later ones."""

    def __init__(self, bits: Mapping[str, int], colon: str) -> None:
        self.bits, self.colon = bits, colon
        self.topic = 0  # the things last named, with their acts
        self.pending = 0  # an act or a state that no thing was named for
        self.blocked = 0  # what follows is quoted, or a task's material
        self.labelled = -1  # the sentence that stands behind somebody's "Label:"
        self.quoting = -1  # the sentence that speaks about words
        self.sentence = -1
        self.age = 0

    def completed(self, frame: Frame) -> int:
        """The features of a clause together with what it leaves out."""
        bits, mask = self.bits, frame.features | self.blocked
        if self.labelled == frame.sentence:
            mask |= bits["labelled"]
        if self.quoting == frame.sentence:
            mask |= bits["blocked"]
        named = mask & bits["@names"]
        if self.pending and mask & bits["np"] and mask & bits["@things"]:
            return mask | self.pending | bits["carried"]
        if named or not self.topic or not mask & (bits["@acts"] | bits["@states"] | bits["@kept"]):
            return mask
        if mask & bits["open"]:
            taken = (
                self.topic if mask & (bits["dothat"] | bits["know"]) else self.topic & ~(bits["@acts"] | bits["did"])
            )
            if not mask & (bits["broke"] | bits["expired"] | bits["usage"]) or mask & (bits["@acts"] | bits["my"]):
                taken &= ~bits["theirs"]  # theirs broke; but what is wanted now is wanted by us
            return mask | taken | bits["carried"]
        if self.sentence == frame.sentence or mask & (bits["my"] | bits["keyword"] | bits["key"] | bits["pastedkey"]):
            return mask | self.topic & (bits["@names"] | bits["if"]) | bits["linked"]
        return mask

    def note(self, frame: Frame, mask: int, rule: RequestRule | None) -> None:
        bits, own = self.bits, frame.features
        material = own & (bits["task"] | bits["intro"] | bits["say"])
        if own & bits["below"] or (frame.ends == self.colon and material):
            self.blocked = bits["blocked"]
        elif rule and rule.name in ("about-words", "makes-software"):
            self.quoting = frame.sentence
        if frame.ends == self.colon and own & bits["label"]:
            self.labelled = frame.sentence
        self.age += 1
        if self.age > _FORGOTTEN:
            self.topic = 0
        if own & (bits["task"] | bits["homonym"]) or (own & bits["if"] and own & (bits["say"] | bits["person"])):
            self.topic = 0
        elif own & bits["if"]:  # "if I connect it, …": what follows may ask about it, never start it
            self.topic = own & bits["@acts"] and own & (bits["@names"] | bits["@kept"] | bits["if"])
        elif own & bits["@things"]:
            keys = bits["key"] | bits["keyword"] | bits["pastedkey"]
            if own & bits["np"] and not own & (bits["@kept"] | bits["my"] | bits["have"] | bits["chatgpt"]):
                own |= self.pending & keys  # "an API key (OpenAI's)"
            self.age = 0
            self.topic = own & (bits["@things"] | bits["@acts"] | bits["@kept"] | bits["did"] | bits["theirs"])
        self.pending = self._unfinished(own) or self._corrected(own, rule)
        self.sentence = frame.sentence

    def _corrected(self, own: int, rule: RequestRule | None) -> int:
        """ "No, I mean …", "wait, rather …": the act stands, for another thing."""
        bits = self.bits
        if rule and rule.name == "taken-back" and self.topic:
            return self.topic & bits["@acts"] | bits["command"] | bits["plain"]
        keys = bits["key"] | bits["keyword"] | bits["pastedkey"]
        return self.pending & ~keys if own & bits["instead"] else 0

    def _unfinished(self, own: int) -> int:
        bits = self.bits
        said = own & (bits["@acts"] | bits["@states"] | bits["quote_broke"] | bits["quote_usage"])
        if own & bits["@names"]:
            return 0
        return said | own & (bits["command"] | bits["plain"] | bits["commandout"] | bits["asked"]) if said else 0


# Which of several clauses speaks for the message. Of a report that it is finished and one that it isn't, the later
# counts; a question beside "not yet" is what needs an answer, a question beside "done" can wait.
_STRENGTH = {
    Label.BYOK: 6,
    Label.CHOOSE_BYOK: 6,
    Label.CHOOSE_OAUTH: 6,
    Label.CANCEL: 5,
    Label.RESEND: 4,
    Label.HELP: 2,
}
_FINAL = (Label.BYOK, Label.CANCEL, Label.RESEND, Label.CHOOSE_BYOK, Label.CHOOSE_OAUTH)
_UNSURE = ("agrees", "agrees-only", "acknowledges", "asks-why")  # with words beside them that nobody knows: none
_CHOICES = (Label.CHOOSE_OAUTH, Label.CHOOSE_BYOK)


def answer(frames: Sequence[Frame], known: Lexicon, state: str) -> Verdict:
    """What a reply comes to in `state` (intent-labels.md, section 2)."""
    if not frames:
        return NOTHING
    first = known.grammars[frames[0].grammar].replies[state]
    said: list[tuple[ReplyRule, Frame]] = []
    strange = asked = 0
    for frame in frames:
        rule = first(frame.symbols, False)
        if rule and rule.label is Label.CONFIRM and frame.features & known.bits["ask"]:
            rule = None  # a question confirms nothing
        if rule and rule.label is not Label.NONE:
            said.append((rule, frame))
        elif rule is None:
            strange |= frame.features & (known.bits["x"] | known.bits["task"])
            asked |= frame.features & (known.bits["ask"] | known.bits["wh"] | known.bits["how"] | known.bits["why"])
    if not any(rule.label in _FINAL for rule, _ in said):
        rule = first(_joined(frames, known), True)
        if rule:
            return _by(rule, frames)
    if not said:
        return NOTHING
    names = [rule.name for rule, _ in said]
    if "says-invalid" in names and "says-finished" in names[names.index("says-invalid") :]:
        said = [pair for pair in said if pair[0].name != "says-invalid"]  # "it didn't work at first, now it's approved"
    finished = _finished([rule for rule, _ in said])
    best, at = max(reversed(said), key=lambda pair: _strength(pair[0], finished))
    vague = best.name in _UNSURE or (best.label in _CHOICES and not at.features & known.bits["@ways"])
    if (strange and vague) or (asked and best.weak) or _a_request(best, at, frames, known):
        return NOTHING
    return _by(best, (at,))


def _by(rule: ReplyRule, frames: Sequence[Frame]) -> Verdict:
    return NOTHING if rule.label is Label.NONE else Verdict(rule.label, rule.name, frames, rule.weak, rule.fresh)


def says_nothing(frames: Sequence[Frame], known: Lexicon) -> bool:
    """Whether no rule of any state holds: then nothing is answered, whatever was asked."""
    if not frames:
        return True
    first = known.grammars[frames[0].grammar].replies[ANY]
    return not any(first(frame.symbols, False) for frame in frames) and not first(_joined(frames, known), True)


_ASIDE = (Label.STATUS, Label.MODELS, Label.USAGE, Label.LOGOUT, Label.REAUTH, Label.OTHER_VENDOR)
_UNCERTAIN = (Label.HELP, Label.NOT_YET, Label.RESEND, Label.CHOOSE_OAUTH, Label.CHOOSE_BYOK, Label.CONFIRM)


def _a_request(best: ReplyRule, at: Frame, frames: Sequence[Frame], known: Lexicon) -> bool:
    """ "Which codex models do I have?" is no answer but a request; "why did it fail?" asks about the step."""
    if best.label not in _UNCERTAIN or at.features & (known.bits["code"] | known.bits["page"]):
        return False
    found = request(frames, known)
    if found.label is Label.REAUTH and any(frame.features & known.bits["asked"] for frame in found.frames):
        return False
    return found.label in _ASIDE and any(frame is at for frame in found.frames)


def _joined(frames: Sequence[Frame], known: Lexicon) -> str:
    but, comma = known.symbols.char("but"), known.symbols.char("comma")
    return "".join((but if frame.joint == but else comma) + frame.symbols for frame in frames)[:MAX_SYMBOLS]


def _finished(rules: Sequence[ReplyRule]) -> Label | None:
    """Of "done" and "not yet" the later; but the code alone doesn't outweigh a "not yet"."""
    reports = [rule for rule in rules if rule.label in (Label.CONFIRM, Label.NOT_YET)]
    if any(rule.label is Label.NOT_YET and not rule.weak for rule in reports):
        reports = [rule for rule in reports if rule.name != "says-entered"]
    if any(rule.label is Label.CONFIRM for rule in reports):
        reports = [rule for rule in reports if rule.name != "acknowledges"]
    return reports[-1].label if reports else None


def _strength(rule: ReplyRule, finished: Label | None) -> int:
    if rule.name == "says-invalid":
        return 4
    if rule.label is Label.HELP and rule.weak:
        return 0
    if rule.name == "says-entered" and finished is not Label.CONFIRM:
        return 0
    if rule.label in (Label.CONFIRM, Label.NOT_YET):
        return (3 if rule.label is Label.CONFIRM else 1) if rule.label is finished else 0
    return _STRENGTH.get(rule.label, 1)
