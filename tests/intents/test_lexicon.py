"""A fault in a lexicon names file, line and key; the words are read once and bring nothing heavy in."""

import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import ahocorasick_rs
import pytest

from intents import read, warm_up
from intents.classifier import lexicon
from intents.lexicon import LexiconError, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the package's YAML that a test may spoil."""
    with resources.as_file(resources.files("intents")) as package:
        for path in package.rglob("*.yaml"):
            copy = tmp_path / path.relative_to(package)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
    return tmp_path


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first `old`; the line it stood on."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_lexicon_of_a_copied_folder_is_the_same(folder: Path) -> None:
    assert load(folder).grammars.keys() == load().grammars.keys() == lexicon().grammars.keys()


def test_punctuation_that_is_missing_is_named(folder: Path) -> None:
    common = folder / "common.yaml"
    common.write_text(common.read_text("utf-8").replace("\n  stop:", "\n  stopp:"), "utf-8")
    with pytest.raises(LexiconError, match=r"common\.yaml:\d+: slots: 'stop' is missing"):
        load(folder)


def test_it_is_read_once() -> None:
    assert lexicon() is lexicon()


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "why"),
    [
        ("en/words.yaml", "\n  signin:", "\n  signin: []\n  signin:", "slots.signin", "duplicate key"),
        ("en/words.yaml", "\nslots:", "\nslotz: {}\nslots:", "slotz", "unknown key"),
        ("en/request.yaml", "shapes:", "shapes:\n  mistaken: nosuchslot", "shapes.mistaken", "unknown slot or group"),
        ("en/request.yaml", "shapes:", "shapes:\n  mistaken: '(my'", "shapes.mistaken", "not a pattern"),
        ("zh/reply.yaml", "label: cancel", "label: cancle", "awaiting_confirm", "not a valid Label"),
        (
            "zh/choice.yaml",
            "clarifying:",
            "clarifying:\n  - {rule: a, label: help, wen: x}",
            "clarifying.0.wen",
            "unknown key",
        ),
        ("rules.yaml", "- {rule:", "- {rool:", "rules.0", "unknown key"),
        ("en/request.yaml", "marks:", "marks:\n  - x", "marks.0", "must be a mapping"),
        ("en/request.yaml", "marks:", "marks:\n  - {turn: {x: [y]}, when: x}", "marks.0.turn.x", "must be text"),
        ("en/words.yaml", "\nslots:", "\nmixes: [xx]\nslots:", "mixes.0", "unknown language"),
        ("common.yaml", "\nacts:", "\nacts: [nosuchslot]\nactz:", "acts.0", "unknown slot or feature"),
        ("rules.yaml", "all: retract", "all: retrackt", "all", "unknown feature"),
        ("rules.yaml", "label: none, all: retract", "all: retract", "rules.0", "must be a label"),
        ("common.yaml", "slots:", "slots:\n  oops: {a: b}", "slots.oops", "must be a list"),
    ],
)
def test_a_fault_names_file_line_and_key(folder: Path, file: str, old: str, new: str, key: str, why: str) -> None:
    line = spoil(folder / file, old, new)
    with pytest.raises(LexiconError) as caught:
        load(folder)
    assert caught.value.file.endswith(file)
    assert abs(caught.value.line - line) <= 2
    assert key in caught.value.key
    assert why in caught.value.why
    assert f"{file}:{caught.value.line}: {caught.value.key}: " in str(caught.value)


@pytest.mark.parametrize("text", ["a: [b", "a: !!python/object:os.system x\nb: &x [*x]", "- a", "\x00", "{a: " * 40])
def test_what_is_not_a_lexicon_is_refused(folder: Path, text: str) -> None:
    (folder / "rules.yaml").write_text(text, "utf-8")
    with pytest.raises(LexiconError, match=r"rules\.yaml"):
        load(folder)


def test_a_lexicon_out_of_size_is_refused(folder: Path) -> None:
    with (folder / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write("# " + "x" * 300_000)
    with pytest.raises(LexiconError, match="larger than"):
        load(folder)


def test_aliases_of_aliases_are_refused(folder: Path) -> None:
    """trust.md, section 3: size bounded, also of what a few bytes stand for."""
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 7))
    (folder / "rules.yaml").write_text(f"l0: &l0 [a]\n{laughs}", "utf-8")
    with pytest.raises(LexiconError, match="more than"):
        load(folder)


def test_an_entry_with_too_many_forms_is_refused(folder: Path) -> None:
    spoil(folder / "en/words.yaml", "\nslots:", "\nslots:\n  many: ['" + "(a|b|c|d)" * 8 + "']")
    with pytest.raises(LexiconError, match="more than"):
        load(folder)


def test_importing_brings_in_nothing_heavy() -> None:
    code = "import sys, intents; print([m for m in ('pydantic', 'httpx', 'sqlalchemy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_nothing_is_left_to_be_built_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    warm_up()

    def built(*_: object, **__: object) -> None:
        raise AssertionError("built with a message")

    monkeypatch.setattr(ahocorasick_rs, "AhoCorasick", built)
    long = "we were in town, and then we talked about chatgpt again and again, as one does these days"
    for text in ("connect my ChatGPT account", "连接我的ChatGPT", "conecta mi cuenta de ChatGPT", long):
        assert read(text).language
