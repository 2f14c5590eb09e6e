"""`/codex/device`: what a person sees and what it changes."""

import pytest

from skill.simulator import Account, LocalProvider
from skill.simulator.page_words import WORDS, choose_language

from .client import Client
from .conftest import Runner

PAGE = "/codex/device"


async def started(client: Client) -> str:
    code: str = (await client.start()).json()["user_code"]
    return code


def test_a_person_types_the_code_and_approves(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        flow = (await client.start()).json()
        code = flow["user_code"]
        chosen = await client.http.post(PAGE, data={"code": code})
        assert "ana@example.test" in chosen.text
        assert code in chosen.text
        assert provider.codes[0].state == "pending"
        form = {"code": code, "account": "wei@example.test", "decision": "approve"}
        done = await client.http.post(PAGE, data=form)
        assert "You are signed in" in done.text
        assert (await client.poll(flow)).status_code == 200

    run(scenario)
    assert provider.codes[0].account == provider.accounts.get("wei@example.test")


def test_a_person_declines(run: Runner, provider: LocalProvider) -> None:
    async def scenario(client: Client) -> None:
        flow = (await client.start()).json()
        reply = await client.http.post(PAGE, data={"code": flow["user_code"], "decision": "decline"})
        assert "Sign-in declined" in reply.text
        assert (await client.poll(flow)).json()["error"] == "authorization_declined"

    run(scenario)


@pytest.mark.parametrize("typing", ["{}", " {} ", "lower", "no hyphen", "wide"])
def test_the_code_is_forgiven_its_spelling(run: Runner, typing: str) -> None:
    def typed(code: str) -> str:
        wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
        spellings = {"lower": code.lower(), "no hyphen": code.replace("-", " "), "wide": wide}
        return spellings.get(typing) or typing.format(code)

    async def scenario(client: Client) -> None:
        reply = await client.http.post(PAGE, data={"code": typed(await started(client))})
        assert "Choose an account" in reply.text

    run(scenario)


def test_a_code_in_the_address_is_ignored(run: Runner) -> None:
    """conversation.md, rule 3: no link with the code in it leads anywhere."""

    async def scenario(client: Client) -> None:
        code = await started(client)
        for name in ("code", "user_code"):
            assert code not in (await client.http.get(PAGE, params={name: code})).text
            reply = await client.http.post(PAGE, params={name: code, "decision": "approve"})
            assert reply.status_code == 400

    run(scenario)


@pytest.mark.parametrize(
    ("before", "status", "key"),
    [
        ("approve", 409, "error_used"),
        ("decline", 409, "error_declined"),
        ("expire", 410, "error_expired"),
    ],
)
def test_a_code_that_is_over_says_why(run: Runner, provider: LocalProvider, before: str, status: int, key: str) -> None:
    async def scenario(client: Client) -> None:
        code = await started(client)
        getattr(provider, before)(code)
        reply = await client.http.post(PAGE, data={"code": code, "lang": "zh"})
        assert reply.status_code == status
        assert WORDS["zh"][key] in reply.text

    run(scenario)


def test_an_unknown_code_is_shown_back_escaped(run: Runner) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.http.post(PAGE, data={"code": '"><script>x</script>'})
        assert reply.status_code == 404
        assert "<script>" not in reply.text
        assert "&lt;script&gt;" in reply.text

    run(scenario)


def test_an_account_with_the_setting_off_is_refused_and_the_code_stays(run: Runner, provider: LocalProvider) -> None:
    """Section 12: the refusal appears only here, the client goes on seeing "pending"."""

    async def scenario(client: Client) -> None:
        flow = (await client.start()).json()
        form = {"code": flow["user_code"], "account": "kim@example.test", "decision": "approve"}
        reply = await client.http.post(PAGE, data=form)
        assert reply.status_code == 403
        assert "device code authorization for Codex" in reply.text
        assert (await client.poll(flow)).status_code == 403

    run(scenario)
    assert provider.codes[0].state == "pending"


def test_approving_without_an_account_asks_for_one(run: Runner) -> None:
    async def scenario(client: Client) -> None:
        form = {"code": await started(client), "decision": "approve"}
        reply = await client.http.post(PAGE, data=form)
        assert reply.status_code == 400
        assert "Choose an account first." in reply.text

    run(scenario)


def test_hostile_names_of_accounts_are_escaped(run: Runner, provider: LocalProvider) -> None:
    provider.accounts.add(Account("<b>@example.test", plan="<i>"))

    async def scenario(client: Client) -> None:
        reply = await client.http.post(PAGE, data={"code": await started(client)})
        assert "<b>@" not in reply.text
        assert "<i>" not in reply.text.lower()

    run(scenario)


def test_the_page_loads_nothing_and_runs_nothing(run: Runner) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.http.get(PAGE)
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"
        for outside in ("<script", "src=", "<link", "@import", "http://", "https://"):
            assert outside not in reply.text

    run(scenario)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr, en;q=0.3, zh-TW;q=0.5", "zh"),
        ("", "zh;q=0, en", "en"),
        ("", "zh;q=odd", "en"),
        ("", "de", "en"),
        ("es", "en", "es"),
        ("xx", "zh", "zh"),
    ],
)
def test_language(asked: str, accepted: str, language: str) -> None:
    assert choose_language(asked, accepted) == language


@pytest.mark.parametrize("language", WORDS)
def test_every_language_has_the_same_words(language: str) -> None:
    assert WORDS["en"].keys() == WORDS[language].keys()
    for key, text in WORDS["en"].items():
        for name in ("{code}", "{email}"):
            assert (name in text) == (name in WORDS[language][key]), key


def test_the_switch_keeps_the_step_and_hides_the_code(run: Runner) -> None:
    async def scenario(client: Client) -> None:
        code = await started(client)
        reply = await client.http.post(PAGE, data={"code": code, "lang": "zh"})
        assert '<html lang="zh-Hans">' in reply.text
        assert 'class="languages" method="post"' in reply.text

    run(scenario)
