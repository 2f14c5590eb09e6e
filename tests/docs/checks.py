"""What can be said of a block by itself: text that was printed, a script, labelled sentences, and what is never run."""

import ast
import json
import re
import shlex
import subprocess
from pathlib import Path

import yaml
from typer.testing import CliRunner

from intents import classify
from skill.cli import app
from skill.testing.play import play
from skill.testing.reading import read
from skill.testing.transcript import transcript

from .blocks import Block

CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{5}\b")
AWAITS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def fits(written: str, printed: str) -> bool:
    """Whether that is what was printed. `…` stands for anything, a code for any code."""
    pattern = re.escape(CODE.sub("CODE", written.strip())).replace("…", "(?s:.*?)")
    return re.fullmatch(pattern, CODE.sub("CODE", printed.strip())) is not None


def check(block: Block, page: Path) -> None:
    """All that can be said of a block without running it."""
    match block.language:
        case "python":
            compile(block.text, str(page), "exec", AWAITS)
        case "sh":
            subprocess.run(["bash", "-n", "-c", block.text], check=True, timeout=60)
            for command in re.findall("^codex-onboarding.*", block.text, re.M):
                _, *words = shlex.split(command.replace(" &", ""), comments=True)
                understood = CliRunner().invoke(app, [*words, "--help"])  # what it is told is read before that
                assert understood.exit_code == 0, f"{command}\n{understood.output}"
        case "yaml":
            yaml.safe_load(block.text)
        case "json":
            json.loads(block.text)


def check_yaml(text: str, folder: Path) -> None:
    """A script is played, labelled sentences are judged."""
    given = yaml.safe_load(text)
    if "steps" in given:
        path = folder / "page.conversation.yaml"
        path.write_text(text, encoding="utf-8")
        played = play(read(path))
        assert played.as_written, "\n".join(transcript(played))
    else:
        for item in given["items"]:
            assert str(classify(item["text"], given.get("state")).label) in item["accept"], item
