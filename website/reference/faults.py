"""What the local provider can be made to do wrong, from its table."""

from skill.simulator.faults import TABLE
from skill.simulator.log import ENDPOINTS
from website.markdown import code, plain, table

ABOUT = """\
# Faults of the local provider

What a test can make go wrong: `stage.provider.fault("poll", "429")` in Python, `fault: poll 429` in a
[script](scripts.md), a step of a [feature](steps.md), or a request to a provider that `codex-onboarding provider`
runs (`--faults` shows it).

"""


def page() -> str:
    """A row for each fault, in the table's order."""
    rows = []
    for switch in TABLE.switches:
        where = "any call" if switch.where == ENDPOINTS else ", ".join(map(code, switch.where))
        options = ", ".join(code(f"{name}={value!r}") for name, value in switch.options.items())
        rows.append([code(switch.name), where, options, plain(switch.does)])
    return ABOUT + table(["name", "where", "options", "what happens"], rows)
