"""The MCP server with the real SDK: in process, over stdio and over HTTP, in both eras of the protocol."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from skill.core.replies import catalogue
from skill.oauth.tool import SCHEMA
from skill.runtimes.mcp import TokenFileError, Tokens, build
from skill.runtimes.mcp.questions import Person as Caller
from skill.runtimes.mcp.questions import Questions
from skill.simulator import LocalProvider, Served, serve_in_thread
from skill.testing import Stage

SIGN_IN = "Sign in with my ChatGPT account"
both_eras = pytest.mark.parametrize("mode", ["legacy", "auto"])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Everything in this process; at the end no secret may have got out."""
    with Stage(tmp_path / "home") as stage:
        yield stage
        assert stage.leaks() == []


class Person:
    """Who sits before the client: answers its questions, and sees what no model sees."""

    def __init__(self, agrees: bool = True) -> None:
        self.agrees, self.asked = agrees, list[Any]()

    async def answer(self, _: object, params: Any) -> ElicitResult:
        self.asked.append(params)
        return ElicitResult(action="accept" if self.agrees else "decline", content={} if self.agrees else None)

    @property
    def modes(self) -> list[str]:
        return [params.mode for params in self.asked]


class Agent:
    """A model that holds the tool, and all that it ever got to read."""

    def __init__(self, client: Client) -> None:
        self.client, self.read = client, list[str]()

    async def call(self, action: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool("openai_oauth", {"action": action, **arguments})
        self.read.append(result.model_dump_json())
        assert result.structured_content == json.loads(result.content[0].text)  # type: ignore[union-attr]
        return result.structured_content


@asynccontextmanager
async def agent(stage: Stage, mode: str, person: Person | None = None, **options: Any) -> AsyncIterator[Agent]:
    server = build(stage.skill, **({"local_user": "ana"} | options))
    async with Client(server, mode=mode, elicitation_callback=person and person.answer) as client:
        yield Agent(client)


async def connect(ana: Agent, approve: Callable[[], object], start: dict[str, Any], poll: dict[str, Any]) -> str:
    """From the first word to connected, as the skill's document has it; as whom."""
    assert (await ana.call("status"))["connected"] is False
    started = await ana.call("start", **start)
    assert (await ana.call("poll", pending_id=started["pending_id"], **poll))["status"] == "pending"
    approve()
    polled = await ana.call("poll", pending_id=started["pending_id"], **poll)
    assert polled["status"] == "connected" and polled["models"][0] == "openai-codex/gpt-5-codex"
    return str((await ana.call("status"))["email"])


@both_eras
def test_a_person_is_connected_and_no_model_sees_the_code(stage: Stage, mode: str) -> None:
    """conversation.md, section 7: the word comes from the client's own question; 4.6: the code past the model."""
    person = Person()

    async def talk() -> None:
        async with agent(stage, mode, person) as ana:
            approve = lambda: stage.provider.approve(stage.code)  # noqa: E731
            assert await connect(ana, approve, {}, {}) == "ana@example.test"
            assert not [text for text in ana.read for secret in _secrets(stage) if secret in text]

    stage.run(talk())
    assert person.modes == ["form", "url", "form", "form"]
    page = person.asked[1]
    assert page.url == stage.verification_url and stage.code not in page.url
    assert page.message == catalogue("en").text("display", verification_url=page.url, user_code=stage.code)
    assert [stage.asked(endpoint) for endpoint in ("start", "poll", "exchange")] == [1, 2, 1]


@both_eras
def test_a_client_that_cannot_ask_gets_plain_text_where_words_may_be_quoted(stage: Stage, mode: str) -> None:
    """Section 7: from quoted words only if the operator allows it; section 4: the text is exact."""
    stage.settings |= {"trust_quoted_words": True}

    async def talk() -> None:
        async with agent(stage, mode) as ana:
            started = await ana.call("start", user_message="使用我的Codex订阅")
            shown = {"verification_url": stage.verification_url, "user_code": stage.code}
            assert started["show_user"] == catalogue("zh").text("display", **shown)
            assert started["user_code"] == stage.code
            stage.provider.approve(stage.code)
            polled = await ana.call("poll", pending_id=started["pending_id"], user_message="not yet")
            assert polled["error"] == "confirmation_required"
            polled = await ana.call("poll", pending_id=started["pending_id"], user_message="done")
            assert polled["status"] == "connected"

    stage.run(talk())
    assert (stage.asked("start"), stage.asked("poll")) == (1, 1)


@both_eras
@pytest.mark.parametrize("words", [None, SIGN_IN])
def test_without_the_persons_word_nothing_is_started(stage: Stage, mode: str, words: str | None) -> None:
    """Rule 1. The agent's own claim of what was said is no word of the person's."""

    async def talk() -> None:
        async with agent(stage, mode) as ana:
            refused = await ana.call("start", user_message=words)
            assert refused["error"] == "request_required"
            assert "CODEX_ONBOARDING_TRUST_QUOTED_WORDS" in refused["message"]
            assert (await ana.call("poll", pending_id="x"))["error"] == "confirmation_required"
            assert (await ana.call("logout"))["error"] == "request_required"

    stage.run(talk())
    assert stage.asked() == 0


@both_eras
def test_a_person_who_declines_is_not_signed_in(stage: Stage, mode: str) -> None:
    person = Person(agrees=False)

    async def talk() -> None:
        async with agent(stage, mode, person) as ana:
            assert (await ana.call("start"))["error"] == "request_required"

    stage.run(talk())
    assert (person.modes, stage.asked()) == (["form"], 0)


@both_eras
def test_the_page_may_be_declined_and_the_code_stays_hidden(stage: Stage, mode: str) -> None:
    """The sign-in was started; that nobody went to the page is told, and a poll finds it pending."""
    person = Person()

    async def answer(context: object, params: Any) -> ElicitResult:
        person.agrees = params.mode == "form"
        return await person.answer(context, params)

    async def talk() -> None:
        async with Client(build(stage.skill, "ana"), mode=mode, elicitation_callback=answer) as client:
            started = await Agent(client).call("start")
            assert started["shown"] is False and "user_code" not in started

    stage.run(talk())
    assert stage.asked("start") == 1


@both_eras
def test_each_logout_is_asked_for_and_status_is_not(stage: Stage, mode: str) -> None:
    person = Person()

    async def talk() -> None:
        async with agent(stage, mode, person) as ana:
            await connect(ana, lambda: stage.provider.approve(stage.code), {}, {})
            person.asked.clear()
            assert (await ana.call("start"))["error"] == "already_connected"
            for action in ("status", "models", "usage"):
                assert (await ana.call(action))["ok"]
            assert person.asked == []
            assert (await ana.call("logout"))["removed"]

    stage.run(talk())
    assert [params.message for params in person.asked] == [catalogue("en").text("agree_logout")]


@both_eras
def test_one_who_asks_again_gets_a_new_code(stage: Stage, mode: str) -> None:
    """A duplicate: the person is asked again, and the first code is dead."""

    async def talk() -> None:
        async with agent(stage, mode, Person()) as ana:
            first, second = await ana.call("start"), await ana.call("start")
            polled = await ana.call("poll", pending_id=first["pending_id"])
            assert polled["error"] == "unknown_pending_id"
            assert (await ana.call("poll", pending_id=second["pending_id"]))["status"] == "pending"

    stage.run(talk())
    assert (stage.asked("start"), stage.asked("poll")) == (2, 1)


def test_an_answer_counts_once(stage: Stage) -> None:
    """Rule 2: a client that answers one question twice has confirmed once; the second time it is asked anew."""

    async def talk() -> None:
        async with agent(stage, "auto", Person()) as ana:
            started = await ana.call("start")
            poll = {"action": "poll", "pending_id": started["pending_id"]}
            call = ana.client.session.call_tool
            asked: Any = await call("openai_oauth", poll, allow_input_required=True)
            answer: Any = {
                "input_responses": {"answer": ElicitResult(action="accept", content={})},
                "request_state": asked.request_state,
                "allow_input_required": True,
            }
            assert asked.result_type == "input_required"
            assert (await call("openai_oauth", poll, **answer)).structured_content == {"ok": True, "status": "pending"}
            again: Any = await call("openai_oauth", poll, **answer)
            assert again.result_type == "input_required"

    stage.run(talk())
    assert stage.asked("poll") == 1


def test_a_question_is_for_one_person_one_action_and_ten_minutes() -> None:
    """Rule 2: a confirmation is of the person who asked, and not older than 10 minutes."""
    passed = [0.0]
    questions, ana, bo = Questions(lambda: passed[0]), Caller("ana"), Caller("bo")
    name = questions.ask(ana, "poll")
    assert questions.take(bo, "poll", name) is None
    assert questions.take(ana, "logout", name) is None
    assert questions.take(ana, "poll", "guessed") is None
    passed[0] = 599.0
    assert questions.take(ana, "poll", name)
    assert questions.take(ana, "poll", name) is None
    older = questions.ask(ana, "poll")
    newer = questions.ask(ana, "poll")
    assert questions.take(ana, "poll", older) is None
    passed[0] += 600.0
    assert questions.take(ana, "poll", newer) is None


@both_eras
@pytest.mark.parametrize(("language", "words", "told"), [("zh-CN", None, "zh"), (None, "inicia sesión", "es")])
def test_the_question_is_in_the_persons_language(
    stage: Stage, mode: str, language: str | None, words: str | None, told: str
) -> None:
    person = Person(agrees=False)
    said = "Quiero iniciar sesión con mi cuenta de ChatGPT" if words else None

    async def talk() -> None:
        async with agent(stage, mode, person, language=language) as ana:
            await ana.call("start", user_message=said)

    stage.run(talk())
    assert person.asked[0].message == catalogue(told).text("agree_start")


@both_eras
def test_a_caller_whom_nobody_verified_gets_nothing(stage: Stage, mode: str) -> None:
    """Rule 7: without a user id nothing is started, and nothing is told."""

    async def talk() -> None:
        async with agent(stage, mode, Person(), local_user=None) as nobody:
            for action in ("status", "start", "logout"):
                assert (await nobody.call(action))["error"] == "request_required"

    stage.run(talk())
    assert stage.asked() == 0


@both_eras
@pytest.mark.parametrize("fault", ["hang", "drop", "503", "200-bytes"])
def test_a_slow_or_broken_provider_is_an_answer_too(stage: Stage, mode: str, fault: str) -> None:
    stage.provider.fault("start", fault)

    async def talk() -> None:
        async with agent(stage, mode, Person()) as ana:
            assert (await ana.call("start"))["error"] in ("network", "provider_error")

    if fault == "hang":
        stage.settings |= {"timeout": 0.2}
        stage.listen()
    stage.run(talk())
    assert stage.asked("start") == 1


@both_eras
def test_a_store_that_is_down_is_an_answer_too(stage: Stage, mode: str, tmp_path: Path) -> None:
    """An error of ours reaches the agent as `storage`, with no word of what it was."""
    (tmp_path / "file").write_text("")
    stage.folder = tmp_path / "file" / "home"

    async def talk() -> None:
        async with agent(stage, mode, Person()) as ana:
            assert (await ana.call("start"))["error"] == "storage"

    stage.run(talk())
    stage.folder = tmp_path / "home"


@both_eras
def test_the_tool_tells_its_form_and_what_it_changes(stage: Stage, mode: str) -> None:
    """Section 7; the hints are those of the worst of its seven actions."""

    async def talk() -> None:
        async with agent(stage, mode) as ana:
            (tool,) = (await ana.client.list_tools()).tools
            assert tool.name == "openai_oauth" and tool.description == SCHEMA["description"]
            offered, wanted = tool.input_schema["properties"], SCHEMA["parameters"]["properties"]
            assert offered.keys() == wanted.keys() and offered["action"]["enum"] == wanted["action"]["enum"]
            assert tool.input_schema["required"] == ["action"]
            hints = tool.annotations
            assert hints and (hints.read_only_hint, hints.destructive_hint) == (False, True)
            assert (hints.idempotent_hint, hints.open_world_hint) == (False, True)
            document = await ana.client.read_resource("skill://chatgpt-codex-onboarding/SKILL.md")
            assert "Never poll by yourself" in document.contents[0].text  # type: ignore[union-attr]

    stage.run(talk())


# The command, as a process of its own.


@pytest.fixture
def served() -> Iterator[Served]:
    with serve_in_thread(LocalProvider()) as served:
        yield served


@pytest.fixture
def environment(tmp_path: Path, served: Served) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODEX_ONBOARDING_")}
    addresses = {"CODEX_ONBOARDING_ISSUER": served.issuer, "CODEX_ONBOARDING_BACKEND_URL": served.backend_url}
    return kept | addresses | {"CODEX_ONBOARDING_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1"}


async def over_stdio(python: str, environment: dict[str, str], mode: str, served: Served) -> None:
    person, provider = Person(), served.provider
    server = StdioServerParameters(command=python, args=["-m", "skill", "mcp"], env=environment)
    async with Client(stdio_client(server), mode=mode, elicitation_callback=person.answer) as client:
        ana = Agent(client)
        approve = lambda: provider.approve(provider.codes[-1].user_code)  # noqa: E731
        assert await connect(ana, approve, {}, {}) == "ana@example.test"
        code = provider.codes[-1].user_code
        assert not [text for text in ana.read for secret in (*provider.secrets(), code) if secret in text]
    assert person.modes == ["form", "url", "form", "form"]
    assert (provider.count("start"), provider.count("poll")) == (1, 2)


@both_eras
def test_stdio(run: Callable[[Coroutine[Any, Any, None]], None], environment: Any, mode: str, served: Served) -> None:
    run(over_stdio(sys.executable, environment, mode, served))


@pytest.mark.full
@both_eras
def test_the_older_sdk(
    run: Callable[[Coroutine[Any, Any, None]], None],
    environment: Any,
    mode: str,
    served: Served,
    hermes_python: Path,
) -> None:
    """The server on mcp 1.26, as Hermes pins it; a client of today falls back to what that speaks."""
    shown = subprocess.run(
        [hermes_python, "-c", "from importlib.metadata import version; print(version('mcp'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("1.26.")
    run(over_stdio(str(hermes_python), environment, mode, served))


@both_eras
def test_http_knows_people_by_their_tokens(
    run: Callable[[Coroutine[Any, Any, None]], None], environment: Any, mode: str, served: Served, tmp_path: Path
) -> None:
    """trust.md, section 3: identity from the transport; one person's login is nobody else's."""
    people = {"ana": "a" * 40, "bo": "b" * 40}

    async def talk(url: str) -> None:
        person = Person()
        async with client_of(url, people["ana"], mode, person) as client:
            approve = lambda: served.provider.approve(served.provider.codes[-1].user_code)  # noqa: E731
            assert await connect(Agent(client), approve, {}, {}) == "ana@example.test"
        async with client_of(url, people["bo"], mode, Person()) as client:
            assert (await Agent(client).call("status"))["connected"] is False
            assert (await Agent(client).call("logout"))["removed"] is False

    with http_server(environment, people, tmp_path) as url:
        for header in ({}, {"authorization": "Bearer " + "c" * 40}):
            refused = httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=header)
            assert refused.status_code == 401
        run(talk(url))


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        ('{"ana": "short"}', 0o600, "32 characters"),
        ("[]", 0o600, "JSON object"),
        ("{", 0o600, "JSON object"),
        ('{"": "' + "a" * 40 + '"}', 0o600, "JSON object"),
        ('{"ana": "' + "a" * 40 + '", "bo": "' + "a" * 40 + '"}', 0o600, "same token"),
        ('{"ana": "' + "a" * 40 + '"}', 0o644, "chmod 600"),
    ],
)
def test_a_token_file_that_is_unfit_is_refused(tmp_path: Path, content: str, mode: int, told: str) -> None:
    with pytest.raises(TokenFileError, match=told) as unfit:
        Tokens.read(token_file(tmp_path, content, mode))
    assert "a" * 40 not in str(unfit.value)


def test_an_unfit_token_file_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    done = command(environment, "mcp", "--http", "--tokens", str(token_file(tmp_path, "[]")))
    assert done.returncode == 2 and done.stderr.endswith('such as {"ana": "<token>"}\n')
    assert done.stderr.count("\n") == 1


def test_http_is_not_served_without_tokens(environment: dict[str, str]) -> None:
    assert command(environment, "mcp", "--http").returncode == 2


def test_where_the_extra_is_missing_one_line_names_it(environment: dict[str, str]) -> None:
    code = "import sys; sys.modules['mcp'] = None; sys.argv[1:] = ['mcp']; from skill.cli import run; run()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    told = "codex-onboarding: The package mcp is missing: pip install 'chatgpt-codex-onboarding[mcp]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "skill", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


@asynccontextmanager
async def client_of(url: str, token: str, mode: str, person: Person) -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=person.answer) as client:
            yield client


@contextmanager
def http_server(environment: dict[str, str], people: dict[str, str], folder: Path) -> Iterator[str]:
    arguments = ["-m", "skill", "mcp", "--http", "--port", "0", "--tokens", str(token_file(folder, json.dumps(people)))]
    with subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def token_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "tokens.json"
    path.touch(mode)
    path.write_text(content)
    path.chmod(mode)
    return path


def _secrets(stage: Stage) -> list[str]:
    return [*stage.provider.secrets(), stage.code]
