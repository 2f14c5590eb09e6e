"""The plugin in the real Hermes Agent.

Hermes 0.19 pins `openai==2.24.0`, `pydantic==2.13.4`, `rich==14.3.3`, `cryptography==46.0.7` and more to the digit,
while the other tests need openai 3 and the versions of constraints.txt. So the scenarios run in `.venv-hermes`, which
is made where it is missing. Inside that environment this file is the scenarios.
"""

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("gateway"):
    from .hermes.scenarios import *  # noqa: F403
else:

    @pytest.mark.timeout(900)
    def test_the_scenarios_pass_in_an_environment_of_their_own(hermes_python: Path) -> None:
        options = ["-c", "tests/runtimes/hermes/pytest.ini", "--rootdir", ".", "--noconftest", "-q"]
        command = [str(hermes_python), "-m", "pytest", *options, "tests/runtimes/test_hermes.py"]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
        assert " passed" in done.stdout and "skipped" not in done.stdout
