"""The HTTP service, over real signed HTTP (runtimes.md, sections 3.7 and 5)."""

import json
import logging
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from skill import Message, Onboarding, Reply, Settings
from skill.runtimes.mcp import listen as mcp_listen
from skill.runtimes.service import OpenToOthersError, listen
from skill.runtimes.service.app import MESSAGE_LIMIT
from skill.simulator import LocalProvider

from .client import OTHER_SECRET, SECRET, Host, signature, words_of
from .conftest import Start
from .gate import Gate

REQUEST = "sign in with my ChatGPT account"


def connect(host: Host, provider: LocalProvider, account: str = "ana@example.test") -> Any:
    """From first word to connected."""
    shown = host.say(REQUEST)
    provider.approve(shown["user_code"], account)
    return host.say("done")


# From first word to the model's answer.


def test_from_first_word_to_connected(host: Host, provider: LocalProvider) -> None:
    asked = host.say("I want to add the OpenAI model")
    assert (asked["handled"], asked["state"]) == (True, "clarifying")
    shown = host.say("subscription")
    assert shown["text"].splitlines()[1].strip() == shown["verification_url"]
    assert shown["user_code"] == provider.codes[0].user_code
    assert host.say("not yet")["state"] == "awaiting_confirm"
    assert provider.count("poll") == 0
    provider.approve(shown["user_code"])
    connected = host.say("done ✅")
    assert connected["text"].startswith("Connected as ana@example.test. ")
    assert connected["models"][0] == "openai-codex/gpt-5-codex"
    assert provider.count("poll") == 1


def test_the_model_answers_on_the_persons_plan(host: Host, provider: LocalProvider) -> None:
    """The job is done when the model answers; a dead access token is refreshed on the way."""
    assert host.ask("Hello").json()["error"] == "not_connected"
    connected = connect(host, provider)
    answer = host.ask("Hello there", model=connected["models"][0])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert words_of(answer) == "Hello from gpt-5-codex. You said: Hello there"
    provider.revoke_access("ana@example.test")
    assert words_of(host.ask("Still there?")).endswith("Still there?")
    assert provider.count("refresh") == 1


def test_a_login_that_died_is_told_and_the_person_signs_in_again(host: Host, provider: LocalProvider) -> None:
    """conversation.md, section 6: the next reply offers it, nothing starts by itself."""
    connect(host, provider)
    provider.kill_session("ana@example.test")
    assert (host.ask("Hi").status_code, provider.count("start")) == (409, 1)
    offered = host.say("which ChatGPT account am I connected with?")
    assert offered["notes"]
    assert connect(host, provider)["state"] == "connected"
    assert words_of(host.ask("Hi")).endswith("Hi")


def test_what_a_plan_refuses_is_told_by_its_own_code(host: Host, provider: LocalProvider) -> None:
    connect(host, provider)
    provider.limit("ana@example.test", 3600)
    limited = host.ask("Hi")
    assert (limited.status_code, limited.json()["error"]) == (429, "usage_limit")
    assert datetime.fromisoformat(limited.json()["resets_at"]) > datetime.now(UTC)
    provider.limit("ana@example.test", 0)
    provider.fault("responses", "500")
    assert (host.ask("Hi").status_code, host.ask("Hi").status_code) == (502, 200)


def test_a_plan_without_codex_is_told(host: Host, provider: LocalProvider) -> None:
    connect(host, provider, "sam@example.test")
    refused = host.ask("Hi")
    assert (refused.status_code, refused.json()["error"]) == (403, "no_entitlement")


def test_a_model_call_is_not_played_back(start: Start, provider: LocalProvider) -> None:
    """A stream isn't kept, and nobody's plan is spent twice; also not after a restart."""
    connect(start(), provider)
    assert start().ask("Hi", id="msg_once").status_code == 200
    again = start().ask("Hi", id="msg_once")
    assert (again.status_code, again.json()["error"], provider.count("responses")) == (409, "already_done", 1)


# What passes, and what is nobody's.


def test_an_ordinary_message_passes(host: Host, provider: LocalProvider) -> None:
    assert host.say("What's on my calendar today?") == {"handled": False}
    assert provider.count() == 0


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"original": False}, {"handled": False}),
        ({"text": "/openai_oauth start"}, {"handled": False}),
        ({"private": False}, "private chat"),
        ({"user_id": None}, "can't tell who is writing"),
    ],
    ids=["edit", "slash", "group", "no user id"],
)
def test_what_starts_nothing(host: Host, provider: LocalProvider, changes: dict[str, Any], answer: Any) -> None:
    said = host.say(**{"text": REQUEST, **changes})
    assert said == answer or answer in said["text"]
    assert provider.count() == 0


def test_the_model_behind_the_host_hears_only_what_passes(
    host: Host, provider: LocalProvider, canary: list[bytes], canary_url: str
) -> None:
    """runtimes.md, section 5: whole bodies; a pasted key and a code are in none of them."""

    def chat(text: str) -> None:
        if not host.say(text)["handled"]:
            httpx.post(canary_url, json={"messages": [text]}, trust_env=False)

    for text in ("Good morning!", REQUEST, "hm, not yet", "use my key sk-proj-canary0123456789abcdefghijkl", "Thanks"):
        chat(text)
    assert [json.loads(body)["messages"] for body in canary] == [["Good morning!"], ["Thanks"]]
    assert not [body for body in canary if b"sk-" in body or provider.codes[0].user_code.encode() in body]


def test_another_persons_done_does_nothing(host: Host, provider: LocalProvider) -> None:
    provider.approve(host.say(REQUEST)["user_code"])
    assert host.say("done", user_id="bob") == {"handled": False}
    assert host.say("done", platform="otherchat") == {"handled": False}
    assert provider.count("poll") == 0


# Delivered more than once.


def test_a_repeated_delivery_gets_the_same_answer(host: Host, provider: LocalProvider) -> None:
    message = host.message(REQUEST)
    first, second = (host.post("/v1/messages", message, id="msg_same") for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert provider.count("start") == 1


def test_many_deliveries_at_once_have_one_effect(host: Host, provider: LocalProvider) -> None:
    message, answers = host.message(REQUEST), list[bytes]()

    def deliver() -> None:
        answers.append(host.post("/v1/messages", message, id="msg_same").content)

    threads = [threading.Thread(target=deliver) for _ in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), provider.count("start")) == (11, 1, 1)


def test_a_repeat_after_a_restart_has_no_second_effect(start: Start, provider: LocalProvider) -> None:
    """The hook's receipt is in the store; a host without message ids is known by its delivery ids."""
    before = start()
    message = before.message(REQUEST, message_id=None)
    shown = before.post("/v1/messages", message, id="msg_same").json()
    again = start().post("/v1/messages", message, id="msg_same").json()
    assert again == shown | {"repeated": True}
    assert provider.count("start") == 1


def test_done_counts_without_a_message_id_of_the_host(host: Host, provider: LocalProvider) -> None:
    """runtimes.md, section 2: without one, the delivery's id tells messages apart."""
    provider.approve(host.say(REQUEST, message_id=None)["user_code"])
    assert host.say("done", message_id=None)["state"] == "connected"


def test_a_done_played_back_confirms_no_code_shown_after_it(start: Start, provider: LocalProvider) -> None:
    """It passed while nothing was in progress; the signed moment tells, also after a restart, that it came before."""
    host, early = start(), datetime.now(UTC) - timedelta(minutes=2)
    done = host.message("done")
    assert host.post("/v1/messages", done, id="msg_done", at=early).json() == {"handled": False}
    provider.approve(host.say(REQUEST)["user_code"])
    assert host.post("/v1/messages", done, id="msg_done", at=early).json() == {"handled": False}
    assert start().post("/v1/messages", done, id="msg_done", at=early).json()["state"] == "awaiting_confirm"
    assert provider.count("poll") == 0


def test_one_id_for_two_bodies_is_refused(host: Host, provider: LocalProvider) -> None:
    host.say("hello", id="msg_same")
    refused = host.post("/v1/messages", host.message(REQUEST), id="msg_same")
    assert (refused.status_code, refused.json()["error"], provider.count()) == (409, "id_reused", 0)


# Who may speak.


def test_several_secrets_let_one_be_exchanged(start: Start) -> None:
    host = start(webhook_secret=SecretStr(f"{OTHER_SECRET} {SECRET}"))
    assert host.say("hello") == {"handled": False}
    assert host.post("/v1/messages", host.message("hello"), secret=OTHER_SECRET).status_code == 200


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/tool", "/v1/responses"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": -6},
        {"minutes": 6},
        {"secret": OTHER_SECRET},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,x"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "nan"},
        {"webhook-id": "msg_of_another"},
        {"webhook-id": "m" * 300},
    ],
    ids=str,
)
def test_an_unsigned_word_is_refused(host: Host, provider: LocalProvider, path: str, wrong: dict[str, Any]) -> None:
    """trust.md, section 3: forged or replayed, nothing happens."""
    wrong = dict(wrong)
    at = datetime.now(UTC) + timedelta(minutes=wrong.pop("minutes", 0))
    refused = host.post(path, host.message(REQUEST), at=at, **wrong)
    assert (refused.status_code, refused.json()["error"]) == (401, "bad_signature")
    assert provider.count() == 0


def test_another_body_under_the_same_signature_is_refused(host: Host) -> None:
    signed = signature(SECRET, "msg_1", json.dumps(host.message("hello")).encode(), datetime.now(UTC))
    assert host.post("/v1/messages", host.message("bye"), id="msg_1", **signed).status_code == 401


def test_without_a_secret_only_programs_on_this_machine_are_heard(start: Start, provider: LocalProvider) -> None:
    host = start(webhook_secret=None)
    assert host.say(REQUEST)["state"] == "awaiting_confirm"
    for sent in ({"origin": "https://evil.example"}, {"origin": "null"}, {"host": "evil.example:8787"}):
        refused = host.post("/v1/messages", host.message(REQUEST), **sent)
        assert (refused.status_code, refused.json()["error"]) == (403, "local_only")
    assert provider.count("start") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.test", ""])
def test_no_start_without_a_secret_on_any_other_address(settings: Settings, host: str) -> None:
    with pytest.raises(OpenToOthersError, match="CODEX_ONBOARDING_WEBHOOK_SECRET"):
        listen(settings.model_copy(update={"webhook_secret": None}), host, 0)


@pytest.mark.parametrize("taken", [lambda settings: listen(settings, "::1", 0), lambda _: mcp_listen("127.0.0.1", 0)])
def test_a_small_answer_waits_for_nothing(settings: Settings, taken: Callable[[Settings], socket.socket]) -> None:
    """It goes out in two pieces; the kernel would hold the second until the first is acknowledged, 40 ms later."""
    with (
        taken(settings) as listener,
        socket.create_connection(listener.getsockname()[:2]),
        listener.accept()[0] as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("secret", ["word", "whsec_", "whsec_c2hvcnQ=", f"{SECRET} x", "whsec_!!!!"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(webhook_secret=secret)
    assert "whsec_ with 24 to 64 bytes" in str(refused.value)
    assert "input" not in str(refused.value)


# Requests that are none.


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "not_json"),
        (b"", 400, "not_json"),
        (b'{"text": "\xff"}', 401, "bad_signature"),
        (b"[" * 100_000, 400, "not_json"),
        (b"[]", 422, "bad_fields"),
        (b'{"text": "sk-canary"}', 422, "bad_fields"),
        (b'{"text": 5, "conversation_id": "c", "private": "yes", "sk-canary": 1}', 422, "bad_fields"),
        (b'"' + b"x" * MESSAGE_LIMIT + b'"', 413, "too_large"),
    ],
)
def test_a_body_that_is_none_is_refused_and_not_repeated(host: Host, body: bytes, status: int, error: str) -> None:
    refused = host.post("/v1/messages", body)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert "canary" not in refused.text and "xxx" not in refused.text


def test_wrong_fields_are_named_with_their_reasons(host: Host) -> None:
    refused = host.post("/v1/messages", host.message("hello", private="yes", colour="red"))
    assert refused.json()["fields"] == {
        "private": "Input should be a valid boolean",
        "(unknown)": "Extra inputs are not permitted",
    }


def test_an_endless_body_is_cut(host: Host) -> None:
    """No length is announced, so only counting helps."""
    sent = host.http.post(
        "/v1/messages", content=iter([b" " * 65536] * 8), headers={"content-type": "application/json"}
    )
    assert (sent.status_code, sent.json()["error"]) == (413, "too_large")


def test_another_type_path_or_method_is_refused_in_json(host: Host) -> None:
    form = host.post("/v1/messages", b"text=hello", **{"content-type": "application/x-www-form-urlencoded"})
    assert (form.status_code, form.json()["error"]) == (415, "json_wanted")
    assert host.http.get("/nothing").json()["error"] == "not_found"
    wrong = host.http.get("/v1/messages")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["error"]) == (405, "POST", "method_not_allowed")


# The tool.


def test_the_tool_answers_and_keeps_its_guard(host: Host, provider: LocalProvider) -> None:
    assert host.tool("status").json()["connected"] is False
    assert host.tool("start").json()["error"] == "request_required"
    assert host.tool("poll", pending_id="x").json()["error"] == "confirmation_required"
    connect(host, provider)
    assert host.tool("status").json()["email"] == "ana@example.test"
    assert host.tool("logout").json()["error"] == "request_required"
    assert (provider.count("start"), provider.count("poll")) == (1, 1)


def test_an_agent_drives_the_tool_with_what_the_person_asked_for(start: Start, provider: LocalProvider) -> None:
    host = start(answers="agent")
    assert host.say(REQUEST) == {"handled": False}
    started = host.tool("start", id="msg_start").json()
    assert host.tool("start", id="msg_start").json() == started
    provider.approve(started["user_code"])
    assert host.say("done") == {"handled": False}
    assert host.tool("poll", pending_id=started["pending_id"]).json()["status"] == "connected"
    assert (provider.count("start"), provider.count("poll")) == (1, 1)


def test_a_call_played_back_after_a_restart_does_nothing(start: Start, provider: LocalProvider) -> None:
    """Words that an agent quotes would ask anew each time; the id is spent in the store."""
    quoted = {"user_message": "log me out of ChatGPT"}
    host = start(trust_quoted_words=True)
    connect(host, provider)
    assert host.tool("logout", id="msg_bye", **quoted).json()["ok"] is True
    connect(host, provider)
    again = start(trust_quoted_words=True).tool("logout", id="msg_bye", **quoted)
    assert (again.status_code, again.json()["error"]) == (409, "already_done")
    assert host.tool("status").json()["connected"] is True


def test_the_tool_says_nothing_in_a_shared_room(host: Host, provider: LocalProvider) -> None:
    connect(host, provider)
    refused = host.tool("status", private=False)
    assert (refused.status_code, refused.json()["error"]) == (403, "private_only")
    assert "ana@" not in refused.text


# Trouble around it.


@pytest.fixture
def gate() -> Gate:
    return Gate()


class TestSlowProvider:
    @pytest.fixture
    def provider(self, gate: Gate) -> LocalProvider:
        provider = LocalProvider(sleep=gate.sleep)
        provider.latency = 10
        return provider

    def test_a_host_that_won_t_wait_gets_the_answer_with_the_next_delivery(
        self, host: Host, provider: LocalProvider, gate: Gate
    ) -> None:
        """runtimes.md, section 4.9: a host has a deadline; the flow goes on, and is started once."""
        message = host.message(REQUEST)
        with gate:
            early = host.post("/v1/messages", message, id="msg_1", prefer="wait=0.2")
        assert (early.status_code, early.json()) == (202, {"handled": True, "pending": True})
        assert early.headers["retry-after"] == "1"
        shown = host.post("/v1/messages", message, id="msg_1").json()
        assert (shown["state"], provider.count("start")) == ("awaiting_confirm", 1)

    def test_ordinary_messages_of_others_pass_meanwhile(self, host: Host, gate: Gate) -> None:
        with gate:
            assert host.say(REQUEST, wait="wait=0.1")["pending"]
            assert host.say("What's on my calendar today?", user_id="bob") == {"handled": False}


@contextmanager
def broken(home: Path) -> Iterator[None]:
    """A database that is none, for as long as the block lasts."""
    database = home / "onboarding.db"
    kept = {path: path.read_bytes() for path in home.glob("onboarding.db*")}
    for path in kept:
        path.unlink()
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        for path, content in kept.items():
            path.write_bytes(content)
            path.chmod(0o600)


def test_a_database_that_is_down_shows_and_nothing_starts(
    start: Start, settings: Settings, provider: LocalProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """trust.md, section 4: a plain answer, and recovery without a restart."""
    settings.home.mkdir(mode=0o700)
    host = start()
    with broken(settings.home):
        down = host.http.get("/readyz")
        assert (down.status_code, down.json()["error"]) == (503, "not_ready")
        assert host.http.get("/healthz").status_code == 200
        assert host.say("What's on my calendar today?") == {"handled": False}
        assert host.say(REQUEST)["handled"] is True
        assert host.tool("refresh").json()["error"] == "storage"
        assert host.ask("Hi").status_code == 503
    assert provider.count() == 0
    assert host.http.get("/readyz").json() == {"ok": True}
    assert host.say(REQUEST)["state"] == "awaiting_confirm"


class BreaksOnce(Onboarding):
    """A hook with a bug."""

    faults = 1

    async def handle(self, message: Message) -> Reply | None:
        if self.faults:
            self.faults = 0
            raise RuntimeError(message.text)
        return await super().handle(message)


def test_a_bug_is_answered_without_a_traceback(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Told by its name alone; and what broke may be delivered again."""
    host = start(hook=BreaksOnce)
    message = host.message("a canary")
    first = host.post("/v1/messages", message, id="msg_1")
    assert (first.status_code, first.json()["error"]) == (500, "internal")
    assert "RuntimeError" in caplog.text and "canary" not in caplog.text + first.text
    assert host.post("/v1/messages", message, id="msg_1").json() == {"handled": False}


# Around it.


def test_metrics_count_without_a_word_of_anybody(host: Host, provider: LocalProvider) -> None:
    connect(host, provider)
    host.say("hello")
    host.post("/v1/messages", b"{")
    shown = host.http.get("/metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    assert 'codex_onboarding_service_requests_total{path="/v1/messages",status="200"} 3' in shown.text
    assert 'codex_onboarding_service_messages_total{outcome="connected"} 1' in shown.text
    assert 'codex_onboarding_service_messages_total{outcome="passed"} 1' in shown.text
    assert 'codex_onboarding_service_refused_total{error="not_json"} 1' in shown.text
    assert "ana" not in shown.text


def test_its_page_describes_it_and_loads_nothing(host: Host) -> None:
    described, shown = host.http.get("/openapi.json").json(), host.http.get("/docs")
    assert all(path in shown.text for path in described["paths"])
    assert all(f'id="{name}"' in shown.text for name in described["components"]["schemas"])
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    for outside in ("<script", "src=", "<link", "@import", "http://", "https://"):
        assert outside not in shown.text


def test_no_secret_is_in_what_it_says_or_logs(
    host: Host, provider: LocalProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule 6: whole bodies and the log at DEBUG; the user code stands in the one reply that shows it."""
    caplog.set_level(logging.DEBUG)
    said = [host.say(REQUEST)]
    provider.approve(said[0]["user_code"])
    said += [host.say("done"), host.tool("status").json(), host.tool("models").json(), host.ask("Hi").text]
    said += [host.http.get("/metrics").text, host.tool("refresh").json()]
    bodies = json.dumps(said)
    secrets = provider.secrets()
    assert secrets and not [secret for secret in secrets if secret in bodies or secret in caplog.text]
    assert SECRET not in caplog.text
    assert provider.codes[0].user_code not in json.dumps(said[1:]) + caplog.text


DOC = (Path(__file__).parents[2] / "docs" / "runtimes" / "http.md").read_text(encoding="utf-8")


def test_the_examples_of_the_document_work(
    host: Host, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python signs in and asks the model; the shell says "done" in between."""
    url = str(host.http.base_url).rstrip("/")
    monkeypatch.setenv("CODEX_ONBOARDING_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    document = DOC.replace("http://127.0.0.1:8787", url)
    first, last = re.findall(r"```python\n(.*?)```", document, re.S)
    scope: dict[str, Any] = {}
    exec(first, scope)
    code = provider.codes[0].user_code
    assert code in capsys.readouterr().out
    provider.approve(code)
    shell = re.findall(r"```sh\n(body=.*?)```", document, re.S)[0]
    said = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["text"].startswith("Connected as ana@example.test")
    exec(last, scope)
    assert "response.completed" in capsys.readouterr().out
