"""Clause by clause: what one leaves out is carried over from those before it ("I have Plus - connect it")."""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from operator import or_

from intents.frames import Frame
from intents.lexicon import Lexicon
from intents.rules import TAKEN_BACK, RequestRule

Judged = list[tuple[RequestRule, Frame]]
_ABOUT = ("about-words", "makes-software")  # rules that tell of words, or of something to be built
_FORGOTTEN = 4  # clauses after which nobody means the last thing any more
_NONE = -1  # of the sentences


@cache
def judging(known: Lexicon) -> Callable[[Sequence[Frame]], Judged]:
    """The rule of each clause that has one, by its features and what it takes from others."""
    bits, deciding, colon = known.bits, known.deciding, known.symbols.char("colon")

    def of(names: str) -> int:
        return reduce(or_, (bits[name] for name in names.split()))

    names, things, acts = bits["@names"], bits["@things"], bits["@acts"]
    kept, unfinished, said = (
        of("@things @acts @kept did theirs"),
        of("@acts @states"),
        of("command plain commandout asked mineconnected asksdone asksmodels"),
    )
    open_to_more, same, mine = of("@acts @states @kept"), of("dothat know remove"), of("my keyword key pastedkey")
    done, keys, meant, asked_for = of("@acts did"), of("key keyword pastedkey"), of("command plain"), of("signin")
    material, aside, others = of("task intro say"), of("task homonym"), of("say person")
    broken, ours, owned = of("broke expired usage"), of("@acts my"), of("@kept my have chatgpt")
    supposed, acted = of("@names @kept if"), of("@acts @names my")
    blocks, labels, carried, linked = (bits[name] for name in ("blocked", "labelled", "carried", "linked"))
    np, opens, below, label, instead = (bits[name] for name in ("np", "open", "below", "label", "instead"))
    owner, wonder = bits["my"], bits["wonder"]
    theirs, if_, wish, please = (bits[name] for name in ("theirs", "if", "wish", "justplease"))
    cut_off, reports, besides = bits["dangling"], bits["reports"], bits["besides"]
    canyou, asked, question = bits["canyou"], bits["asked"], bits["ask"]
    questions = of("how cani wh why wonder which if")
    deferred, habit, no_key, rejected = bits["deferred"], bits["habit"], bits["no_key"], of("no_key no_vendor")

    def judged(frames: Sequence[Frame]) -> Judged:
        found: Judged = []
        topic = pending = 0  # the things last named, with their acts; an act or a state that no thing was named for
        wished = 0  # what the last clause named and said no more about
        blocked = age = 0  # what follows is quoted, or a task's material; clauses since the topic was named
        labelled = quoting = before = _NONE  # sentences: behind somebody's "Label:", what somebody says, the last one
        working = _NONE  # the sentence that is about words, or about something to be built
        waiting = polite = _NONE  # sentences: of later, asking politely
        refused = -2  # the sentence that refuses a key or a vendor
        for frame in frames:
            own, sentence = frame.features, frame.sentence
            mask = own | blocked
            if labelled == sentence:
                mask |= labels
            if working == sentence and own & besides and own & owner:
                working = _NONE  # "translate this, and then connect my plan"
            if sentence in (quoting, working):
                mask |= blocks
            if waiting == sentence:
                mask |= habit
            if polite == sentence and own & acts and not own & questions:
                mask &= ~asked  # "could you summarise this, and sign me in with ChatGPT?"
            if wished and mask & (please | no_key):  # "ChatGPT login, please"
                mask |= wished | meant | asked_for
            elif own & wish and refused >= sentence - 1:  # "no keys, ChatGPT login"
                mask |= meant | asked_for
            elif pending and mask & np and mask & things:
                mask |= pending | carried
            elif topic and (mask & open_to_more or (topic & if_ and mask & wonder)) and not mask & names:
                if mask & opens:
                    taken = topic if mask & same else topic & ~done
                    if not mask & broken or mask & ours:
                        taken &= ~theirs  # theirs broke; but what is wanted now is wanted by us
                    mask |= taken | carried
                elif before == sentence or mask & mine:
                    mask |= topic & (names | if_) | linked
            rule = deciding(mask)
            if rule:
                found.append((rule, frame))
            heads = frame.ends == colon
            if own & below or (heads and own & material):
                blocked = blocks
            elif (own & cut_off and not heads) or own & reports:
                quoting = sentence  # as in "you must not, at any time, connect it"
            elif rule and rule.name in _ABOUT:
                working = sentence
            if heads and own & label:
                labelled = sentence
            if own & deferred and not own & names:
                waiting = sentence
            if own & rejected:
                refused = sentence
            if own & canyou:
                polite = sentence
            age += 1
            if age > _FORGOTTEN:
                topic = 0
            if own & aside or (own & if_ and own & others):
                topic = 0
            elif own & if_:  # "if I connect it, …": what follows may ask about it, never start it
                topic = own & acts and own & supposed
            elif own & question and own & theirs:  # "has anyone got their plan going here? I want to try it"
                topic = 0
            elif own & things:
                if own & np and not own & owned:
                    own |= pending & keys  # "an API key (OpenAI's)"
                age, topic = 0, own & kept
            wished = own & names if own & wish else 0
            again = (rule and rule.name == TAKEN_BACK) or (own & instead and not own & acted)
            if own & unfinished and not own & names:
                pending = own & (unfinished | said)
            elif again and topic:  # "no, I mean …": the act stands, for another thing
                pending = topic & acts | meant
            else:
                pending = pending & ~keys if own & instead else 0
            before = sentence
        return found

    return judged
