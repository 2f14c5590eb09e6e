"""What the provider was asked: the proof that nothing polls by itself."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ENDPOINTS = ("start", "poll", "exchange", "refresh", "revoke", "models", "usage", "responses")
# Never kept: the log is shown on screens.
_SECRET_HEADERS = {"authorization", "cookie"}


@dataclass
class Record:
    """One request. The status is filled in when the reply is decided; None means that none was sent."""

    number: int
    time: datetime
    method: str
    path: str
    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Kept to look at, not shown: a client that puts a code into an address must be caught, not helped.
    query: str = field(default="", repr=False)
    status: int | None = None
    fault: str | None = None

    def line(self) -> str:
        """One line for a live log."""
        status = "---" if self.status is None else str(self.status)
        fault = f"  ({self.fault})" if self.fault else ""
        return f"{self.time:%H:%M:%S}  {self.endpoint:<9} {status}  {self.method} {self.path}{fault}"

    def as_dict(self) -> dict[str, Any]:
        """For another process that reads the log over HTTP."""
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "method": self.method,
            "path": self.path,
            "endpoint": self.endpoint,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """Records in order of arrival; a request counts from the moment it arrives, answered or not."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._counts: Counter[str] = Counter()
        self.on_request: Callable[[Record], None] | None = None

    def open(self, time: datetime, method: str, path: str, endpoint: str, headers: Mapping[str, str]) -> Record:
        """Note a request that has just arrived."""
        kept = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
        record = Record(len(self._records) + 1, time, method, path, endpoint, kept)
        self._records.append(record)
        self._counts[endpoint] += 1
        return record

    def close(self, record: Record, status: int | None, fault: str | None) -> None:
        """Note how it is answered, and tell whoever watches."""
        record.status, record.fault = status, fault
        if self.on_request:
            self.on_request(record)

    def records(self) -> list[Record]:
        """A copy, safe to read while requests come in."""
        return list(self._records)

    def counts(self) -> dict[str, int]:
        """Requests by endpoint, only those that occurred."""
        return dict(self._counts)

    def count(self, endpoint: str | None = None) -> int:
        """Requests to one endpoint; without a name, to the whole protocol, the web page left out."""
        return sum(self._counts[name] for name in ([endpoint] if endpoint else ENDPOINTS))

    def reset(self) -> None:
        """Forget the records; the watcher stays."""
        self._records.clear()
        self._counts.clear()
