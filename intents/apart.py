"""Parts of a text that are not the person's own words: keys, code, links, quotations (rule 6)."""

import re
from collections.abc import Iterator, Sequence

import ahocorasick_rs

# Every repetition is of one character class with a bound, so no text makes these slow (trust.md, section 3).
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<vendorkey>sk-ant-|sk-or-|AIza|gsk_|xai-|hf_|pplx-|r8_|sk-lf-)[\w-]{4,512}"
    r"|(?P<pastedkey>sk-(?=[\w-]{0,40}[-0-9A-Z_])[\w-]{6,512}|sess-[\w-]{16,512})"
    r"|(?P<token>eyJ[\w-]{8,4096}(?:\.[\w-]{0,4096}){1,4}|rt_[\w.-]{16,512}|(?:ghp|github_pat)_\w{16,255}))"
)
# Each alternative begins with a plain character, so that the search passes over everything else in one go.
_LINK, _SITE = r"[tT][tT][pP][sS]?://[^\s<>\"'，。）)]{1,2000}", r"[wW][wW]\.[^\s]{1,500}"
_OPAQUE = re.compile(rf"```.{{0,8000}}?(?:```|\Z)|h{_LINK}|H{_LINK}|w{_SITE}|W{_SITE}", re.S)
_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^“”\n]{1,400}”|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|«[^«»\n]{1,400}»|`[^`\n]{1,400}`'
    r"|《[^《》\n]{1,200}》|„[^„“”\n]{1,400}[“”]|‘(?<![^\s(:：]‘)(?=\S)[^‘’'\n]{1,400}[’'](?!\w)"
    r"|'(?<![^\s(:：]')(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)|>(?:(?<=\n>)|(?<=\A>))[^\n]{0,2000}"
)
_SIGNS = ("{", "}", "=>", "==", "!=", "();", "</", "/>", "::", "&&", "||", "+=", "->")
_TOLD = (  # a heading; a line of a log, of the environment, of imports
    r"#{1,6} \S|\[[^\]\n]{1,40}\] ?\S|\d{4}-\d\d-\d\d[ T]\d|\d\d:\d\d:\d\d|\[\w+\] \d|[A-Z][a-z]{2} \d\d \d\d:"
    r"|[A-Z][A-Z0-9_]{3,60}=(?!sk-|AIza|gsk_)|(?:import|from) [\w.]{1,60}(?:, [\w.]{1,60}){0,9}(?: import|$)"
)
_OPENINGS = (
    *("import ", "from ", "def ", "class ", "const ", "let ", "var ", "return ", "export ", "function ", "#include"),
    *("//", "npm ", "$ ", "select ", "curl ", "print(", "console.", "self.", "@", "<", "|", "\t", "    "),
)
_HEAD = re.compile(f"^(?:(?P<told>{_TOLD})|(?P<opened>(?i:{'|'.join(map(re.escape, _OPENINGS))})))", re.M)
_ENDINGS = (";", "{", "}", "();", "):", ");", ",", '",')
# Without one of its hints there is nothing of a kind; all of them are looked for in one pass.
_HINTS = {
    "secret": ("sk-", "AIza", "gsk_", "xai-", "hf_", "pplx-", "r8_", "sess-", "eyJ", "rt_", "ghp_", "github_pat_"),
    "opaque": ("```", "://", "www.", "WWW."),
    "quote": ('"', "“", "「", "『", "«", "`", "《", "„", "‘", " '", "\n'", "('", ":'", "：'", "\n>"),
    "program": (*"\n{}=;<|@$#[", "//", "::", "&&", "->", "import ", "curl ", "print("),
    "sign": _SIGNS,
}
_KIND = [kind for kind, hints in _HINTS.items() for _ in hints]
_HINTED = ahocorasick_rs.AhoCorasick([hint for hints in _HINTS.values() for hint in hints], store_patterns=False)


# Where it begins and ends, and what it is: "pastedkey", "vendorkey", "token", "program" or "quote".
Part = tuple[int, int, str]


def secrets(text: str) -> list[Part]:
    """Pasted keys and tokens (intent-labels.md, section 3, Keys)."""
    if not any(sign in text for sign in "-_JI") or not any(hint in text for hint in _HINTS["secret"]):
        return []
    return [(*m.span(), m.lastgroup or "") for m in _SECRET.finditer(text)]


def parts(text: str) -> list[Part]:
    """Keys; and code, links and quotations without any in them, outermost first, never overlapping (rule 6)."""
    hints = _HINTED.find_matches_as_indexes(text, overlapping=True)
    begins = "program" if text[:1].isdigit() else "quote" if text.startswith(("'", ">")) else ""
    if not hints and not begins:
        return []
    hinted = {begins, *(_KIND[index] for index, _, _ in hints)}
    keys = secrets(text) if "secret" in hinted else []
    found: list[Part] = []
    if "program" in hinted:
        found += _program_lines(text, [(start, index) for index, start, _ in hints if _KIND[index] == "sign"])
    if "opaque" in hinted:
        found += [(*m.span(), "program") for m in _OPAQUE.finditer(text)]
    if "quote" in hinted:
        found += [(*m.span(), "quote") for m in _QUOTED.finditer(text)]
    found.sort(key=lambda part: (part[0], -part[1]))
    kept, last = keys[:], 0
    for part in found:
        start, end, _ = part
        if start >= last:
            last = end
            if not keys or not any(key[0] < end and start < key[1] for key in keys):
                kept.append(part)
    return sorted(kept) if keys else kept


def _program_lines(text: str, signs: Sequence[tuple[int, int]]) -> Iterator[Part]:
    """Lines of source code, configuration or log that were pasted without a fence; and where which signs stand."""
    heads = {m.start(): m.lastgroup for m in _HEAD.finditer(text)}
    held: dict[int, set[int]] = {start: set() for start in heads}
    start = end = -1
    for place, sign in signs:
        if place > end:
            start, end = text.rfind("\n", end + 1, place) + 1 or end + 1, _end_of_line(text, place)
        held.setdefault(start, set()).add(sign)
    for start, found in held.items():
        line = text[start : _end_of_line(text, start)]
        if line and (heads.get(start) == "told" or _is_program(line, start in heads, found)):
            yield start, start + len(line), "program"


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _is_program(line: str, opened: bool, signs: set[int]) -> bool:
    if len(signs) + opened != 1:
        return bool(signs)
    return line.rstrip().endswith(_ENDINGS) or (opened and " import " in line)
