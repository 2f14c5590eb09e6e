"""The chat page in a real browser: Debian's chromium, without a head, in every language and both colour schemes."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from intents import classify
from skill import Onboarding, Settings
from skill.core import machine
from skill.core.replies import languages
from skill.core.states import State
from skill.runtimes.page import ChatPage, NotLocalError
from skill.runtimes.page.app import HERE, WORDS, chosen
from skill.runtimes.page.diagram import BOX, PLACES, SIZE, arrows
from skill.runtimes.service import build, in_thread, listen
from skill.simulator import LocalProvider

from .gate import Gate

START, DONE = ({language: words[key] for language, words in WORDS.items()} for key in ("say_start", "say_done"))
LOCALE = {"en": "en-US", "es": "es-MX", "zh": "zh-CN"}
# What a click on a suggestion must mean, and where it is offered.
MEANS = {
    ("say_start", None): "oauth",
    ("say_ambiguous", None): "ambiguous",
    ("say_models", None): "models",
    ("say_usage", None): "usage",
    ("say_logout", None): "logout",
    ("say_hello", None): "none",
    ("say_choose", "clarifying"): "choose_oauth",
    ("say_cancel", "clarifying"): "cancel",
    ("say_done", "awaiting_confirm"): "confirm",
    ("say_not_yet", "awaiting_confirm"): "not_yet",
    ("say_again", "awaiting_confirm"): "resend",
    ("say_cancel", "awaiting_confirm"): "cancel",
    ("retry", "failed"): "retry",
    ("say_cancel", "failed"): "cancel",
}
WIDE, NARROW = (1360, 860), (390, 844)

STICKS_OUT = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > innerWidth)
    .map(each => each.outerHTML.slice(0, 80))"""

expect.set_options(timeout=60_000)  # ms; a busy machine starts a browser slowly, and nothing here waits in vain

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "Debian's chromium is missing; `make test` installs it"
    # As root in a container chromium can't make its sandbox; it sees nothing but this machine's pages here.
    flags = ["--no-sandbox"]
    with sync_playwright() as driver, driver.chromium.launch(executable_path=found, args=flags) as browser:
        yield browser


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    onboarding = Onboarding(settings)
    with in_thread(build(onboarding, page=ChatPage(onboarding)), listen(settings, "127.0.0.1", 0)) as url:
        yield url


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[Open]:
    """Open the page as a new person; at the end nothing may have been complained about or fetched from elsewhere."""
    complaints: list[str] = []
    with ExitStack() as open_:

        def begin(language: str = "en", scheme: str = "light", size: tuple[int, int] = WIDE) -> Page:
            context: BrowserContext = open_.enter_context(
                browser.new_context(
                    locale=LOCALE[language],
                    color_scheme=scheme,  # type: ignore[arg-type]
                    viewport={"width": size[0], "height": size[1]},
                    permissions=["clipboard-read", "clipboard-write"],
                )
            )
            page = context.new_page()
            page.on("pageerror", lambda fault: complaints.append(str(fault)))
            page.on("console", lambda line: complaints.append(line.text) if _complains(line) else None)
            page.on("request", lambda asked: asked.url.startswith((url, "data:")) or complaints.append(asked.url))
            page.goto(url)
            expect(now(page, State.IDLE)).to_be_visible()
            return page

        yield begin
    assert complaints == []


def _complains(line: ConsoleMessage) -> bool:
    """What the browser itself says of an answer like 429 is no complaint about the page."""
    return line.type == "error" and "Failed to load resource" not in line.text


def now(page: Page, state: State) -> Locator:
    """The one state that is lit."""
    return page.locator(f".state.now[data-state={state}]")


def say(page: Page, text: str, answered: bool = True) -> None:
    """Type it and press Enter; wait for the answer unless there is none yet."""
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")
    if answered:
        expect(page.locator("#send")).to_be_enabled()


def connect(page: Page, provider: LocalProvider, account: str = "ana@example.test") -> None:
    say(page, START["en"])
    provider.approve(provider.codes[-1].user_code, account)
    say(page, DONE["en"])
    expect(now(page, State.CONNECTED)).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", WORDS)
def test_the_whole_flow(
    open_page: Open, provider: LocalProvider, tmp_path: Path, language: str, scheme: str, size: tuple[int, int]
) -> None:
    """From first word to connected, with the provider's own page in the tab that the link opens."""
    page, words = open_page(language, scheme, size), WORDS[language]
    assert page.locator("html").get_attribute("lang") == {"en": "en", "es": "es", "zh": "zh-Hans"}[language]
    page.screenshot(path=tmp_path / "1-ready.png")

    page.get_by_role("button", name=START[language]).click()
    expect(now(page, State.AWAITING_CONFIRM)).to_be_visible()
    code = provider.codes[-1].user_code
    expect(page.locator(".code output")).to_have_text(code)
    page.get_by_role("button", name=words["copy"]).click()
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.screenshot(path=tmp_path / "2-code.png", full_page=True)

    with page.expect_popup() as opened:
        page.get_by_role("link", name=words["open"]).click()
    provider_page = opened.value
    assert code not in provider_page.url and provider_page.evaluate("window.opener") is None
    provider_page.locator("#code").fill(page.evaluate("navigator.clipboard.readText()"))
    provider_page.locator("button.main").click()
    provider_page.locator("label.account").first.click()
    provider_page.locator("button.main").click()
    expect(provider_page.locator("[role=status]")).to_be_visible()
    provider_page.close()
    assert provider.count("poll") == 0

    page.get_by_role("button", name=DONE[language], exact=True).click()
    expect(now(page, State.CONNECTED)).to_be_visible()
    expect(page.locator(".turn.good")).to_contain_text("ana@example.test")
    expect(page.locator("#polls")).to_have_text("1")
    expect(page.locator("#confirmations")).to_have_text("1")
    page.screenshot(path=tmp_path / "3-connected.png", full_page=True)
    assert page.evaluate(STICKS_OUT) == []


def test_that_nothing_polls_by_itself_can_be_seen(open_page: Open, provider: LocalProvider) -> None:
    """Half an hour of the page's time passes beside a shown code: the log stays as it is."""
    page = open_page()
    page.clock.install()
    say(page, START["en"])
    page.clock.run_for(30 * 60 * 1000)
    expect(page.locator("#requests li")).to_have_count(1)
    say(page, DONE["en"])
    say(page, DONE["en"])
    expect(page.locator("#requests li.poll")).to_have_count(2)
    expect(page.locator("#confirmations")).to_have_text("2")
    assert (provider.count("start"), provider.count("poll")) == (1, 2)


def test_the_way_is_drawn(open_page: Open) -> None:
    """Each message lights the arrows that it took."""
    page = open_page()
    say(page, "I want to add the OpenAI model")
    expect(now(page, State.CLARIFYING)).to_be_visible()
    say(page, "subscription")
    taken = page.locator(".arrow.taken")
    expect(taken).to_have_count(2)
    assert [(each.get_attribute("data-from"), each.get_attribute("data-to")) for each in taken.all()] == [
        ("clarifying", "started"),
        ("started", "awaiting_confirm"),
    ]
    expect(page.locator("#step")).to_have_text("code_issued: started → awaiting_confirm")


def test_the_model_answers_where_it_was_chosen(open_page: Open, provider: LocalProvider) -> None:
    """What passes goes to the assistant, after `/model` to the person's own plan."""
    page = open_page()
    say(page, "What's on my calendar today?")
    expect(page.locator(".turn.aside").last).to_have_text(WORDS["en"]["passed"])
    connect(page, provider)
    say(page, "/model openai-codex/gpt-5-codex")
    expect(page.locator("#model")).to_have_value("openai-codex/gpt-5-codex")
    say(page, "Hello there")
    expect(page.locator(".turn.model .says")).to_have_text("Hello from gpt-5-codex. You said: Hello there")
    provider.limit("ana@example.test", 3600)
    page.locator("#text").fill("And now?")
    with page.expect_response("**/chat/model") as refused:
        page.locator("#text").press("Enter")
    assert refused.value.status == 429


def test_a_logout_takes_the_models_away(open_page: Open, provider: LocalProvider) -> None:
    page = open_page()
    connect(page, provider)
    expect(page.locator("#model option")).to_have_count(4)
    say(page, "Log out of ChatGPT")
    expect(now(page, State.IDLE)).to_be_visible()
    expect(page.locator("#model option")).to_have_count(1)


def test_a_declined_code_brings_a_new_one(open_page: Open, provider: LocalProvider) -> None:
    page = open_page()
    say(page, START["en"])
    provider.decline(provider.codes[-1].user_code)
    say(page, DONE["en"])
    expect(page.locator(".code output").last).to_have_text(provider.codes[-1].user_code)
    expect(page.locator(".turn.skill").last.locator(".says")).to_contain_text("declined")


def test_words_stay_words(open_page: Open) -> None:
    """Nothing that is typed becomes HTML."""
    page = open_page()
    hostile = "<img src=x onerror=alert(1)> hello"
    say(page, hostile)
    expect(page.locator(".turn.you .says")).to_have_text(hostile)
    expect(page.locator("#log img")).to_have_count(0)


def test_it_works_by_keyboard_alone(open_page: Open, provider: LocalProvider) -> None:
    page = open_page()
    page.get_by_role("link", name=WORDS["en"]["skip"]).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type(START["en"])
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".code output")).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    page.get_by_role("button", name=WORDS["en"]["copy"]).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == provider.codes[-1].user_code


def test_it_speaks_to_a_screen_reader(open_page: Open) -> None:
    """Everything that can be used has a name, and what arrives is announced."""
    page = open_page()
    say(page, START["en"])
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_contain_text(WORDS["en"]["step_code"])
    unnamed = page.locator("button, a, input, textarea, select").evaluate_all(
        "all => all.filter(each => !(each.textContent.trim() || each.labels?.length || each.ariaLabel)).length"
    )
    assert unnamed == 0
    assert page.get_by_role("status").first.inner_text()
    expect(page.get_by_role("img", name=WORDS["en"]["machine_label"])).to_be_visible()
    assert page.get_by_role("heading", level=1).count() == 1


def test_a_broken_connection_is_told(open_page: Open, browser: Browser, url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/chat")
    page.route("**/chat/messages", lambda route: route.abort())
    say(page, "hello")
    expect(page.locator(".turn.bad")).to_contain_text(WORDS["en"]["broken"])
    context.close()


class TestSlowProvider:
    @pytest.fixture
    def gate(self) -> Gate:
        return Gate()

    @pytest.fixture
    def provider(self, gate: Gate) -> LocalProvider:
        provider = LocalProvider(sleep=gate.sleep)
        provider.latency = 10
        return provider

    def test_a_state_that_lasts_for_a_moment_is_seen(self, open_page: Open, gate: Gate) -> None:
        """`started` and `polling` are lit while the call is in flight."""
        page = open_page()
        with gate:
            say(page, START["en"], answered=False)
            expect(now(page, State.STARTED)).to_be_visible()
            expect(page.locator(".waiting")).to_have_count(1)
        expect(now(page, State.AWAITING_CONFIRM)).to_be_visible()
        expect(page.locator(".waiting")).to_have_count(0)


# Without a browser.


def test_only_its_own_page_may_speak(url: str) -> None:
    """trust.md, section 3: another site's page, a rebound name, somebody without the cookie."""
    with httpx.Client(base_url=url, trust_env=False) as http:
        assert http.get("/chat").status_code == 200
        body, own = {"text": START["en"]}, {"origin": url}
        for headers in ({}, {"origin": "https://evil.example"}, own | {"host": "evil.example"}, {"origin": "null"}):
            assert http.post("/chat/messages", json=body, headers=headers).status_code == 403
        assert http.get("/chat", headers={"host": "evil.example"}).status_code == 403
        assert http.get("/chat/view", headers={"host": "evil.example"}).status_code == 403
        assert http.post("/chat/messages", json=body, headers=own).json()["state"] == "awaiting_confirm"
        http.cookies.clear()
        assert http.post("/chat/messages", json=body, headers=own).status_code == 403
        assert http.get("/chat/view").status_code == 403
        assert http.get("/chat/words.json").status_code == 404


def test_everything_comes_from_the_service(url: str) -> None:
    """No CDN, nothing inline that runs."""
    shown = httpx.get(f"{url}/chat", trust_env=False)
    assert "script-src 'self'; style-src 'self'" in shown.headers["content-security-policy"]
    files = [shown.text, *(HERE.joinpath(name).read_text(encoding="utf-8") for name in ("chat.css", "chat.js"))]
    for text in files:
        assert not re.search(r"https?://(?!127\.0\.0\.1)|@import|style=|\bon\w+=|innerHTML|eval\(", text)
    assert "httponly" in shown.headers["set-cookie"].lower()


def test_it_works_beside_a_provider_of_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(NotLocalError):
        ChatPage(Onboarding(Settings(home=tmp_path, issuer="https://auth.openai.com")))


def test_the_drawing_is_the_machine() -> None:
    """Every state and every arrow of `machine.diagram()`, within the frame and apart from each other."""
    drawn = set(re.findall(r"(\w+) --> (\w+):", machine.diagram()))
    assert {(str(a), str(b)) for a, b in arrows()} == {pair for pair in drawn if pair[0] != pair[1]}
    assert set(PLACES) == set(State)
    for x, y in PLACES.values():
        assert BOX[0] / 2 <= x <= SIZE[0] - BOX[0] / 2 and BOX[1] / 2 <= y <= SIZE[1] - BOX[1] / 2
        near = [(a, b) for a, b in PLACES.values() if abs(a - x) < BOX[0] and abs(b - y) < BOX[1]]
        assert near == [(x, y)]


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_words(language: str) -> None:
    assert WORDS["en"].keys() == WORDS[language].keys()
    for key, text in WORDS["en"].items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", WORDS[language][key]), key


@pytest.mark.parametrize("language", WORDS)
def test_a_suggestion_means_what_it_is_offered_for(language: str) -> None:
    """And names its step, so that it counts however long the page was looked at (conversation.md, rule 7)."""
    heard = {offered: classify(WORDS[language][offered[0]], offered[1]) for offered in MEANS}
    assert {offered: str(said.label) for offered, said in heard.items()} == MEANS
    assert [offered for offered, said in heard.items() if said.weak] == []


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [("", "", "en"), ("", "zh-TW,zh;q=0.9", "zh"), ("", "fr, zh;q=0.5", "zh"), ("es", "en", "es"), ("xx", "de", "en")],
)
def test_language(asked: str, accepted: str, language: str) -> None:
    assert chosen(asked, accepted) == language


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "card"),
        ("ink", "bubble"),
        ("ink", "wash"),
        ("soft", "card"),
        ("soft", "ground"),
        ("soft", "wash"),
        ("accent", "card"),
        ("accent", "wash"),
        ("accent-ink", "accent"),
        ("poll", "poll-wash"),
        ("bad", "bad-wash"),
    ],
)
def test_words_stand_out_enough(scheme: int, ink: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    palette = dict(re.findall(r"--([\w-]+): (#\w{6})", _blocks()[scheme]))
    light, dark = sorted((_luminance(palette[ink]), _luminance(palette[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _blocks() -> list[str]:
    return re.findall(r":root \{(.*?)\}", (HERE / "chat.css").read_text(encoding="utf-8"), re.S)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
