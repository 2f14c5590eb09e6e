"""The tool for the host's model, and the guard before it; who asks comes from the host, never from arguments."""

import json
import logging
from typing import Any

from skill.core.replies import catalogue
from skill.oauth.tool import NAME
from skill.runtimes.hermes.engine import Engine
from skill.runtimes.hermes.seats import Seats

PATIENCE = 60.0  # seconds; the longest call is a wait for another, and one to the provider
_ARGUMENTS = ("pending_id", "force", "user_message")

log = logging.getLogger(__name__)


class Tool:
    """`openai_oauth` for whoever the host's model works for at the moment."""

    def __init__(self, engine: Engine, seats: Seats) -> None:
        self._engine, self._seats = engine, seats

    def guard(self, *, tool_name: str = "", **_: Any) -> dict[str, str] | None:
        """Stop a call in a shared room, or for nobody in particular, before it is made."""
        if tool_name != NAME:
            return None
        seat = self._seats.current()
        if seat and seat.message.private and seat.message.owner:
            return None
        return {"action": "block", "message": catalogue("en").text("private")}

    def call(self, args: dict[str, Any], **_: Any) -> str:
        """The tool contract as JSON (conversation.md, section 7). The host calls from threads of its own."""
        seat = self._seats.current()
        given: dict[str, Any] = {name: args[name] for name in _ARGUMENTS if args.get(name) is not None}
        who: dict[str, Any] = {
            name: getattr(seat.message, name) if seat else "" for name in ("platform", "account", "conversation_id")
        }
        user = (seat.message.user_id if seat and seat.message.private else "") or ""
        try:
            action = str(args.get("action"))
            call = self._engine.begin(lambda skill: skill.openai_oauth(action, **given, user_id=user, **who))
            answer = call.result(PATIENCE)
            if seat and "user_code" in answer:
                self._seats.note(seat.message, answer_due=True)
            return json.dumps(answer, ensure_ascii=False)
        except ValueError as unknown:
            return json.dumps({"ok": False, "error": "unknown_action", "message": str(unknown)})
        except Exception as error:  # noqa: BLE001 (the host would show its text to the model)
            log.error("a tool call was not carried out: %s", type(error).__name__)
            return json.dumps({"ok": False, "error": "storage", "message": catalogue("en").text("error_storage")})
