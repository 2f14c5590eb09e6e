"""A host of the service in a few lines: signs, sends, and leaves the answer to the test."""

import base64
import itertools
import json
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
OTHER_SECRET = f"whsec_{base64.b64encode(bytes(range(1, 33))).decode()}"


class Host:
    """One chat platform in front of the service. Each call is a delivery of its own unless given an id."""

    def __init__(self, url: str, secret: str | None = SECRET) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self._secret, self._numbers = secret, itertools.count(1)

    def post(
        self,
        path: str,
        body: Any,
        *,
        id: str | None = None,
        at: datetime | None = None,
        secret: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One delivery; a body that isn't bytes goes out as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        delivery = id or f"msg_{next(self._numbers)}"
        signed = {"content-type": "application/json", "webhook-id": delivery}
        key = secret or self._secret
        if key:
            signed |= signature(key, delivery, raw, at or datetime.now(UTC))
        return self.http.post(path, content=raw, headers=signed | headers)

    def say(self, text: str, *, id: str | None = None, wait: str = "", **changes: Any) -> Any:
        """One message in Ana's private chat; what came back."""
        prefer = {"prefer": wait} if wait else {}
        answer = self.post("/v1/messages", self.message(text, **changes), id=id, **prefer)
        assert answer.status_code in (200, 202), answer.text
        return answer.json()

    def message(self, text: str, **changes: Any) -> dict[str, Any]:
        """The fields of a message."""
        usual = {"message_id": f"m{next(self._numbers)}", "conversation_id": "c", "user_id": "ana", "private": True}
        return usual | {"text": text, "platform": "mychat"} | changes

    def tool(self, action: str, *, id: str | None = None, **changes: Any) -> httpx.Response:
        """One call of the tool for Ana, in her private chat."""
        usual = {"action": action, "user_id": "ana", "conversation_id": "c", "private": True, "platform": "mychat"}
        return self.post("/v1/tool", usual | changes, id=id)

    def ask(self, words: str, *, id: str | None = None, **changes: Any) -> httpx.Response:
        """A question to the model, on Ana's plan."""
        items = [{"role": "user", "content": [{"type": "input_text", "text": words}]}]
        call = {"user_id": "ana", "platform": "mychat", "model": "openai-codex/gpt-5-codex", "input": items}
        return self.post("/v1/responses", call | changes, id=id)

    def close(self) -> None:
        """Let go of the connection."""
        self.http.close()


def signature(secret: str, delivery: str, raw: bytes, at: datetime) -> dict[str, str]:
    """The headers that Standard Webhooks ask for."""
    signed = Webhook(secret).sign(delivery, at, raw.decode("latin-1"))
    return {"webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signed}


def words_of(answer: httpx.Response) -> str:
    """What the model said, put together from its events."""
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert events[-1]["type"] == "response.completed"
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
