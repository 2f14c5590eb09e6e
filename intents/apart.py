"""Parts of a text that are not the person's own words: keys, code, links, quotations (rule 6)."""

import re
from dataclasses import dataclass

# Every repetition is of one character class with a bound, so no text makes these slow (trust.md, section 3).
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<vendor>sk-ant-|sk-or-|AIza|gsk_|xai-|hf_|pplx-|r8_|sk-lf-)[\w-]{4,512}"
    r"|(?P<ours>sk-(?=[\w-]{0,40}[-0-9A-Z_])[\w-]{6,512}|sess-[\w-]{16,512})"
    r"|(?P<token>eyJ[\w-]{8,4096}(?:\.[\w-]{0,4096}){1,4}|rt_[\w.-]{16,512}|(?:ghp|github_pat)_\w{16,255}))"
)
_SECRET_HINTS = ("sk-", "AIza", "gsk_", "xai-", "hf_", "pplx-", "r8_", "sess-", "eyJ", "rt_", "ghp_", "github_pat_")
_OPAQUE = re.compile(r"```.{0,8000}?(?:```|\Z)|https?://[^\s<>\"'，。）)]{1,2000}|www\.[^\s]{1,500}", re.S | re.I)
_OPAQUE_HINTS = ("```", "://", "www.", "WWW.")
_QUOTE_HINTS = ('"', "“", "「", "『", "«", "`", "《", "„", "‘", " '", "\n'", "('", ":'", "：'", "\n>")
# Each alternative begins with a plain character, so that the search passes over everything else in one go.
_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^“”\n]{1,400}”|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|«[^«»\n]{1,400}»|`[^`\n]{1,400}`'
    r"|《[^《》\n]{1,200}》|„[^„“”\n]{1,400}[“”]|‘(?<![^\s(:：]‘)(?=\S)[^‘’'\n]{1,400}[’'](?!\w)"
    r"|'(?<![^\s(:：]')(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)|>(?:(?<=\n>)|(?<=\A>))[^\n]{0,2000}"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the original that is set apart, and as what."""

    start: int
    end: int
    kind: str  # "pastedkey", "vendorkey", "token", "program" or "quote"


def secrets(text: str) -> list[Part]:
    """Pasted keys and tokens (intent-labels.md, section 3, Keys)."""
    if not any(hint in text for hint in _SECRET_HINTS):
        return []
    kinds = {"vendor": "vendorkey", "ours": "pastedkey", "token": "token"}
    return [Part(m.start(), m.end(), kinds[m.lastgroup or "token"]) for m in _SECRET.finditer(text)]


def set_apart(text: str) -> list[Part]:
    """Code, links and quotations, outermost first, never overlapping (rule 6)."""
    found = _program_lines(text)
    if any(hint in text for hint in _OPAQUE_HINTS):
        found += [Part(m.start(), m.end(), "program") for m in _OPAQUE.finditer(text)]
    if text.startswith(("'", ">")) or any(hint in text for hint in _QUOTE_HINTS):
        found += [Part(m.start(), m.end(), "quote") for m in _QUOTED.finditer(text)]
    kept: list[Part] = []
    for part in sorted(found, key=lambda part: (part.start, -part.end)):
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
    return kept


_OPENED = re.compile(
    r"import |from |def |class |const |let |var |return |export |function |#include|//|npm |\$ |select |curl |print\("
    r"|console\.|self\.|[@<|\t]|    ",
    re.I,
)
_LOGGED = re.compile(
    r"\[[^\]\n]{1,40}\] ?\S|\d{4}-\d\d-\d\d[ T]\d|\d\d:\d\d:\d\d|\[\w+\] \d|[A-Z][a-z]{2} \d\d \d\d:"
    r"|[A-Z][A-Z0-9_]{3,60}=(?!sk-|AIza|gsk_)"
)
_IMPORTED = re.compile(r"(?:import|from) [\w.]{1,60}(?:, [\w.]{1,60}){0,9}(?: import|$)")
_SIGNS = ("{", "}", "=>", "==", "!=", "();", "</", "/>", "::", "&&", "||", "+=", "->")


_PROGRAM_HINTS = (
    "\n",
    "{",
    "}",
    "=",
    ";",
    "<",
    "|",
    "@",
    "$",
    "#",
    "[",
    "//",
    "::",
    "&&",
    "->",
    "import ",
    "curl ",
    "print(",
)


def _program_lines(text: str) -> list[Part]:
    """Lines of source code, configuration or log that were pasted without a fence."""
    if not (text[:1].isdigit() or any(hint in text for hint in _PROGRAM_HINTS)):
        return []
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
    opened = _OPENED.match(line) is not None
    if _LOGGED.match(line) or _IMPORTED.match(line):
        return True
    return signs > 1 or (signs and (ended or opened)) or (opened and ended) or (opened and " import " in line)
