"""The catalogues under the strict reader of our YAML: no duplicate key, no unknown one, nothing but text."""

from importlib.resources import files

import pytest

from intents.source import Source
from skill.core.replies import Entry, catalogue, languages


@pytest.mark.parametrize("language", languages())
def test_the_catalogue_of_a_language_is_what_its_file_says(language: str) -> None:
    """trust.md, section 3: YAML. The skill itself reads no catalogue but these, and checks none as it starts."""
    source = Source(files("skill.replies") / f"{language}.yaml")
    found: dict[str, Entry] = {}
    for key in source.value:
        source.only({"text", "notes"}, key)
        found[key] = Entry(source.text(key, "text"), tuple(source.strings(key, "notes")))
    assert found == catalogue(language).entries
