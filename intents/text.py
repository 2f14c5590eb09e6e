"""From what was typed to what is compared: width, case, spacing, and where each character came from."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from string import ascii_lowercase, ascii_uppercase
from unicodedata import category, is_normalized, normalize

import ahocorasick_rs

FILLER = "\x1f"  # stands where something was covered; part of no word and no phrase
DOCUMENT, BEFORE, BEHIND = 420, 180, 240  # Latin characters; half as many of other scripts
LIMIT = 32 * 1024  # bytes considered at most (trust.md, section 3)

# One character each, so that places stay: what parts words, apostrophes, full-width forms, accents.
_SPACERS = dict.fromkeys("-_\u2010\u2011\u00ad\t\u00a0\u3000", " ")
_MARKS = {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\r": "\n", "\u2026": "."}
_WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_ACCENTS = {
    chr(code): plain[0]
    for code in range(0xC0, 0x250)
    if len(plain := "".join(c for c in normalize("NFKD", chr(code)).casefold() if category(c) != "Mn")) == 1
}
_SAME_LENGTH = {**_ACCENTS, **_WIDE, **_SPACERS, **_MARKS}
_ASCII = bytes.maketrans(b"-_\t`\r" + ascii_uppercase.encode(), b"   '\n" + ascii_lowercase.encode())
_PUNCTUATION = [(wide, _WIDE[wide]) for wide in "，：？！；（）"]  # of every Chinese text
_SURROGATE = re.compile("[\ud800-\udfff]")
_DRAWN_OUT = ahocorasick_rs.AhoCorasick([char * 3 for char in ascii_lowercase], store_patterns=False)
_SPELLED = re.compile(r"(?<![a-z])(?:[a-z] ){3,20}[a-z](?![a-z])")  # "c o n n e c t"
_SPACED = re.compile(" [a-z] [a-z] [a-z]")  # cheaper, and in every one of them
_LEFT_OUT = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0f\ufeff]")  # by `_fold_slowly`
_GAPS = re.compile("[^\\W_]  +[^\\W_]")
_STACCATO = re.compile(r"(?:\b\w{1,12}[.\u2026]+ ?){4,}")  # "Sign. Me. In. Now."
_DOTS = str.maketrans(".\u2026", "  ")
_TYPED = 200  # characters; nobody draws letters out in a longer text
_INVISIBLE = {"Cf", "Mn", "Me"}  # joiners, direction marks, accents left over, emoji selectors


def bounded(text: str) -> tuple[str, bool]:
    """The part that is judged, and whether anything was cut off."""
    if len(text) * 4 <= LIMIT:
        return text, False
    head = text[:LIMIT]
    raw = head.encode("utf-8", "surrogatepass")
    if len(raw) <= LIMIT and len(head) == len(text):
        return text, False
    return raw[:LIMIT].decode("utf-8", "ignore"), True


def ends_of(text: str) -> tuple[str, int, int]:
    """What a person says of a pasted document stands before or behind it: both ends, parted by a line break; how long
    the first one is, and how much was left out after it (0, 0 for anything that isn't that long)."""
    weight = 1 if text.isascii() else 2
    if len(text) * weight <= DOCUMENT:
        return text, 0, 0
    before, behind = text[: BEFORE // weight], text[-BEHIND // weight :]
    before = before[: before.rfind("\n") if "\n" in before[1:] else len(before)]
    behind = behind[behind.find("\n") + 1 :] if "\n" in behind[:-1] else behind
    return f"{before}\n{behind}", len(before), len(text) - len(before) - len(behind) - 1


def whole(text: str) -> str:
    """The same length, lone surrogates made harmless."""
    return _SURROGATE.sub("\ufffd", text)


def comparable(text: str) -> str:
    """The cheap form every message is scanned in: compatible characters and cases made one."""
    if text.isascii():
        return text.lower()
    if not is_normalized("NFKC", text):
        text = normalize("NFKC", _narrow(text))  # fast when nothing is left to do
    return text.casefold()


def _narrow(text: str) -> str:
    for wide, narrow in _PUNCTUATION:
        text = text.replace(wide, narrow)
    return text


def drawn_out(plain: str) -> bool:
    """Whether a letter stands three times in a row: "doooone"."""
    return bool(_DRAWN_OUT.find_matches_as_indexes(plain))


def folding(variants: Mapping[str, str]) -> Callable[[str], str]:
    """What makes characters of a language one, each in its place: its variants, and what is the same for all."""
    table = {**_SAME_LENGTH, **variants}

    @cache
    def replace() -> Callable[[str], str]:
        return partial(re.compile(f"[{re.escape(''.join(table))}]").sub, lambda match: table[match[0]])

    def unified(text: str) -> str:
        return text.encode().translate(_ASCII).decode() if text.isascii() else replace()(_narrow(text))

    return unified


def fold(text: str, unified: Callable[[str], str]) -> tuple[str, list[int] | None]:
    """The form that frames are built on, and where in the original each of its characters stood: None if in step."""
    if len(text) <= _TYPED and text.count(".") + text.count("\u2026") > 3 and _STACCATO.search(text):
        text = _STACCATO.sub(lambda run: run[0].translate(_DOTS), text)
    plain = unified(text.replace(" - ", " \x18 "))
    if not plain.isascii():
        if not is_normalized("NFKC", plain) or _LEFT_OUT.search(plain):
            return _fold_slowly(text, unified)
        plain = plain.casefold()
    elif not text.isascii():
        plain = plain.lower()
    if len(plain) != len(text) or ("  " in plain and _GAPS.search(plain)):
        return _fold_slowly(text, unified)
    if len(plain) <= _TYPED and (drawn_out(plain) or (_SPACED.search(plain) and _SPELLED.search(plain))):
        return _fold_slowly(text, unified)
    return plain, None


def _fold_slowly(text: str, unified: Callable[[str], str]) -> tuple[str, list[int]]:
    out: list[str] = []
    origin: list[int] = []
    run = 0
    gaps = {m.start() + n for m in _SPELLED.finditer(text.lower()) for n in range(1, len(m[0]), 2)}
    for position, char in enumerate(text.replace(" - ", " \x18 ")):
        for piece in _pieces(char, unified) if position not in gaps else "":
            run = run + 1 if out and piece == out[-1] else 1
            drawn_out = run > 2 and "a" <= piece <= "z"  # "doooone" is "done"
            if drawn_out and run == 3:
                del out[-1], origin[-1]
            if drawn_out or (piece == " " and run > 1):
                continue
            out.append(piece)
            origin.append(position)
    return "".join(out), origin


def _pieces(char: str, unified: Callable[[str], str]) -> str:
    if char < "\x80":
        return unified(char)
    if category(char) in _INVISIBLE:
        return ""
    plain = normalize("NFKD", char).casefold() if char < "\u3000" else normalize("NFKC", char).casefold()
    kept = "".join(c for c in plain if category(c) not in _INVISIBLE) if len(plain) > 1 else plain
    return unified(kept)
