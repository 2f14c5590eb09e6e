"""What an operator sees through OpenTelemetry, and in the log: enough to find a turn, and nothing secret."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from skill.testing import Stage


class Watch:
    """A host's SDK that keeps everything."""

    def __init__(self) -> None:
        self.spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        traces = TracerProvider()
        traces.add_span_processor(SimpleSpanProcessor(self.spans))
        trace.set_tracer_provider(traces)
        metrics.set_meter_provider(MeterProvider([self._reader]))

    def points(self) -> dict[tuple[str, frozenset[tuple[str, Any]]], float]:
        """How often each was counted so far, by name and attributes."""
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        return {
            (metric.name.removeprefix("codex_onboarding."), frozenset((point.attributes or {}).items())): getattr(
                point, "count", None
            )
            or point.value
            for scope in scopes
            for metric in scope.metrics
            for point in metric.data.data_points
        }


@pytest.fixture(scope="session")
def sdk() -> Watch:
    return Watch()


@pytest.fixture
def watch(sdk: Watch) -> Iterator[Watch]:
    sdk.spans.clear()
    yield sdk
    sdk.spans.clear()


def connect(stage: Stage) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code)
    stage.clock.advance(timedelta(seconds=40))
    stage.say("Ana", "done")


def counted(watch: Watch, earlier: dict[Any, float], name: str, **attributes: object) -> float:
    """How much was added for these attributes, whatever the others are."""
    wanted = set(attributes.items())
    return sum(
        value - earlier.get(key, 0) for key, value in watch.points().items() if key[0] == name and wanted <= key[1]
    )


def test_a_sign_in_is_counted_step_by_step(stage: Stage, watch: Watch) -> None:
    before = watch.points()
    connect(stage)
    assert counted(watch, before, "steps", event="confirm", after="polling") == 1
    assert counted(watch, before, "steps", event="authorized", before="polling", after="connected") == 1
    assert counted(watch, before, "provider.duration", path="/api/accounts/deviceauth/token", outcome="200") == 1
    assert counted(watch, before, "state.duration", state="awaiting_confirm") == 1
    assert counted(watch, before, "turn.duration") == 2


def test_a_failure_is_counted_with_its_reason(stage: Stage, watch: Watch) -> None:
    before = watch.points()
    stage.say("Ana", "Sign in with my ChatGPT account")
    stage.provider.decline(stage.code)
    stage.say("Ana", "done")
    assert counted(watch, before, "steps", event="refused", reason="declined") == 1


def test_a_call_without_an_answer_is_counted_by_its_reason(stage: Stage, watch: Watch) -> None:
    before = watch.points()
    stage.line.next("start", "unreachable")
    stage.say("Ana", "Sign in with my ChatGPT account")
    assert counted(watch, before, "provider.duration", outcome="network") == 1


def test_refreshes_are_counted_by_outcome(stage: Stage, watch: Watch) -> None:
    connect(stage)
    before = watch.points()
    stage.call_tool("Ana", "refresh")
    stage.provider.kill_session("ana@example.test")
    stage.call_model("Ana")
    assert counted(watch, before, "refreshes", outcome="refreshed") == 1
    assert counted(watch, before, "refreshes", outcome="refresh_refused") == 1


def test_the_calls_of_a_turn_stand_within_its_span(stage: Stage, watch: Watch) -> None:
    stage.say("Ana", "Sign in with my ChatGPT account", message_id="m-7")
    call, turn = watch.spans.get_finished_spans()
    assert (turn.name, call.name) == ("turn", "provider")
    assert call.parent and turn.context and call.parent.span_id == turn.context.span_id
    assert turn.attributes and turn.attributes["message_id"] == "m-7"
    assert turn.attributes["state"] == "awaiting_confirm"


def test_ordinary_traffic_leaves_no_trace(stage: Stage, watch: Watch) -> None:
    before = watch.points()
    stage.say("Ana", "nice weather today")
    assert watch.spans.get_finished_spans() == ()
    assert watch.points() == before


def test_no_span_and_no_metric_holds_words_or_secrets(stage: Stage, watch: Watch) -> None:
    connect(stage)
    stage.provider.fault("models", "500")
    stage.say("Ana", "which codex models do I have?")
    seen = repr([span.to_json() for span in watch.spans.get_finished_spans()]) + repr(watch.points())
    words = [message.text for message in stage.messages]
    for secret in [*stage.provider.secrets(), stage.code, *words, "ana@example.test"]:
        assert secret not in seen


def test_a_handled_message_is_logged_with_its_ids(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "skill"):
        stage.say("Ana", "Sign in with my ChatGPT account", message_id="m-7", conversation_id="c-1")
    [record] = [record for record in caplog.records if record.name == "skill.telemetry"]
    shown = vars(record)
    assert (shown["conversation_id"], shown["message_id"], shown["state"]) == ("c-1", "m-7", "awaiting_confirm")
    assert "Sign in" not in record.getMessage()
