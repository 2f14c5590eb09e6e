"""What is changed, and the tests that have to notice it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One module, or some functions of it."""

    path: str
    only: Sequence[str] = ()
    at_load: bool = False  # what it does is done when the lexicon is read: any test may notice


@dataclass(frozen=True)
class Group:
    """Modules that the same tests look after."""

    targets: Sequence[Target]
    tests: Sequence[str]
    anew: Sequence[str] = ()  # what is loaded anew for a change, beside the tests; all of it where `at_load`
    sentences: bool = False  # the labelled sentences are asked first


GROUPS = (
    Group(
        (
            *(Target(f"skill/{name}.py") for name in ("core/machine", "answers")),
            *(Target(f"skill/turns/{name}.py") for name in ("begin", "claim", "forget", "settle", "tell", "trail")),
        ),
        (
            *(f"tests/core/test_{name}.py" for name in ("machine", "replies", "session")),
            *(
                "tests/conversations",
                "tests/turns",
                "tests/test_onboarding.py",
                "tests/test_trail.py",
                "tests/oauth/test_tool.py",
            ),
        ),
    ),
    Group(
        (
            *(Target(f"intents/{name}.py") for name in ("decide", "context")),
            Target("intents/rules.py", at_load=True),
            Target(
                "intents/grammar.py",
                only=("_understanding", "_answering", "_turned", "Reader._replies", "Reader._reply"),
                at_load=True,
            ),
        ),
        tuple(f"tests/intents/test_{name}.py" for name in ("answers", "decisions", "corpus", "spanish", "lexicon")),
        ("intents", *(f"intents.{name}" for name in ("classifier", "context", "decide", "evaluate"))),
        sentences=True,
    ),
)
