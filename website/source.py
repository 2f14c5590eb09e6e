"""What the site is built from, in one folder: hand-written pages, pages of the repository, and those made from code."""

import re
import shutil
from collections.abc import Callable, Mapping
from os.path import relpath
from pathlib import Path

from skill.core.replies import languages
from website import contents, promise
from website.pictures import shown
from website.places import DOCS, ROOT
from website.reference import PAGES, machine

# Pages that live beside what they describe.
BORROWED: Mapping[str, str] = {
    "skill/testing/README.md": "reference/scripts.md",
    "skill/testing/STEPS.md": "reference/steps.md",
    "skill/testing/PROVIDER.md": "reference/provider.md",
    "skill/SKILL.md": "reference/agents.md",
    "skill/SKILL.zh.md": "reference/agents-zh.md",
    "intents/README.md": "reference/lexicon.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
# Pages that are made from these; in the repository a link leads to the file.
MADE_FROM: Mapping[str, str] = {
    "features": "promise/index.md",
    "skill/__init__.py": "reference/api.md",
    "skill/cli/__init__.py": "reference/cli.md",
    "skill/core/machine.py": "reference/machine.md",
    "skill/oauth/tool.py": "reference/tool.md",
    **{f"skill/replies/{language}.yaml": "reference/texts.md" for language in languages()},
    "skill/settings.py": "reference/settings.md",
    "skill/simulator/faults/__init__.py": "reference/faults.md",
}
DRAWING = "<!-- drawing: the machine -->"
LINK = re.compile(r"\[([^\]]+)\]\(([^):#]+)(#[^)]*)?\)")


def write(folder: Path, report: Path, pictures: Path, pages: Mapping[str, Callable[[], str]] = PAGES) -> None:
    """Fill the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for written in sorted(DOCS.rglob("*.md")):
        name = written.relative_to(DOCS)
        text = _relinked(written).replace(DRAWING, machine.drawing())
        _put(folder / name, shown(text, "../" * (len(name.parts) - 1)))
    with (folder / "index.md").open("a", encoding="utf-8") as first:
        first.write("\n" + contents.listing())
    for origin, place in BORROWED.items():
        _put(folder / place, _relinked(ROOT / origin))
    made = {place: page() for place, page in pages.items()}
    for place, text in (made | promise.pages(report)).items():
        _put(folder / place, text)
    shutil.copytree(pictures, folder / "pictures")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _relinked(page: Path) -> str:
    """The page, its links to other files of the repository leading to their place on the site.

    Where a file has none its name is left. A link to nothing stays as it is: the builder complains of it.
    """
    here = Path(_place(page) or "").parent

    def follow(link: re.Match[str]) -> str:
        words, path, heading = link.groups(default="")
        target = (page.parent / path).resolve()
        if not target.is_relative_to(ROOT) or not target.exists():
            return link[0]
        place = _place(target)
        return f"[{words}]({relpath(place, here)}{heading})" if place else words

    return LINK.sub(follow, page.read_text(encoding="utf-8"))


def _place(file: Path) -> str | None:
    """Where a file of the repository is on the site, if it is."""
    if file.is_relative_to(DOCS):
        return file.relative_to(DOCS).as_posix()
    name = file.relative_to(ROOT).as_posix()
    return BORROWED.get(name) or MADE_FROM.get(name)
