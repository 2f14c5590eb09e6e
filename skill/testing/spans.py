"""Spans of time as people write them."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
PATTERN = r"^\d+ (second|minute|hour|day)s?( ago)?$"


def span(words: object) -> timedelta:
    """The span that is meant by "5 minutes" or "5 minutes ago". Raises `ValueError` for anything else."""
    if not isinstance(words, str) or not re.match(PATTERN, words):
        raise ValueError('write a span of time as "5 minutes": seconds, minutes, hours or days')
    number, unit, *_ = words.split()
    return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})


def in_words(time: timedelta) -> str:
    """The same span as a person would write it."""
    seconds = int(time.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if not seconds % size)
    number = seconds // size
    return f"{number} {unit}{'' if number == 1 else 's'}"


Span = Annotated[
    timedelta,
    BeforeValidator(span),
    PlainSerializer(in_words),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["5 minutes", "1 hour"]}),
]
