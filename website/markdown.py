"""Pieces of Markdown for pages that are made from code."""

import re
from collections.abc import Iterable
from html import escape


def plain(text: str) -> str:
    """Text that is no markup, whatever characters are in it."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)


def code(text: object) -> str:
    """A name or a value."""
    return f"`{text}`"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; the cells are Markdown."""
    titles = list(header)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def block(language: str, text: str) -> str:
    """A code block, whatever fences are in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def element(tag: str, inner: str, **attributes: str) -> str:
    """An HTML element; `inner` is HTML already."""
    given = "".join(f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{given}>{inner}</{tag}>"
