"""A model on loopback that keeps every request body: what it never saw, no provider ever saw."""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

ANSWER = "The canary sings."


class Canary:
    """An OpenAI-compatible endpoint at `url`. `bodies` are the chat requests, `seen` is all that was ever sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.seen: list[str] = []
        self.calls: list[dict[str, Any]] = []  # tool calls that the model makes next, one a request
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def hold(self) -> None:
        """Answer nobody until `go_on` is set: a turn that takes long."""
        self.asked.clear()
        self.go_on.clear()

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The requests of turns; a session's title is asked for beside them, without tools."""
        return [body for body in self.bodies if body.get("tools")]

    def hits(self, words: str) -> int:
        """In how many chat requests these words stand anywhere."""
        return sum(words in json.dumps(body, ensure_ascii=False) for body in self.bodies)

    def _handler(canary) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send("application/json", json.dumps({"object": "list", "data": [{"id": "canary"}]}))

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                canary.seen.append(raw)
                body = json.loads(raw)
                if "chat/completions" not in self.path:
                    self._send("application/json", "{}")
                    return
                canary.bodies.append(body)
                canary.asked.set()
                canary.go_on.wait(30)
                call = canary.calls.pop(0) if canary.calls and body.get("tools") else None
                if body.get("stream"):
                    self._send("text/event-stream", _stream(call))
                else:
                    self._send("application/json", json.dumps(_whole(call)))

            def _send(self, kind: str, text: str) -> None:
                content = text.encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Not to the terminal."""

        return Handler


def _message(call: dict[str, Any] | None) -> dict[str, Any]:
    if call is None:
        return {"role": "assistant", "content": ANSWER}
    function = {"name": "openai_oauth", "arguments": json.dumps(call)}
    tool_call = {"id": f"call_{uuid.uuid4().hex}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [tool_call]}


def _whole(call: dict[str, Any] | None) -> dict[str, Any]:
    choice = {"index": 0, "message": _message(call), "finish_reason": "tool_calls" if call else "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "canary",
        "choices": [choice],
        "usage": usage,
    }


def _stream(call: dict[str, Any] | None) -> str:
    delta = _message(call)
    for index, tool in enumerate(delta.get("tool_calls", [])):
        tool["index"] = index
    head = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "canary"}
    chunks = [
        head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}]},
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
