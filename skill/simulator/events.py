"""Server-sent events, as one reply whose parts can be looked at."""

import json
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class EventStream(Response):
    """Numbered events, each named as its type and sent by itself, without a length."""

    media_type = "text/event-stream"

    def __init__(self, events: list[dict[str, Any]], headers: dict[str, str] | None = None) -> None:
        self.events = events
        numbered = ({**event, "sequence_number": number} for number, event in enumerate(events))
        self._pieces = [_piece(event) for event in numbered]
        super().__init__(b"".join(self._pieces), headers=headers)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send piece by piece."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _piece(event: dict[str, Any]) -> bytes:
    return f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n".encode()
