"""The plugin for OpenClaw before the real service: `node --test`, beside the provider and a canary for the model."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from intents import read
from intents.apart import _HINTS
from skill import __version__
from skill.core.replies import catalogue, languages
from skill.runtimes import openclaw
from skill.runtimes.service import in_thread
from skill.simulator import LocalProvider, Served

from ..cli.conftest import COMMAND
from ..proofs.kit import leaks
from .client import SECRET, Host
from .gate import Gate

HERE = Path(__file__).parent / "openclaw"
KEYS = [f"{hint}0123456789abcdefABCD.abcd" for hint in _HINTS["secret"]]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def provider(gate: Gate) -> LocalProvider:
    return LocalProvider(sleep=gate.sleep)


@pytest.fixture
def gate_url(gate: Gate) -> Iterator[str]:
    """Where a POST opens it."""

    async def open_(_: Request) -> Response:
        gate.open.set()
        return Response()

    app = Starlette(routes=[Route("/", open_, methods=["POST"])])
    with gate, in_thread(app, socket.create_server(("127.0.0.1", 0))) as url:
        yield url


def test_the_plugins_own_tests_pass(
    host: Host, provider: LocalProvider, served: Served, canary: list[bytes], canary_url: str, gate_url: str
) -> None:
    """And in no body that the model was given stands a key, a code or a token."""
    node = shutil.which("node")
    assert node, "node is missing; `make test` installs it"
    addresses = {"ISSUER": served.issuer, "CANARY_URL": canary_url, "GATE_URL": gate_url}
    environment = {"PATH": os.environ["PATH"], "SECRET": SECRET, "SERVICE_URL": str(host.http.base_url), **addresses}
    environment["KEYS"] = json.dumps(KEYS)
    done = subprocess.run(
        [node, "--test", str(HERE / "bridge.test.js")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^# pass [1-9]", done.stdout, re.M) and "# skipped 0" in done.stdout, done.stdout
    codes = [code.user_code for code in provider.codes]
    bodies = [body.decode() for body in canary]
    assert any("weather" in body for body in bodies)
    assert leaks([*provider.secrets(), *codes, *KEYS, "sk-proj-0123456789abcdef"], bodies) == []


def test_the_keys_that_it_keeps_back_by_itself_are_those_of_the_service() -> None:
    assert [key for key in KEYS if not read(f"Look: {key}").secret] == []


def test_it_says_the_services_words_in_every_language() -> None:
    words = json.loads((openclaw.FOLDER / "words.json").read_text(encoding="utf-8"))
    assert {language: said["busy"] for language, said in words.items()} == {
        language: catalogue(language).text("try_again") for language in languages()
    }
    assert {tuple(said) for said in words.values()} == {("busy", "unreachable")}


def test_its_manifest_fits_the_package() -> None:
    package, manifest = (
        json.loads((openclaw.FOLDER / name).read_text(encoding="utf-8"))
        for name in ("package.json", "openclaw.plugin.json")
    )
    assert (package["version"], package["name"]) == (__version__, manifest["id"])
    assert package["openclaw"]["extensions"] == ["./index.js"]
    assert "dependencies" not in package and "scripts" not in package


def test_the_command_names_its_folder(environment: dict[str, str]) -> None:
    """`openclaw plugins install --link "$(codex-onboarding openclaw)"`."""
    shown = subprocess.run([*COMMAND, "openclaw"], env=environment, capture_output=True, text=True, check=True)
    assert Path(shown.stdout.strip()) == openclaw.FOLDER
