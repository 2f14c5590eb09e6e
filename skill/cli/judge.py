"""`classify` and `evaluate`: what the skill makes of sentences, and why."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, Field, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

import intents
from intents import Label
from intents.evaluate import Report, Wrong, marked
from intents.evaluate import evaluate as count
from skill.cli.failures import BadFileError, wrong_fields
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
    told = {"weak": found.weak, "fresh": found.fresh, "cut": found.truncated, "key": found.secret}
    marks = ", ".join([found.language or "no language", *(mark for mark, is_so in told.items() if is_so)])
    plain = "{}" if sys.stdout.isatty() else "[{}]"
    pieces = [
        (plain.format(piece), "bold green underline") if slot else (piece, "") for piece, slot in marked(text, found)
    ]
    screen = Console(highlight=False, soft_wrap=True)
    screen.print(Text.assemble((found.label, "bold green"), f"  ({marks})  rule: {found.evidence.rule}"))
    screen.print(Text.assemble(*pieces))


class _Item(BaseModel):
    """A labelled message, as in the corpus."""

    text: str
    accept: list[Label] = Field(min_length=1)
    state: str | None = None
    lang: str | None = None
    id: str | None = None


def evaluate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON Lines of labelled messages.")],
    as_json: Json = False,
    min_accuracy: Annotated[float, typer.Option(min=0, max=1, help="End with 1 below this share, such as 0.99.")] = 0,
) -> None:
    """Count how many labelled messages are judged right; what must never happen comes first.

    A line holds "text" and "accept", the list of right labels, and may hold
    "state", "lang" and "id".

    Example: codex-onboarding evaluate requests.jsonl --min-accuracy 0.97
    """
    report = count(item for file in files for item in _items(file))
    typer.echo(json.dumps(report.as_dict(), ensure_ascii=False)) if as_json else _print(report)
    if report.accuracy < min_accuracy:
        typer.echo(f"codex-onboarding: {report.accuracy:.2%} is below {min_accuracy:.2%}", err=True)
        raise typer.Exit(1)


def _items(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _Item.model_validate_json(line).model_dump(exclude_none=True)
            except ValidationError as error:
                raise BadFileError(f"{file}, line {number}: {wrong_fields(error)}") from None


def _print(report: Report) -> None:
    screen = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
    for title, wrong in (("False starts", report.false_starts), ("False confirmations", report.false_confirmations)):
        screen.print(f"{title}: {len(wrong)}", style="bold red" if wrong else "bold green")
    screen.print(f"Right: {report.right} of {report.total} ({report.accuracy:.2%})\n")
    for title, counts in (("label", report.by_label), ("language", report.by_language)):
        table = _table(title, "right", "of", "share")
        for name, (right, total) in sorted(counts.items()):
            table.add_row(name, str(right), str(total), f"{right / total:.1%}")
        screen.print(table)
    if report.wrong:
        screen.print(_confusion(report))
    for item in report.wrong:
        screen.print(_line(item))


def _confusion(report: Report) -> Table:
    """Of the labels that were mixed up: what was wanted downwards, what came across, under the same numbers."""
    names = sorted({name for pair in report.confusion if pair[0] != pair[1] for name in pair})
    table = _table("wanted \\ got", *(str(number) for number, _ in enumerate(names, 1)))
    for number, wanted in enumerate(names, 1):
        table.add_row(f"{number:>2} {wanted}", *(str(report.confusion[wanted, got] or "·") for got in names))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(item: Wrong) -> Text:
    return Text(
        f"{item.id}  {item.state or 'request'}  {'|'.join(item.accept)} → {item.got} ({item.rule})  {item.text}"
    )
