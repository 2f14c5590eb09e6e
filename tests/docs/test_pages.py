"""Every code block of the documentation does what the page says, in the page's order, against the local provider."""

import os
import re
from pathlib import Path

import pytest

from .blocks import Block, blocks, read
from .checks import fits
from .reader import ROOT, Reader

# The pages in skill/testing are followed by the tests of what they are about.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGES = {"given", "gherkin", "json", "mermaid", "python", "sh", "text", "yaml"}


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_can_be_followed_from_top_to_bottom(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = read(page)
    assert {block.language for block in found} <= LANGUAGES
    with Reader(page, tmp_path, elsewhere(found, request)) as reader:
        reader.follow(found)


def elsewhere(found: list[Block], request: pytest.FixtureRequest) -> dict[str, str]:
    """What pages name that is somewhere else here."""
    server = "postgresql://bot:…@db.example/onboarding"
    if any(server in block.text for block in found):
        return {server: f"'{request.getfixturevalue('postgres')}'"}
    return {}


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    left = [(named(page), block.reason) for page in PAGES for block in read(page) if block.mark == "not run"]
    assert all(reason for _, reason in left)
    assert len(left) <= 12, left


def test_what_a_page_says_is_printed_is_compared() -> None:
    unmarked = {named(page) for page in PAGES for block in read(page) if block.language == "text" and not block.mark}
    assert unmarked == {"README.md"}  # its conversation is told with names


def test_every_link_within_the_repository_leads_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (named(page), link)


PAGE = """\
<!-- given: somebody waits -->

```sh
echo hello
```

<!-- printed -->
```text
hello
```

<!-- not run: it needs
a telephone -->
```python
# call.py
dial()
```
"""


def test_a_comment_speaks_of_the_block_below_it() -> None:
    given, shell, text, python = blocks(PAGE)
    assert (given.language, given.text) == ("given", "somebody waits")
    assert (shell.mark, shell.text, shell.line) == ("", "echo hello\n", 4)
    assert (text.mark, python.mark, python.reason) == ("printed", "not run", "it needs\na telephone")
    assert python.file == "call.py"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("```python\nraise ValueError('oh')\n```", "oh"),
        ("```sh\necho oh; false\n```", "oh"),
        ("```sh\necho a\n```\n<!-- printed -->\n```text\nb\n```", "a"),
        ("```yaml\ntitle: It\nsteps:\n  - Ana: hello\n    skill: display\n```", "display"),
        ("```yaml\nitems:\n  - {text: hello, accept: [oauth]}\n```", "hello"),
        ("```sh\npip install 'chatgpt-codex-onboarding[nothing]'\n```", "no extra nothing"),
        ("```sh\nmake nothing\n```", "nothing"),
        ("```python\n# bot.py\n```", "bot.py is never used"),
    ],
)
def test_what_a_page_says_wrongly_fails(page: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    with Reader(path, tmp_path, {}) as reader, pytest.raises(Exception) as wrong:
        reader.follow(blocks(page))
    assert told in str(wrong.value)


def test_what_a_block_leaves_running_ends_with_the_page(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "line")
    line = os.open(tmp_path / "line", os.O_RDONLY | os.O_NONBLOCK)
    page = "```sh\nexec 3> line\nsleep 600 > /dev/null 2>&1 &\n```"
    with Reader(tmp_path / "page.md", tmp_path, {}) as reader:
        reader.follow(blocks(page))
        with pytest.raises(BlockingIOError):
            os.read(line, 1)  # somebody still holds the other end
    os.set_blocking(line, True)
    assert os.read(line, 1) == b""
    os.close(line)


def test_what_was_printed_may_differ_where_the_page_says_so() -> None:
    assert fits("code WXYZ-12345 at …\nend", "code ABCD-67890 at 12:00\nend\n")
    assert not fits("code", "code and more")
