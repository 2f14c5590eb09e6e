"""The code blocks of a page in their order, and what a comment above one says of it.

A comment is for us; readers of the page don't see it:

    <!-- given: NAME -->          what happened in the meantime: somebody approved a code, a bot is running
    <!-- stays running -->        the last command of the shell block below goes on while the page is followed
    <!-- printed -->              the text below is what the block before it prints; `…` stands for anything
    <!-- not run: REASON -->      the block below is only checked as far as that can be done without running it
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

COMMENT = re.compile(r"<!-- (given|stays running|printed|not run)(?:: (.+?))? -->", re.S)
FILE_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """A code block, or a `given` that stands for itself."""

    language: str
    text: str
    line: int  # of its first line of code
    mark: str = ""
    reason: str = ""

    @property
    def file(self) -> str | None:
        """The name of the file that this block is, where its first line says so."""
        named = FILE_NAME.match(self.text)
        return named[1] if named else None


def blocks(page: str) -> list[Block]:
    """Every block of the page, in order."""
    found: list[Block] = []
    mark, reason = "", ""
    for token in MarkdownIt("commonmark").parse(page):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (comment := COMMENT.search(token.content)):
            mark, reason = comment[1], comment[2] or ""
            if mark == "given":
                found.append(Block("given", reason, line))
        elif token.type == "fence":
            found.append(Block(token.info.strip(), token.content, line + 1, mark, reason))
        if token.type == "fence" or mark == "given":
            mark, reason = "", ""
    return found


def read(path: Path) -> list[Block]:
    """The blocks of a file."""
    return blocks(path.read_text(encoding="utf-8"))
