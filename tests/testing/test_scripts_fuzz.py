"""Whatever stands in a script: it is one, or a fault names file, line and key; nothing of it is run."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from skill.testing.reading import ScriptError, read

from ..fuzz import fuzz, sizes

KEYS = [
    *(
        "title",
        "steps",
        "settings",
        "Ana",
        "skill",
        "text",
        "notes",
        "values",
        "asked",
        "where",
        "how",
        "sent",
        "times",
    ),
    *("browser", "account", "passes", "fault", "login", "has", "tool", "for", "arguments", "answer", "calls", "do"),
    *("again", "state", "language", "handoff", "logins", "tool_of_host", "limits", ""),
]
ODD = st.sampled_from(
    ["display", "1 minute", "approve", "Ana", "poll", "start", "restart", 7, -1, True, None, "", "9" * 50]
)
ANY = st.recursive(
    ODD | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
SCRIPTS = st.fixed_dictionaries(
    {"title": st.just("It") | ANY, "steps": st.lists(st.dictionaries(st.sampled_from(KEYS), ANY, max_size=4)) | ANY},
    optional={"settings": ANY, "accounts": ANY},
)
TEXTS = st.text("ab:-[]{}&*!|>'\"\n\t #%@,?\x00\x85", max_size=40) | st.sampled_from(
    [
        "!!python/object/apply:os.mkdir [{trap}]",
        "a: &a [*a]",
        "steps: *x",
        "title: It\nsteps: &s [*s]",
        "\ufeff",
        "- - - -",
    ]
)


def it_is_one_or_says_where_not(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="")
    try:
        read(path)
    except ScriptError as error:
        lines = str(error).splitlines()
        assert lines[0].startswith(f"{path}:")
        assert lines[0].removeprefix(f"{path}:").partition(":")[0].isdigit()


@sizes
def test_any_values_are_a_script_or_are_told_by_their_place(tmp_path: Path, examples: int) -> None:
    """trust.md, section 3: YAML."""
    path = tmp_path / "it.conversation.yaml"

    def check(script: Any) -> None:
        it_is_one_or_says_where_not(path, yaml.safe_dump(script, sort_keys=False, allow_unicode=True))

    fuzz(examples, check, SCRIPTS | ANY)


@sizes
def test_any_text_is_a_script_or_is_told_by_its_place_and_runs_nothing(tmp_path: Path, examples: int) -> None:
    """trust.md, section 3: safe loader."""
    path, trap = tmp_path / "it.conversation.yaml", tmp_path / "trap"

    def check(text: str) -> None:
        it_is_one_or_says_where_not(path, text.replace("{trap}", str(trap)))
        assert not trap.exists()

    fuzz(examples, check, TEXTS)
