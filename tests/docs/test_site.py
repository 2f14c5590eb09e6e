"""The site as `make docs` builds it: whole, without a warning, and at home in a file."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from skill.core.machine import MOVES
from skill.core.replies import catalogue, languages
from skill.core.states import Action
from skill.settings import Settings
from skill.simulator.faults import TABLE
from website import contents, pictures, source
from website.__main__ import build
from website.reference import PAGES

PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """For one test: while it is open no loop of ours can run in this thread."""
    with pictures.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real pair, which stands for all in the other tests."""
    folder = tmp_path_factory.mktemp("pictures")
    with pictures.chromium() as browser:
        pictures.take_one(browser, folder, "en", "light")
    for language in pictures.WORDS:
        for scheme in pictures.SCHEMES:
            for name in ("code", "connected"):
                there = folder / f"{name}-{language}-{scheme}.png"
                if not there.exists():
                    shutil.copy(folder / f"{name}-en-light.png", there)
    return folder


@pytest.fixture(scope="module")
def site(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a warning, or it isn't built."""
    room = tmp_path_factory.mktemp("site")
    source.write(room / "source", room / "no-report.json", photos)
    assert build(room / "source", room / "html") == 0
    return room / "html"


def test_every_page_of_the_contents_is_there(site: Path) -> None:
    named = [page.rpartition("<")[2].rstrip(">") for _, pages in contents.CONTENTS for page in pages]
    assert [page for page in named if not (site / f"{page}.html").exists()] == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    fetched = re.compile(
        r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)|<link[^>]+(?:stylesheet|icon|preload)[^>]+href="(https?:[^"]+)'
    )
    assert [
        (page.name, found) for page in site.rglob("*.html") for found in fetched.findall(page.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_opens_from_a_file_and_fits_the_screen(
    browser: Browser, site: Path, size: tuple[int, int], scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
    for name in ("index", "tutorial", "promise/confirm", "reference/machine", "reference/settings"):
        page.goto(f"file://{site}/{name}.html")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], name
    page.close()
    assert complaints == []


def test_pictures_are_in_the_reader_s_colours(browser: Browser, site: Path) -> None:
    for scheme, other in (("light", "dark"), ("dark", "light")):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"file://{site}/index.html")
        assert page.locator(f"img.only-{scheme}").is_visible()
        assert page.locator(f"img.only-{other}").is_hidden()
        assert page.locator(f"img.only-{scheme}").evaluate("image => image.naturalWidth") > 0
        page.close()


def test_the_search_finds_a_setting_without_a_server(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto(f"file://{site}/search.html?q=CODEX_ONBOARDING_KEY")
    page.locator("#search-results li a", has_text="Settings").first.wait_for(timeout=pictures.PATIENCE)
    page.close()


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("# Page\n\n[there](nowhere.md)\n", "a link to no page"),
        ("# Page\n\n[there](#nowhere)\n", "a link to no heading"),
        ("# Page\n\n```{nonsense}\n```\n", "something the builder doesn't know"),
    ],
    ids=lambda value: value if value.startswith(("a ", "some")) else "",
)
def test_a_warning_ends_the_build(page: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/index.md").write_text(page)
    assert build(tmp_path / "source", tmp_path / "html") != 0, wrong


def test_the_reference_leaves_nothing_out() -> None:
    made = {name: page() for name, page in PAGES.items()}
    assert all(f"`CODEX_ONBOARDING_{name.upper()}`" in made["reference/settings.md"] for name in Settings.model_fields)
    assert all(f"\n## {key}\n" in made["reference/texts.md"] for key in catalogue("en").entries)
    assert all(f'lang="{language}"' in made["reference/texts.md"] for language in languages())
    assert all(f"| `{move.event}` |" in made["reference/machine.md"] for move in MOVES)
    assert all(f"`{action}`" in made["reference/tool.md"] for action in Action)
    assert all(f"| `{fault.name}` |" in made["reference/faults.md"] for fault in TABLE.switches)
    assert "\n## keys rotate\n" in made["reference/cli.md"] and "`--min-accuracy" in made["reference/cli.md"]


def test_a_link_to_a_file_leads_to_the_page_that_is_made_from_it(photos: Path, tmp_path: Path) -> None:
    source.write(tmp_path / "source", tmp_path / "none.json", photos, {})
    embed = (tmp_path / "source/how-to/embed.md").read_text("utf-8")
    assert "](../reference/tool.md)" in embed and "skill/oauth/tool.py)" not in embed
    lexicon = (tmp_path / "source/reference/lexicon.md").read_text("utf-8")
    assert "LICENSE" in lexicon and "LICENSE)" not in lexicon, "a file without a page is named, not linked"
