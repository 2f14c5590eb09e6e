"""`classify`: what the skill makes of a sentence, and why."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import intents
from skill.cli.options import Json
from skill.core.states import State


def classify(
    text: Annotated[str, typer.Argument(help="What a person wrote.")],
    state: Annotated[State, typer.Option(help="Where the conversation stands.")] = State.IDLE,
    as_json: Json = False,
) -> None:
    """Say what a message means: label, language, rule, and the words that led there marked in the text.

    Example: codex-onboarding classify "I'm not done" --state awaiting_confirm
    """
    found = intents.classify(text, state=state)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    marks = [
        found.language,
        found.weak and "weak",
        found.fresh and "fresh",
        found.truncated and "cut",
        found.secret and "key",
    ]
    screen = Console(highlight=False, soft_wrap=True)
    screen.print(Text(found.label, "bold green"), Text(f"({', '.join(mark for mark in marks if mark)})", "dim"))
    screen.print(Text("rule ", "dim") + Text(found.evidence.rule))
    screen.print(_marked(text, found))


def _marked(text: str, found: intents.Classification) -> Text:
    """Underlined in a terminal, in brackets elsewhere; what the evidence hides stays hidden."""
    before, after = ("", "") if sys.stdout.isatty() else ("[", "]")
    marked, end = Text(), 0
    for span in sorted(found.evidence, key=lambda span: span.start):
        marked.append(text[end : span.start]).append(f"{before}{span.text}{after}", "bold green underline")
        end = span.end
    return marked.append(text[end:])
