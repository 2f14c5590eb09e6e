"""Pictures of the chat page, taken while a sign-in goes on in it; and where pages show them."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from skill import Onboarding
from skill.cli.demo import local_settings
from skill.runtimes.page import ChatPage
from skill.runtimes.service import build, in_thread, listen
from skill.simulator import LocalProvider, serve_in_thread

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZE = {"width": 1280, "height": 800}
PATIENCE = 60_000  # ms; a busy machine starts a browser slowly, and nothing here waits in vain
# What a person says, and what shows that it was answered.
WORDS = {
    "en": ("en-US", "Sign in with my ChatGPT account", "done"),
    "zh": ("zh-CN", "使用我的ChatGPT账户登录", "完成了"),
}
PLACE = re.compile(r"<!-- picture: (\w+)-(en|zh): (.*?) -->")


def take(folder: Path) -> None:
    """Two of each language and colour scheme: with the code on screen, and connected."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language in WORDS:
            for scheme in SCHEMES:
                take_one(browser, folder, language, scheme)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's, without a head."""
    flags = ["--no-sandbox"]  # as root in a container it can't make its own; it sees nothing but this machine's pages
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags) as browser,
    ):
        yield browser


def take_one(browser: Browser, folder: Path, language: str, scheme: Scheme) -> None:
    """A whole sign-in of a new person, photographed twice."""
    locale, sign_in, done = WORDS[language]
    with _chat_page() as (url, provider):
        page = browser.new_page(locale=locale, color_scheme=scheme, viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto(url)
        _say(page, sign_in)
        expect(page.locator(".code output")).to_be_visible(timeout=PATIENCE)
        page.screenshot(path=folder / f"code-{language}-{scheme}.png")
        provider.approve(provider.codes[-1].user_code)
        _say(page, done)
        expect(page.locator(".turn.good")).to_be_visible(timeout=PATIENCE)
        page.screenshot(path=folder / f"connected-{language}-{scheme}.png")
        page.close()


def _say(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")
    expect(page.locator("#send")).to_be_enabled(timeout=PATIENCE)


@contextmanager
def _chat_page() -> Iterator[tuple[str, LocalProvider]]:
    provider = LocalProvider()
    with tempfile.TemporaryDirectory() as home, serve_in_thread(provider) as served:
        onboarding = Onboarding(local_settings(Path(home), served))
        with in_thread(
            build(onboarding, page=ChatPage(onboarding)), listen(onboarding.settings, "127.0.0.1", 0)
        ) as url:
            yield f"{url}/chat", provider


def shown(page: str, up: str = "") -> str:
    """The page with its pictures, each in the colours of the reader. `up` leads to the site's root."""

    def show(place: re.Match[str]) -> str:
        name, language, words = place.groups()
        return "\n".join(
            f"![{words}]({up}pictures/{name}-{language}-{scheme}.png){{.only-{scheme}}}" for scheme in SCHEMES
        )

    return PLACE.sub(show, page)
