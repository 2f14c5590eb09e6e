"""Parts of a text that are not the person's own words: keys, code, links, quotations (rule 6)."""

import re
from dataclasses import dataclass

import ahocorasick_rs

# Every repetition is of one character class with a bound, so no text makes these slow (trust.md, section 3).
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<vendor>sk-ant-|sk-or-|AIza|gsk_|xai-|hf_|pplx-|r8_|sk-lf-)[\w-]{4,512}"
    r"|(?P<ours>sk-(?=[\w-]{0,40}[-0-9A-Z_])[\w-]{6,512}|sess-[\w-]{16,512})"
    r"|(?P<token>eyJ[\w-]{8,4096}(?:\.[\w-]{0,4096}){1,4}|rt_[\w.-]{16,512}|(?:ghp|github_pat)_\w{16,255}))"
)
_OPAQUE = re.compile(r"```.{0,8000}?(?:```|\Z)|https?://[^\s<>\"'，。）)]{1,2000}|www\.[^\s]{1,500}", re.S | re.I)
# Each alternative begins with a plain character, so that the search passes over everything else in one go.
_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^“”\n]{1,400}”|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|«[^«»\n]{1,400}»|`[^`\n]{1,400}`'
    r"|《[^《》\n]{1,200}》|„[^„“”\n]{1,400}[“”]|‘(?<![^\s(:：]‘)(?=\S)[^‘’'\n]{1,400}[’'](?!\w)"
    r"|'(?<![^\s(:：]')(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)|>(?:(?<=\n>)|(?<=\A>))[^\n]{0,2000}"
)
_SIGNS = ("{", "}", "=>", "==", "!=", "();", "</", "/>", "::", "&&", "||", "+=", "->")
_TOLD = re.compile(  # a line of a log, of the environment, of imports
    r"\[[^\]\n]{1,40}\] ?\S|\d{4}-\d\d-\d\d[ T]\d|\d\d:\d\d:\d\d|\[\w+\] \d|[A-Z][a-z]{2} \d\d \d\d:"
    r"|[A-Z][A-Z0-9_]{3,60}=(?!sk-|AIza|gsk_)|(?:import|from) [\w.]{1,60}(?:, [\w.]{1,60}){0,9}(?: import|$)"
)
_OPENINGS = (
    *("import ", "from ", "def ", "class ", "const ", "let ", "var ", "return ", "export ", "function ", "#include"),
    *("//", "npm ", "$ ", "select ", "curl ", "print(", "console.", "self.", "@", "<", "|", "\t", "    "),
)
_ENDINGS = (";", "{", "}", "();", "):", ");", ",", '",')
# Without one of its hints there is nothing of a kind; all of them are looked for in one pass.
_HINTS = {
    "secret": ("sk-", "AIza", "gsk_", "xai-", "hf_", "pplx-", "r8_", "sess-", "eyJ", "rt_", "ghp_", "github_pat_"),
    "opaque": ("```", "://", "www.", "WWW."),
    "quote": ('"', "“", "「", "『", "«", "`", "《", "„", "‘", " '", "\n'", "('", ":'", "：'", "\n>"),
    "program": (*"\n{}=;<|@$#[", "//", "::", "&&", "->", "import ", "curl ", "print("),
    "sign": _SIGNS,
}
_IN_KEYS = ("-", "_", "eyJ", "AIza")  # the same for keys, quicker and less telling
_KIND = [kind for kind, hints in _HINTS.items() for _ in hints]
_HINTED = ahocorasick_rs.AhoCorasick([hint for hints in _HINTS.values() for hint in hints], store_patterns=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the original that is set apart, and as what."""

    start: int
    end: int
    kind: str  # "pastedkey", "vendorkey", "token", "program" or "quote"


def secrets(text: str) -> list[Part]:
    """Pasted keys and tokens (intent-labels.md, section 3, Keys)."""
    if not any(sign in text for sign in _IN_KEYS) or not any(hint in text for hint in _HINTS["secret"]):
        return []
    kinds = {"vendor": "vendorkey", "ours": "pastedkey", "token": "token"}
    return [Part(m.start(), m.end(), kinds[m.lastgroup or "token"]) for m in _SECRET.finditer(text)]


def parts(text: str) -> list[Part]:
    """Keys; and code, links and quotations without any in them, outermost first, never overlapping (rule 6)."""
    hinted = {_KIND[index] for index, _, _ in _HINTED.find_matches_as_indexes(text, overlapping=True)}
    if text[:1].isdigit():
        hinted.add("program")
    if text.startswith(("'", ">")):
        hinted.add("quote")
    if not hinted:
        return []
    keys = secrets(text) if "secret" in hinted else []
    found = _program_lines(text, "sign" in hinted) if "program" in hinted else []
    if "opaque" in hinted:
        found += [Part(m.start(), m.end(), "program") for m in _OPAQUE.finditer(text)]
    if "quote" in hinted:
        found += [Part(m.start(), m.end(), "quote") for m in _QUOTED.finditer(text)]
    kept, last = keys[:], 0
    for part in sorted(found, key=lambda part: (part.start, -part.end)):
        if part.start >= last:
            last = part.end
            if not any(key.start < part.end and part.start < key.end for key in keys):
                kept.append(part)
    return sorted(kept, key=lambda part: part.start)


def _program_lines(text: str, signed: bool) -> list[Part]:
    """Lines of source code, configuration or log that were pasted without a fence."""
    found: list[Part] = []
    start = 0
    for line in text.split("\n"):
        if line and (_TOLD.match(line) or _is_program(line, signed)):
            found.append(Part(start, start + len(line), "program"))
        start += len(line) + 1
    return found


def _is_program(line: str, signed: bool) -> bool:
    signs = sum(sign in line for sign in _SIGNS) if signed else 0
    opened = line[:9].casefold().startswith(_OPENINGS)
    if signs + opened != 1:
        return signs > 0
    return line.rstrip().endswith(_ENDINGS) or (opened and " import " in line)
