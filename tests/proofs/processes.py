"""Real processes for the proofs that need them, and a provider on a port that outlives every one of them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from skill.simulator import LocalProvider, serve_in_thread

from .kit import ANA, Witness

SCRIPT = Path(__file__).with_name("worker.py")


class Worker:
    """One process. See `worker.py` for the orders."""

    def __init__(self, clock: Path) -> None:
        command = [sys.executable, "-W", "error", str(SCRIPT), str(clock)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
            if self._process.poll() is None and self._stopped():
                self.kill()

    def order(self, do: str, **order: Any) -> None:
        """Give an order; its answer is there to be heard when it is done."""
        self.send({"do": do, **order})

    def send(self, line: object) -> None:
        """Say one line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """The next line; fails where the process is gone."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the worker is gone"
        return json.loads(line)

    def ask(self, do: str, **order: Any) -> Any:
        """Order, and hear."""
        self.order(do, **order)
        return self.hear()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def await_freeze(self) -> None:
        """Until the process has stopped itself."""
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def _stopped(self) -> bool:
        state = Path(f"/proc/{self._process.pid}/stat")
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "T"


class Site:
    """A data folder, a clock that tests set, a provider on a port, and any number of workers."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.home, self.clock, self.database_url = folder / "home", folder / "clock", database_url
        self.provider = LocalProvider()
        self.witness = Witness(self.provider.app)
        self.provider.app = self.witness
        self.workers: list[Worker] = []
        self.ahead(0)

    @contextmanager
    def open(self) -> Iterator[Self]:
        """Serve the provider; at the end no worker is left."""
        try:
            with serve_in_thread(self.provider) as served:
                self.issuer = served.issuer
                yield self
        finally:
            for worker in self.workers:
                worker.__exit__()

    def worker(self) -> Worker:
        """One more process."""
        self.workers.append(Worker(self.clock))
        return self.workers[-1]

    def ahead(self, seconds: float) -> None:
        """Set every worker's clock so much ahead of the true time, in one write, for it is read meanwhile."""
        self.clock.touch()
        clock = os.open(self.clock, os.O_WRONLY)
        os.pwrite(clock, f"{seconds:<40}".encode(), 0)
        os.close(clock)

    def catch_up(self) -> None:
        """Until the provider has taken up what a process sent that is dead now: connections are served in order."""
        httpx.get(f"{self.issuer}/_control", trust_env=False).raise_for_status()

    @property
    def place(self) -> dict[str, str | None]:
        """Where an order is carried out."""
        return {"home": str(self.home), "issuer": self.issuer, "database_url": self.database_url}

    def issue(self) -> dict[str, Any]:
        """The provider's JSON for a new login, known to the witness as well."""
        issued = self.provider.issue(ANA)
        self.witness.pairs.append((issued["access_token"], issued["refresh_token"]))
        return issued
