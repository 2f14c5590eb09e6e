"""What `demo` plays when nobody types: each line with the state and the provider's requests that must follow."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from skill.cli.host import Host
from skill.cli.screen import Screen
from skill.message import Reply

if TYPE_CHECKING:  # its packages are an extra
    from skill.simulator import Served


class BrokenPromiseError(Exception):
    """Something was not as the scene promises."""


@dataclass(frozen=True)
class Line:
    """A person's message, and what must follow. State None: it passes through."""

    says: str
    state: str | None
    requests: str = ""


@dataclass(frozen=True)
class Click:
    """What the person does in the browser."""

    decision: str
    account: str = "ana@example.test"


ENGLISH = (
    Line("Good morning! What's on my calendar today?", None),
    Line("I want to add the OpenAI model", "clarifying"),
    Line("subscription", "awaiting_confirm", "start"),
    Line("not yet", "awaiting_confirm"),
    Line("done", "awaiting_confirm", "poll"),
    Click("approve"),
    Line("done?", "awaiting_confirm"),
    Line("I'm done", "connected", "poll exchange models"),
    Line("Sign in with my ChatGPT account", "connected"),
    Line("Which ChatGPT models do I have?", "connected"),
    Line("How much of my Codex limit is left?", "connected", "usage"),
    Line("Log out of ChatGPT", "idle", "revoke"),
)
CHINESE = (
    Line("使用我的Codex订阅", "awaiting_confirm", "start"),
    Line("还没好，等一下", "awaiting_confirm"),
    Line("完成了", "awaiting_confirm", "poll"),
    Click("decline"),
    Line("完成了", "awaiting_confirm", "poll start"),
    Click("approve", "wei@example.test"),
    Line("已授权", "connected", "poll exchange models"),
    Line("我有哪些ChatGPT模型？", "connected"),
    Line("退出ChatGPT登录", "idle", "revoke"),
)


@dataclass
class Desk:
    """One person before one chat and one browser."""

    screen: Screen
    skill: Host
    served: "Served"
    person: dict[str, Any]
    code: str = field(default="", repr=False)

    def say(self, text: str) -> Reply | None:
        """Write to the skill."""
        reply = self.skill.hear(text, **self.person)
        self.code = (reply and reply.user_code) or self.code
        return reply

    def approve(self, account: str = "") -> None:
        """Type the code on the page and approve, as the first account unless another is named."""
        self._submit("approve", account or "ana@example.test")

    def decline(self, _account: str = "") -> None:
        """Type the code on the page and decline."""
        self._submit("decline")

    def _submit(self, decision: str, account: str = "") -> None:
        form = {"code": self.code, "decision": decision, "account": account}
        page = httpx.post(self.served.page_url, data=form, trust_env=False)
        outcome = f"{decision}d {account}" if page.is_success else f"refused by the page ({page.status_code})"
        self.screen.line("browser", outcome, "magenta")


def play(screen: Screen, skill: Host, served: "Served") -> tuple[int, int]:
    """Both conversations; how many confirmations were said and how many polls came. Raises `BrokenPromiseError`."""
    for title, name, scene in (("English", "ana", ENGLISH), ("中文", "wei", CHINESE)):
        screen.console.rule(title, align="left")
        desk = Desk(screen, skill, served, {"user_id": name, "conversation_id": title, "private": True})
        for step in scene:
            _click(desk, step) if isinstance(step, Click) else _speak(desk, step)
    confirmations = sum("poll" in step.requests for step in ENGLISH + CHINESE if isinstance(step, Line))
    return confirmations, served.provider.count("poll")


def _click(desk: Desk, click: Click) -> None:
    (desk.approve if click.decision == "approve" else desk.decline)(click.account)


def _speak(desk: Desk, line: Line) -> None:
    """Say it, show what follows, and compare."""
    desk.screen.console.print()
    before = len(desk.served.provider.requests)
    desk.screen.line("you", line.says, "cyan")
    reply = desk.say(line.says)
    desk.screen.reply(reply)
    state = reply and reply.state.value
    asked = " ".join(record.endpoint for record in desk.served.provider.requests[before:])
    if (state, asked) != (line.state, line.requests):
        promised = f"{line.state} with the requests [{line.requests}]"
        raise BrokenPromiseError(f"after {line.says!r}: {state} with [{asked}], promised: {promised}")
