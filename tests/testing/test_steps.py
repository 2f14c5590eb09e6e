"""The step library: its page is complete, and another project's features use it."""

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

pytest_plugins = ["skill.testing.steps"]

ROOT = Path(__file__).parents[2]
PAGE = (files("skill.testing") / "STEPS.md").read_text(encoding="utf-8")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
(FEATURE,) = re.findall(r"```gherkin\n(.*?)```", PAGE, re.S)
KINDS = {"Given": {"given"}, "Given or When": {None}, "When": {"when"}, "Then": {"then"}}


def steps() -> list[StepFunctionContext]:
    ours = [
        one
        for one in step_function_context_registry.values()
        if one.step_func.__module__.startswith("skill.testing.steps.")
    ]
    assert ours
    return ours


def examples() -> list[tuple[str, str]]:
    """Each example of the page with its heading."""
    found = []
    for part in PAGE.split("\n## ")[1:]:
        heading, _, rest = part.partition("\n")
        for entry in rest.replace("\n  ", " ").split("\n- ")[1:]:
            listed = re.match(r"(?:`[^`]+`(?:, )?)+", entry)
            assert listed, entry
            found += [(heading, example) for example in re.findall(r"`([^`]+)`", listed[0])]
    return found


def test_every_step_is_on_the_page_and_every_example_is_a_step() -> None:
    met: set[str] = set()
    for heading, example in examples():
        fitting = [one for one in steps() if one.type in KINDS[heading] and one.parser.is_matching(example)]
        assert fitting, f"{heading} {example}"
        met |= {one.step_func.__name__ for one in fitting}
    assert {one.step_func.__name__ for one in steps()} == met


def test_another_project_s_features_use_the_steps_with_chinese_keywords(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_features.py").write_text(PROGRAM)
    (tmp_path / "sign_in.feature").write_text(FEATURE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout
