"""`codex-onboarding serve`, as a process of its own."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from skill import Settings
from skill.simulator import LocalProvider

from ..cli.conftest import COMMAND
from .client import SECRET, Host

REQUEST = "使用我的Codex订阅"


@pytest.fixture
def process(pointed: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    signed = pointed | {"CODEX_ONBOARDING_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"], env=signed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    return found[0]


def test_it_serves_and_ends_gracefully(process: subprocess.Popen[str], provider: LocalProvider) -> None:
    """What is in flight is answered before it ends, with 0 and nothing on standard error."""
    host = Host(address(process))
    shown = host.say(REQUEST)
    assert shown["user_code"] in shown["text"] and shown["language"] == "zh"
    provider.approve(shown["user_code"])
    assert host.say("完成了")["text"].startswith("已以ana@example.test身份连接")
    host.close()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_the_chat_page_brings_a_provider_of_its_own(environment: dict[str, str]) -> None:
    """One command to try everything; with a real provider it doesn't start."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--page", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert "<title>" in httpx.get(f"{address(process)}/chat", trust_env=False).text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not Path(environment["CODEX_ONBOARDING_HOME"]).exists()
    elsewhere = environment | {"CODEX_ONBOARDING_ISSUER": "https://auth.openai.com"}
    assert "on this machine only" in run(elsewhere, "--page").stderr.replace("\n", " ")
    assert "this machine only" in run(environment, "--page", "--host", "0.0.0.0").stderr


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, "serve", *arguments], env=environment, capture_output=True, text=True, timeout=60)


def test_it_does_not_start_for_others_without_a_secret(environment: dict[str, str]) -> None:
    done = run(environment, "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "CODEX_ONBOARDING_WEBHOOK_SECRET" in done.stderr


def test_a_new_secret_can_be_used(environment: dict[str, str]) -> None:
    secret, other = (run(environment, "--new-secret").stdout.strip() for _ in range(2))
    assert secret != other
    taken = Settings(webhook_secret=secret).webhook_secret
    assert taken and taken.get_secret_value() == secret


def test_a_taken_port_is_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(environment, "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "Address already in use" in done.stderr
