"""Traces, metrics and the log of turns: OpenTelemetry's API alone, so nothing is sent unless the host sets up an SDK.

The only file that imports OpenTelemetry. Nothing here ever holds words, who somebody is, a code or a token. What to
put on a dashboard: docs/observability.md.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace

from skill.core.trail import REFRESH_REFUSED, REFRESHED, Entry
from skill.message import Message, Reply

NAME = "chatgpt-codex-onboarding"

log = logging.getLogger(__name__)
_tracer = trace.get_tracer(NAME)
_meter = metrics.get_meter(NAME)
_turns = _meter.create_histogram(
    "codex_onboarding.turn.duration", "s", "Messages that may be ours, by what they led to"
)
_steps = _meter.create_counter("codex_onboarding.steps", "{step}", "Steps of the machine, by event, states and reason")
_states = _meter.create_histogram("codex_onboarding.state.duration", "s", "How long a state lasted that was left")
_refreshes = _meter.create_counter("codex_onboarding.refreshes", "{refresh}", "Refreshes, by outcome")
_calls = _meter.create_histogram(
    "codex_onboarding.provider.duration", "s", "Calls to the provider, by path and outcome"
)


class _Turn:
    """What became of a message."""

    def __init__(self, message: Message) -> None:
        self._message, self._started = message, time.perf_counter()
        self.ids: dict[str, str | bool] = {
            "conversation_id": message.conversation_id,
            "message_id": message.message_id or "",
        }

    def end(self, reply: Reply | None) -> None:
        """It was answered, or passed through."""
        seconds = time.perf_counter() - self._started
        state, repeated = (str(reply.state), reply.repeated) if reply else ("passed through", False)
        led_to: dict[str, str | bool] = {"state": state, "repeated": repeated}
        if reply:
            log.info("a message was handled: now %s", reply.state, extra=self.ids | led_to)
        trace.get_current_span().set_attributes(led_to)
        _turns.record(seconds, led_to)


@contextmanager
def turn_of(message: Message) -> Iterator[_Turn]:
    """A span around a message that may be ours; ordinary traffic makes none."""
    turn = _Turn(message)
    with _tracer.start_as_current_span("turn", attributes=turn.ids, record_exception=False):
        yield turn


def count_step(entry: Entry) -> None:
    """A step of the machine or a refresh, once it is stored. Steps by `confirm` beside provider calls to
    `/api/accounts/deviceauth/token` are the polls per confirmation.
    """
    if entry.event in (REFRESHED, REFRESH_REFUSED):
        _refreshes.add(1, {"outcome": entry.event})
        return
    states = {"before": str(entry.before), "after": str(entry.after)}
    _steps.add(1, {"event": entry.event, **states} | ({"reason": entry.reason} if entry.reason else {}))
    if entry.seconds is not None and entry.kept:
        _states.record(entry.seconds, {"state": str(entry.before)})


class _Call:
    outcome = "cancelled"


@contextmanager
def provider_call(path: str) -> Iterator[_Call]:
    """A span around one request; set its `outcome` to the HTTP status, or to the reason why there is none."""
    call, started = _Call(), time.perf_counter()
    with _tracer.start_as_current_span("provider", attributes={"path": path}, record_exception=False) as span:
        try:
            yield call
        finally:
            span.set_attribute("outcome", call.outcome)
            _calls.record(time.perf_counter() - started, {"path": path, "outcome": call.outcome})
