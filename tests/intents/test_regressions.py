"""What is right stays right, sentence by sentence; the shares of the other tests would let a few go.

`python -m tests.intents.known_wrong` lists anew what is wrong, after it was looked at.
"""

import pytest

from intents import classify

from .known_wrong import KNOWN, key, pool


@pytest.mark.parametrize("name", KNOWN)
def test_a_sentence_that_was_right_stays_right(name: str) -> None:
    known = KNOWN[name]
    for item in pool(name):
        found = classify(item["text"], item["state"])
        assert found.label in item["accept"] or key(item) in known, (item["text"], found)
