"""The labelled sentences that are read wrongly today: `known_wrong.jsonl`, a pair of file or id and text a line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .labelled import CORPUS, LANGUAGES, corpus, sentences

Key = tuple[str, str]
LIST = Path(__file__).with_suffix(".jsonl")


def key(item: Mapping[str, Any]) -> Key:
    """What a sentence is known by."""
    return item["id"], item["text"]


def pool(name: str) -> Sequence[dict[str, Any]]:
    """The sentences of a language, or of a part of the corpus."""
    if name in LANGUAGES:
        return sentences(name)
    return [{"state": None, **item} for item in corpus(name)]


def _read() -> dict[str, set[Key]]:
    listed = [tuple(json.loads(line)) for line in LIST.read_text("utf-8").splitlines()] if LIST.exists() else []
    return {name: {key(item) for item in pool(name)} & {*listed} for name in (*CORPUS, *LANGUAGES)}


KNOWN = _read()


def write() -> None:
    """List them anew."""
    from intents import classify  # noqa: PLC0415 (the tests read the list alone)

    wrong = [
        key(item)
        for name in KNOWN
        for item in pool(name)
        if classify(item["text"], item["state"]).label not in item["accept"]
    ]
    lines = [json.dumps(pair, ensure_ascii=False) for pair in dict.fromkeys(wrong)]
    LIST.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    write()
