"""The labelled sentences, read once: those of the languages' folders, and the development corpus."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
LANGUAGES = sorted({path.parent.name for path in HERE.glob("*/*.yaml")})
CORPUS = sorted(path.stem for path in HERE.glob("corpus/*.jsonl"))


@cache
def file(language: str, name: str) -> tuple[dict[str, Any], ...]:
    """The sentences of one file, each with the state that it answers."""
    found = yaml.load((HERE / language / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple({"state": found.get("state"), "lang": language, "id": name, **item} for item in found["items"])


def sentences(language: str) -> list[dict[str, Any]]:
    """All labelled sentences of a language."""
    return [item for path in sorted((HERE / language).glob("*.yaml")) for item in file(language, path.stem)]


@cache
def corpus(name: str) -> tuple[dict[str, Any], ...]:
    """The messages of one part of the corpus."""
    return tuple(json.loads(line) for line in (HERE / "corpus" / f"{name}.jsonl").read_text("utf-8").splitlines())
