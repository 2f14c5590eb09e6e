"""Whatever stands in a file of the lexicon: it is read, or a fault names file, line and key; nothing of it is run."""

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from intents.classifier import lexicon
from intents.lexicon import LexiconError, load

from ..fuzz import fuzz, sizes

FILES = ("common.yaml", "rules.yaml", "en/words.yaml", "en/request.yaml", "en/reply.yaml", "en/choice.yaml")
RUN = "!!python/object/apply:os.mkdir [{trap}]"
ODD = st.sampled_from(
    [None, "", "x", "(", "(a|b|c|d)" * 9, "nosuchslot", "!", "<", "^*", True, 7, [], {}, [[]], [{}], {"a": "b"}]
)
TEXTS = st.text("abc:-[]{}&*!|>'\"\n\t #%@,?\x00\x85\ufeff", max_size=12) | st.sampled_from(
    ["&a [*a]", "*a", "<<: {}", "---\n", RUN]
)


def small(value: Any, deep: int = 0) -> Any:
    """Of every list the beginning: as good to spoil as the whole, and read in a moment."""
    if isinstance(value, dict):
        return {key: small(item, deep + 1) for key, item in value.items()}
    if not isinstance(value, list) or deep < 2:
        return value
    return sorted(value, key=len)[:1] if isinstance(value[0], str) else [small(item, deep + 1) for item in value[:3]]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """One language, shortened, by file. What other languages have words for is a feature in it."""
    package = resources.files("intents")
    files = {name: small(yaml.load((package / name).read_text("utf-8"), yaml.CBaseLoader)) for name in FILES}
    return files | {"common.yaml": files["common.yaml"] | {"features": lexicon().symbols.names}}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something could be put instead."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


def put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The value with something else at that place."""
    if not path:
        return odd
    first, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = put(value[first], tuple(rest), odd)
    return copy


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, "utf-8", newline="")


def read(folder: Path, spoiled: str) -> None:
    """It is a lexicon, or says where it isn't."""
    try:
        load(folder)
    except LexiconError as fault:
        assert fault.file.startswith(str(folder))
        assert 1 <= fault.line <= (folder / spoiled).read_text("utf-8").count("\n") + 2
        assert str(fault).startswith(f"{fault.file}:{fault.line}: ")


def test_the_shortened_lexicon_is_one(whole: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, {name: yaml.safe_dump(value, sort_keys=False) for name, value in whole.items()})
    assert list(load(tmp_path).grammars) == ["en"]


@sizes
@pytest.mark.parametrize("spoiled", FILES)
def test_an_odd_value_anywhere_is_read_or_told_by_its_place(
    whole: dict[str, Any], tmp_path: Path, spoiled: str, examples: int
) -> None:
    """trust.md, section 3: safe loader, schema-checked, size and depth bounded, duplicate keys refused."""
    write(tmp_path, {name: yaml.safe_dump(value, sort_keys=False) for name, value in whole.items()})

    def check(place: tuple[Any, ...], odd: Any) -> None:
        write(tmp_path, {spoiled: yaml.safe_dump(put(whole[spoiled], place, odd), sort_keys=False)})
        read(tmp_path, spoiled)

    fuzz(examples // 3, check, st.sampled_from(list(places(whole[spoiled]))), ODD)


@sizes
@pytest.mark.parametrize("spoiled", FILES)
def test_odd_text_anywhere_is_read_or_told_and_runs_nothing(
    whole: dict[str, Any], tmp_path: Path, spoiled: str, examples: int
) -> None:
    """trust.md, section 3."""
    folder, trap = tmp_path / "lexicon", tmp_path / "trap"
    write(folder, {name: yaml.safe_dump(value, sort_keys=False) for name, value in whole.items()})
    text = (folder / spoiled).read_text("utf-8")

    def check(at: int, odd: str) -> None:
        write(folder, {spoiled: text[:at] + odd.replace("{trap}", str(trap)) + text[at:]})
        read(folder, spoiled)
        assert not trap.exists()

    fuzz(examples // 3, check, st.integers(0, len(text)), TEXTS)
    shutil.rmtree(folder)
