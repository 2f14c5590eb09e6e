"""From a text that the skill said back to the keys of the catalogue."""

import re
from collections.abc import Mapping
from functools import cache

from skill.core.replies import Catalogue, catalogue
from skill.message import Reply

_GAP = "(?s:.+?)"
# A template of placeholders and hardly a word fits every text.
_TELLING = 8


def fits(language: str, keys: list[str], text: str, values: Mapping[str, str] | None = None) -> bool:
    """Whether a text is these templates filled, a blank line between them; other values than the given may be any."""
    words = catalogue(language)
    return re.fullmatch("\n\n".join(_pattern(words.entries[key].text, values or {}) for key in keys), text) is not None


def keys_of(reply: Reply) -> list[str]:
    """The keys of the paragraphs, none where the text is not of the catalogue."""
    words = catalogue(reply.language)
    whole = _keys(words, reply.text)
    if whole:
        return whole[:1]
    blocks = reply.text.split("\n\n")
    for cut in range(1, len(blocks)):
        before, after = (_keys(words, "\n\n".join(part)) for part in (blocks[:cut], blocks[cut:]))
        if before and after:
            return [before[0], after[0]]
    return []


def _keys(words: Catalogue, text: str) -> list[str]:
    """Every key whose text this may be, the most telling first."""
    return [key for key, pattern in _patterns(words.language) if re.fullmatch(pattern, text)]


@cache
def _patterns(language: str) -> list[tuple[str, str]]:
    texts = {key: entry.text for key, entry in catalogue(language).entries.items()}
    weight = {key: len(re.sub(r"{\w+}", "", text)) for key, text in texts.items()}
    telling = sorted((key for key in texts if weight[key] >= _TELLING), key=lambda key: -weight[key])
    return [(key, _pattern(texts[key], {})) for key in telling]


def _pattern(template: str, values: Mapping[str, str]) -> str:
    pieces = re.split(r"{(\w+)}", template)
    filled = [re.escape(values[piece]) if piece in values else _GAP for piece in pieces[1::2]]
    plain = [re.escape(piece) for piece in pieces[::2]]
    return "".join(piece for pair in zip(plain, [*filled, ""], strict=True) for piece in pair)
