"""The tool and the hook in the real agent SDKs.

The OpenAI Agents SDK, Pydantic AI and LangChain bring a hundred megabytes that nobody else needs. So the scenarios run
in `.venv-agents`, which is made where it is missing. Inside that environment this file is the scenarios.
"""

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("pydantic_ai"):
    from .agents.scenarios import *  # noqa: F403
else:

    @pytest.mark.full
    @pytest.mark.timeout(900)
    def test_the_scenarios_pass_in_an_environment_of_their_own(agents_python: Path) -> None:
        options = ["-c", "tests/runtimes/agents/pytest.ini", "--rootdir", ".", "--noconftest", "-q"]
        command = [str(agents_python), "-m", "pytest", *options, "tests/runtimes/test_agents.py"]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
        assert " passed" in done.stdout and "skipped" not in done.stdout
