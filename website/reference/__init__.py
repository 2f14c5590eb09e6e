"""The pages that are made from code: nothing on them is written a second time."""

from collections.abc import Callable, Mapping

from website.reference import api, cli, faults, machine, settings, texts, tool

PAGES: Mapping[str, Callable[[], str]] = {
    "reference/api.md": api.page,
    "reference/cli.md": cli.page,
    "reference/faults.md": faults.page,
    "reference/machine.md": machine.page,
    "reference/settings.md": settings.page,
    "reference/texts.md": texts.page,
    "reference/tool.md": tool.page,
}
