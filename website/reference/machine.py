"""The page about states and moves, drawn and listed from the table of moves."""

from skill.core.machine import MOVES, Move, diagram
from skill.core.replies import catalogue
from skill.core.states import State
from skill.runtimes.page.app import WORDS
from skill.runtimes.page.diagram import svg
from website.markdown import block, code, element, table

ABOUT = """\
# States and moves

One table decides what happens next. The drawing and the lists below are made from it. The coloured arrows are the ways
that a first sign-in can take. [The rules](../explanation/rules.md) say why it is so strict.

"""
HOW_TO_READ = """
Of several rows for one event, the first whose condition holds is taken. An event without a row changes nothing.
"asks for" is the call to the tool that follows; "says" is the key of a [text](texts.md).
"""
SOURCE = "\n## As Mermaid\n\nFrom `codex-onboarding diagram`, for a page of your own.\n\n"


def page() -> str:
    """The drawing, then the moves out of each state."""
    lists = "\n".join(f"## {state}\n\n{_moves_from(state)}" for state in State)
    return f"{ABOUT}{drawing()}\n{HOW_TO_READ}\n{lists}{SOURCE}{block('text', diagram())}"


def drawing() -> str:
    """The machine as it is drawn on the chat page."""
    words = WORDS["en"]
    return element("div", svg(words["machine_label"], words).replace("\n", " "), class_="machine")


def _moves_from(state: State) -> str:
    rows = [_row(move, state) for move in MOVES if state in move.sources]
    return table(["event", "if", "asks for", "says", "leads to"], rows)


def _row(move: Move, state: State) -> list[str]:
    dest = move.dest or state
    return [
        code(move.event),
        (move.when or "").replace("_", " "),
        code(move.action) if move.action else "",
        _text(move.say) if move.say else "",
        f"[{dest}](#{dest})" if dest is not state else "stays",
    ]


def _text(key: str) -> str:
    """Some keys stand for one text for each reason; the catalogue has those."""
    return f"[{code(key)}](texts.md#{key})" if key in catalogue("en").entries else code(key)
