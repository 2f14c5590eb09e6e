"""`chat`: the skill in this terminal, or driven by lines."""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from skill.cli.failures import wrong_fields
from skill.cli.host import host
from skill.cli.options import Account, Conversation, Home, Json, Platform, User, settings_with
from skill.cli.screen import Screen
from skill.message import Reply

Say = Callable[..., Reply | None]
LEAVE = ("/quit", "/exit")


def chat(
    user: User = "me",
    conversation: Conversation = "terminal",
    home: Home = None,
    platform: Platform = "",
    account: Account = "",
    language: Annotated[str | None, typer.Option(help="A hint such as zh-TW, for texts that have no language.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="A room where others read along.")] = False,
    as_json: Json = False,
) -> None:
    """Talk to the skill, against the configured provider.

    In a terminal: type; /quit or Ctrl-D leaves.
    With standard input redirected: one message a line.

    [bold]--json[/]: for each line one JSON object, the fields of `Reply`, or null
    for a message that passes through. A line that is a JSON object with
    "text" may set more fields of its message: message_id, conversation_id,
    user_id, private, sent_at, original, language. What is wrong with it is
    answered as {"error": …}.

    To try it without an account, run [bold]codex-onboarding provider[/] and set
    the variables that it prints.

    Example: echo "Use my Codex subscription" | codex-onboarding chat --json
    """
    where: dict[str, Any] = {"user_id": user, "conversation_id": conversation, "platform": platform, "account": account}
    where |= {"language": language, "private": not shared}
    settings, screen = settings_with(home), Screen()
    with host(settings) as skill:
        say = partial(skill.hear, **where)
        if screen.person and not as_json:
            screen.line(
                "", f'Signs in at {settings.issuer}. Say "sign in with my ChatGPT account"; /quit leaves.', "dim"
            )
            converse(screen, say)
        else:
            answer_lines(say, _as_json if as_json else _as_text)


def converse(screen: Screen, say: Say, commands: Mapping[str, Callable[[str], None]] | None = None) -> None:
    """Ask, answer, until the person leaves. Words with a slash are the host's own."""
    while (text := screen.ask()) is not None:
        command, _, rest = text.strip().partition(" ")
        if command in LEAVE:
            return
        if commands and command in commands:
            commands[command](rest.strip())
        elif command:
            with screen.waiting():
                reply = say(text)
            screen.reply(reply)


def answer_lines(say: Say, answer: Callable[[Say, str], str]) -> None:
    """One message a line, each answered before the next is read."""
    for line in sys.stdin:
        typer.echo(answer(say, line.rstrip("\r\n").removeprefix("\ufeff")), nl=False)  # and flushed


def _as_text(say: Say, line: str) -> str:
    reply = say(line)
    return "".join(f"{words}\n\n" for words in ([reply.text, *reply.notes] if reply else []) if words)


def _as_json(say: Say, line: str) -> str:
    try:
        reply = say(**_fields(line))
    except ValidationError as error:
        return json.dumps({"error": wrong_fields(error)}) + "\n"
    return (reply.model_dump_json() if reply else "null") + "\n"


def _fields(line: str) -> dict[str, Any]:
    """The line is the text, unless it is an object that has one."""
    try:
        given = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        given = None
    return given if isinstance(given, dict) and "text" in given else {"text": line}
