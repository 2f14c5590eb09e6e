"""README tells the truth: its code runs and its files exist. Its diagram is tested with the machine."""

import asyncio
import re
import textwrap
from pathlib import Path

import pytest

from skill import Message, Onboarding, Settings
from skill.simulator import LocalProvider, serve

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DIRECT_CALLS = [block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "onboarding.auth" in block]


async def _run_connected(block: str, home: Path) -> LocalProvider:
    """Run a block of README inside a coroutine where `onboarding` has Ana connected."""
    provider = LocalProvider()
    async with serve(provider) as served:
        settings = Settings(home=home, issuer=served.issuer, backend_url=served.backend_url)
        async with Onboarding(settings) as onboarding:
            said = {"conversation_id": "c", "user_id": "ana", "private": True}
            shown = await onboarding.handle(Message(message_id="1", text="sign in with my ChatGPT account", **said))
            assert shown and shown.user_code
            provider.approve(shown.user_code)
            await onboarding.handle(Message(message_id="2", text="done", **said))
            scope: dict[str, object] = {"onboarding": onboarding}
            exec("async def block():\n" + textwrap.indent(block, "    "), scope)
            await scope["block"]()  # type: ignore[operator]
    return provider


@pytest.mark.parametrize("block", DIRECT_CALLS, ids=["httpx", "openai"])
def test_a_direct_call_in_readme_streams_an_answer(
    block: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = asyncio.run(_run_connected(block, tmp_path / "home"))
    assert "response.completed" in capsys.readouterr().out
    assert provider.count("responses") == 1


def test_every_file_that_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
