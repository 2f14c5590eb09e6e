"""From what was typed to what is compared: width, case, spacing, and where each character came from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import category, normalize

LIMIT = 32 * 1024  # bytes considered at most (trust.md, section 3)

# Hyphens and underscores part words; typographic apostrophes are apostrophes.
_SPACERS = dict.fromkeys(map(ord, "-_\u2010\u2011\u00ad\t\u00a0\u3000"), " ")
_MARKS = {0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x0060: "'", 0x00B4: "'"}
_FOLD: dict[int, str] = {**_SPACERS, **_MARKS, 0x0D: "\n"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_DRAWN_OUT = re.compile(r"([a-z])\1\1")
_SPELLED = re.compile(r"(?<![a-z])(?:[a-z] ){3,20}[a-z](?![a-z])")  # "c o n n e c t"
_INVISIBLE = {"Cf", "Mn", "Me"}  # joiners, direction marks, accents left over, emoji selectors


@dataclass(frozen=True, slots=True)
class Folded:
    """Comparable text; `origin[i]` is the place in the original that character i came from."""

    text: str
    origin: list[int] | None  # None: the two run in step

    def back(self, start: int, end: int, length: int) -> tuple[int, int]:
        if self.origin is None:
            return start, end
        after = self.origin[end] if end < len(self.origin) else length
        return self.origin[start], after


def bounded(text: str) -> tuple[str, bool]:
    """The part that is judged, and whether anything was cut off."""
    if len(text) * 4 <= LIMIT:
        return text, False
    head = text[:LIMIT]
    raw = head.encode("utf-8", "surrogatepass")
    if len(raw) <= LIMIT and len(head) == len(text):
        return text, False
    return raw[:LIMIT].decode("utf-8", "ignore"), True


def whole(text: str) -> str:
    """The same length, lone surrogates made harmless."""
    return _SURROGATE.sub("\ufffd", text)


def comparable(text: str) -> str:
    """The cheap form every message is scanned in: one call each, both in C."""
    return normalize("NFKC", text).casefold()


def drawn_out(plain: str) -> bool:
    """Whether a letter stands three times in a row: "doooone"."""
    return _DRAWN_OUT.search(plain) is not None


def fold(text: str, variants: Mapping[int, str]) -> Folded:
    """The form that frames are built on; only texts with an anchor pay for it."""
    if text.isascii():
        plain = text.replace(" - ", " \u2014 ").lower().translate(_FOLD)
        if "  " not in plain and not _DRAWN_OUT.search(plain) and not _SPELLED.search(plain):
            return Folded(plain, None)
    return _fold_slowly(text, variants)


def _fold_slowly(text: str, variants: Mapping[int, str]) -> Folded:
    out: list[str] = []
    origin: list[int] = []
    run = 0
    gaps = {m.start() + n for m in _SPELLED.finditer(text.lower()) for n in range(1, len(m[0]), 2)}
    for position, char in enumerate(text.replace(" - ", " \u2014 ")):
        for piece in _pieces(char, variants) if position not in gaps else "":
            run = run + 1 if out and piece == out[-1] else 1
            drawn_out = run > 2 and "a" <= piece <= "z"  # "doooone" is "done"
            if drawn_out and run == 3:
                del out[-1], origin[-1]
            if drawn_out or (piece == " " and run > 1):
                continue
            out.append(piece)
            origin.append(position)
    return Folded("".join(out), origin)


def _pieces(char: str, variants: Mapping[int, str]) -> str:
    if char < "\x80":
        return char.lower().translate(_FOLD)
    if category(char) in _INVISIBLE:
        return ""
    plain = normalize("NFKD", char).casefold() if char < "\u3000" else normalize("NFKC", char).casefold()
    kept = "".join(c for c in plain if category(c) not in _INVISIBLE) if len(plain) > 1 else plain
    return kept.translate(_FOLD).translate(variants)


# ---- parts of a text that are not the person's own words -------------------------------------------------

# Every repetition is of one character class with a bound, so no text makes these slow (trust.md, section 3).
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<vendor>sk-ant-|sk-or-|AIza|gsk_|xai-|hf_|pplx-|r8_|sk-lf-)[\w-]{4,512}"
    r"|(?P<ours>sk-(?=[\w-]{0,40}[-0-9A-Z_])[\w-]{6,512}|sess-[\w-]{16,512})"
    r"|(?P<token>eyJ[\w-]{8,4096}(?:\.[\w-]{0,4096}){1,4}|rt_[\w.-]{16,512}|(?:ghp|github_pat)_\w{16,255}))"
)
_SECRET_HINT = re.compile(r"sk-|AIza|gsk_|xai-|hf_|pplx-|r8_|sess-|eyJ|rt_|ghp_|github_pat_")
_OPAQUE = re.compile(r"```.{0,8000}?(?:```|\Z)|https?://[^\s<>\"'，。）)]{1,2000}|www\.[^\s]{1,500}", re.S | re.I)
_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^“”\n]{1,400}”|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|«[^«»\n]{1,400}»|`[^`\n]{1,400}`'
    r"|《[^《》\n]{1,200}》|„[^„“”\n]{1,400}[“”]|(?<![^\s(:：])[‘'](?=\S)[^‘’'\n]{1,400}[’'](?!\w)"
    r"|(?<![^\s(:：])'(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)|^>[^\n]{0,2000}$",
    re.M,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the original that is set apart, and as what."""

    start: int
    end: int
    kind: str  # "pastedkey", "vendorkey", "token", "program" or "quote"


def secrets(text: str) -> list[Part]:
    """Pasted keys and tokens (intent-labels.md, section 3, Keys)."""
    if not _SECRET_HINT.search(text):
        return []
    kinds = {"vendor": "vendorkey", "ours": "pastedkey", "token": "token"}
    return [Part(m.start(), m.end(), kinds[m.lastgroup or "token"]) for m in _SECRET.finditer(text)]


def set_apart(text: str) -> list[Part]:
    """Code, links and quotations, outermost first, never overlapping (rule 6)."""
    found = [Part(m.start(), m.end(), "program") for m in _OPAQUE.finditer(text)]
    found += _program_lines(text)
    found += [Part(m.start(), m.end(), "quote") for m in _QUOTED.finditer(text)]
    kept: list[Part] = []
    for part in sorted(found, key=lambda part: (part.start, -part.end)):
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
    return kept


_OPENERS = (
    "import ",
    "from ",
    "def ",
    "class ",
    "const ",
    "let ",
    "var ",
    "return ",
    "export ",
    "function ",
    "#include",
    "//",
    "npm ",
    "$ ",
    "SELECT ",
    "select ",
    "curl ",
    "print(",
    "console.",
    "self.",
    "@",
    "|",
    "<",
    "\t",
    "    ",
)
_LOGGED = re.compile(
    r"\[[^\]\n]{1,40}\] ?\S|\d{4}-\d\d-\d\d[ T]\d|\d\d:\d\d:\d\d|\[\w+\] \d|[A-Z][a-z]{2} \d\d \d\d:"
    r"|[A-Z][A-Z0-9_]{3,60}=(?!sk-|AIza|gsk_)"
)
_IMPORTED = re.compile(r"(?:import|from) [\w.]{1,60}(?:, [\w.]{1,60}){0,9}(?: import|$)")
_SIGNS = ("{", "}", "=>", "==", "!=", "();", "</", "/>", "::", "&&", "||", "+=", "->")


def _program_lines(text: str) -> list[Part]:
    """Lines of source code, configuration or log that were pasted without a fence."""
    found: list[Part] = []
    start = 0
    for line in text.split("\n"):
        if _is_program(line):
            found.append(Part(start, start + len(line), "program"))
        start += len(line) + 1
    return found


def _is_program(line: str) -> bool:
    signs = sum(sign in line for sign in _SIGNS)
    ended = line.rstrip().endswith((";", "{", "}", "();", "):", ");", ",", '",'))
    opened = line.startswith(_OPENERS)
    if _LOGGED.match(line) or _IMPORTED.match(line):
        return True
    return signs > 1 or (signs and (ended or opened)) or (opened and ended) or (opened and " import " in line)
