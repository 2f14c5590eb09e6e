"""How much is tried: little in every run, much where `full` is asked for."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

sizes = pytest.mark.parametrize(
    "examples", [pytest.param(60, id="little"), pytest.param(4000, id="much", marks=pytest.mark.full)]
)


def fuzz(examples: int, check: Callable[..., None], *drawn: SearchStrategy[object]) -> None:
    """Call `check` with that many examples of what may be drawn; the same ones in every run."""
    sized = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    sized(given(*drawn)(check))()
