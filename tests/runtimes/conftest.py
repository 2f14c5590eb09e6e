"""A provider on a real port, and before it the service on another, or a stage with a chat of each runtime on it."""

import asyncio
import fcntl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from skill import Onboarding, Settings
from skill.runtimes.service import build, in_thread, listen
from skill.simulator import Served
from skill.testing import Stage

from ..cli import conftest as command
from .client import SECRET, Host
from .kit import Chat, SlackChat, TelegramChat

ROOT = Path(__file__).parents[2]
provider, served = command.provider, command.served
environment, pointed = command.environment, command.pointed

Start = Callable[..., Host]


@pytest.fixture
def canary() -> list[bytes]:
    """The whole bodies that a model behind the host was sent."""
    return []


@pytest.fixture
def canary_url(canary: list[bytes]) -> Iterator[str]:
    """Where that model listens."""

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            canary.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(served: Served, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", issuer=served.issuer, backend_url=served.backend_url, webhook_secret=SECRET)


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """Start a service on the same data, with settings changed; a host that speaks to it."""
    with ExitStack() as running:

        def begin(hook: type[Onboarding] = Onboarding, **changes: Any) -> Host:
            chosen = settings.model_copy(update=changes)
            app = build(hook(chosen))
            url = running.enter_context(in_thread(app, listen(chosen, "127.0.0.1", 0)))
            host = Host(url, SECRET if chosen.webhook_secret else None)
            running.callback(host.close)
            return host

        yield begin


@pytest.fixture
def host(start: Start) -> Host:
    return start()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "home") as stage:
        stage.listen()
        yield stage


@pytest.fixture
def slack(stage: Stage) -> Iterator[SlackChat]:
    with SlackChat(stage) as chat:
        yield chat


@pytest.fixture
def telegram(stage: Stage) -> Iterator[TelegramChat]:
    with TelegramChat(stage) as chat:
        yield chat


@pytest.fixture(params=["slack", "telegram"])
def chat(request: pytest.FixtureRequest) -> Chat:
    """Every runtime in turn."""
    chat: Chat = request.getfixturevalue(request.param)
    return chat


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run


def made(environment: str) -> Path:
    """The folder of an environment that the Makefile makes; it is made if it isn't there yet."""
    with (ROOT / f"{environment}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        done = subprocess.run(
            ["make", "--silent", f"{environment}/.installed"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / environment


@pytest.fixture(scope="session")
def hermes_python() -> Path:
    """The interpreter of the environment with Hermes Agent and mcp 1.26."""
    return made(".venv-hermes") / "bin" / "python"


@pytest.fixture(scope="session")
def agents_python() -> Path:
    """The interpreter of the environment with the agent SDKs."""
    return made(".venv-agents") / "bin" / "python"
