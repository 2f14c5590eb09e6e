"""The skill as a folder that agents read (Agent Skills): the document in two languages, and every sentence.

The names of its files are those within this package, so that the document's links hold here and there.
"""

import tempfile
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from skill.core.replies import languages

NAME = "chatgpt-codex-onboarding"  # of the folder, of the skill in it, and of this distribution
DOCUMENT = "SKILL.md"
TWIN = "SKILL.zh.md"


class FolderError(Exception):
    """The folder can't be written there; the message names the cause and the next step."""


def contents() -> dict[str, str]:
    """Every file of the folder: its path in it, with slashes, and its text. Nothing in there points outside it."""
    ours = (DOCUMENT, TWIN, *(f"replies/{language}.yaml" for language in languages()))
    texts = {name: files("skill").joinpath(name).read_text(encoding="utf-8") for name in ours}
    return texts | {"LICENSE": distribution(NAME).read_text("licenses/LICENSE") or ""}


def export(parent: Path, replace: bool = False) -> Path:
    """Write the folder into `parent`, which is made if need be; returns its path.

    Whole or not at all: it is put in its place when all of it is written. With `replace` an earlier copy makes way,
    and nothing else does. Raises `FolderError`.
    """
    target = parent / NAME
    if parent.exists() and not parent.is_dir():
        raise FolderError(f"{parent} is a file. Name the folder where the agent looks for skills.")
    try:
        if target.is_symlink() or target.exists():
            _make_way(target, replace)
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=f".{NAME}-") as room:
            written = _write(Path(room, NAME))
            if target.exists():
                target.rename(Path(room, "earlier"))
            return written.rename(target)
    except OSError as fault:
        raise FolderError(
            f"{target} can't be written: {fault.strerror}. Name a folder that you may write to."
        ) from None


def _make_way(target: Path, replace: bool) -> None:
    """Refuse unless what is there is a copy of this skill that may be replaced."""
    document = target / DOCUMENT
    copy = not target.is_symlink() and document.is_file() and f"\nname: {NAME}\n" in document.read_text("utf-8")
    if not copy:
        raise FolderError(f"{target} exists and is no copy of this skill. Move it away, or name another folder.")
    if not replace:
        raise FolderError(f"{target} exists. --force replaces it.")


def _write(folder: Path) -> Path:
    for name, text in contents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder
