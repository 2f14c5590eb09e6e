"""Small programs in the place of those that would change the machine that the tests run on."""

import shutil
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
OURS = "chatgpt-codex-onboarding"


def install(folder: Path) -> Path:
    """Put them into a folder for the path."""
    programs = {
        "pip": f'exec {sys.executable} {__file__} "$@"',
        "make": f'exec {shutil.which("make")} --dry-run --directory {ROOT} "$@"',
    }
    place = folder / "programs"
    place.mkdir()
    for name, line in programs.items():
        (place / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (place / name).chmod(0o755)
    return place


def wrong(wanted: str) -> str:
    """What is wrong with what `pip install` is asked for; nothing where it could be had."""
    requirement = Requirement(wanted)
    try:
        offered = metadata(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not among what the tests install"
    unknown = requirement.extras - set(offered.get_all("Provides-Extra") or [])
    return f"{requirement.name} has no extra {', '.join(unknown)}" if unknown else ""


if __name__ == "__main__":
    command, *asked = sys.argv[1:]
    packages = [each for each in asked if not each.startswith("-")]
    complaints = [each for each in map(wrong, packages) if each]
    if command != "install" or not packages or complaints:
        sys.exit("\n".join(complaints) or "only: pip install PACKAGE")
