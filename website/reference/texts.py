"""Every word that a person can read, from the catalogues."""

from html import escape

from skill.core.replies import Entry, catalogue, languages
from website.markdown import element

ABOUT = """\
# The texts

Every word that a person can read, under its key: a [script](scripts.md) and a [feature](steps.md) name it by that. The
words in braces are filled in. They stand in `skill/replies/`, a file for each language, with the same keys.

"""


def page() -> str:
    """A heading for each key, and the text in each language."""
    keys = catalogue(languages()[0]).entries
    return ABOUT + "\n".join(f"## {key}\n\n{_in_all_languages(key)}\n" for key in keys)


def _in_all_languages(key: str) -> str:
    rows = "".join(
        element("dt", language) + element("dd", _words(catalogue(language).entries[key]), lang=language)
        for language in languages()
    )
    return element("dl", rows, class_="texts")


def _words(entry: Entry) -> str:
    """The text, and its notes as messages of their own."""
    text = element("p", _lines(entry.text), class_="text")
    return text + "".join(element("p", _lines(note), class_="note") for note in entry.notes)


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "&#10;")
