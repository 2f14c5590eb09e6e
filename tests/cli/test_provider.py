"""`provider`: where it is, what it hears, what can be made to go wrong, and how it ends."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import COMMAND, PATIENCE, run


@contextmanager
def running(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "provider", *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_programs_its_addresses_and_requests(environment: dict[str, str], ending: signal.Signals) -> None:
    """One JSON object a line; ended by a signal it ends with 0."""
    with running(environment, "--json") as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        assert told["CODEX_ONBOARDING_ISSUER"] == told["url"]
        assert told["CODEX_ONBOARDING_BACKEND_URL"] == told["url"] + "/backend-api"
        assert httpx.get(told["page"], trust_env=False).status_code == 200
        assert json.loads(process.stdout.readline())["endpoint"] == "page"
        process.send_signal(ending)
        assert process.wait(PATIENCE) == 0


def test_the_printed_variables_point_a_chat_at_it(environment: dict[str, str]) -> None:
    """Copied into another terminal as they stand."""
    with running(environment) as process:
        assert process.stdout
        printed = "".join(iter(process.stdout.readline, "\n"))
        exported = dict(re.findall(r"(CODEX_ONBOARDING_\w+)=(\S+)", printed))
        assert re.search(r"http://127\.0\.0\.1:\d+/codex/device", printed)
        done = run(environment | exported, "chat", lines="Use my Codex subscription\n")
        assert "And enter this code:" in done.stdout
        assert re.fullmatch(r"provider  [\d:]{8}  start +200  POST \S+\n", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_taken_port_is_told(environment: dict[str, str]) -> None:
    """One line with the next step, and 2."""
    with running(environment, "--json") as process:
        assert process.stdout
        port = str(urlsplit(json.loads(process.stdout.readline())["url"]).port)
        done = run(environment, "provider", "--port", port)
        assert done.returncode == 2
        assert (
            done.stderr
            == f"codex-onboarding: port {port} on 127.0.0.1 is in use; choose another, or 0 for any free one\n"
        )
        assert run(environment, "demo", "--port", port).returncode == 2
        process.send_signal(signal.SIGTERM)


def test_the_faults_are_listed_and_the_example_works(environment: dict[str, str]) -> None:
    """The JSON of the printed curl line, sent as printed."""
    listed = run(environment, "provider", "--faults").stdout
    assert re.search(r"^any +429 ", listed, re.MULTILINE) and re.search(r"^start +no-code ", listed, re.MULTILINE)
    example = re.search(r"-d '(.+)'", listed)
    with running(environment, "--json") as process:
        assert process.stdout and example
        url = json.loads(process.stdout.readline())["url"]
        sent = httpx.post(f"{url}/_control", json=json.loads(example[1]), trust_env=False)
        assert sent.json() == {"ok": True}
        assert httpx.get(f"{url}/_control", trust_env=False).json()["faults"][0]["name"] == "429"
        process.send_signal(signal.SIGTERM)
