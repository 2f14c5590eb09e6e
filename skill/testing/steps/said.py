"""Then: what the skill said."""

import re

from pytest_bdd import parsers, then

from skill.testing.keys import fits
from skill.testing.stage import Stage
from skill.testing.steps.replies import all_replies, filled, last_reply, state_of

LANGUAGES = {"English": "en", "Spanish": "es", "Chinese": "zh"}


@then("the skill replies:")
def replies(stage: Stage, docstring: str) -> None:
    """All of the text, to the character; `{user_code}` stands for the code that the provider issued last."""
    assert last_reply(stage).text == filled(stage, docstring)


@then(parsers.re(rf"the skill says (?P<keys>\"\w+\"(?: and \"\w+\")*)(?: in (?P<language>{'|'.join(LANGUAGES)}))?$"))
def says_by_key(stage: Stage, keys: str, language: str | None) -> None:
    """The texts of the catalogue under these keys, a paragraph each."""
    reply = last_reply(stage)
    assert reply.language == LANGUAGES.get(language or "", reply.language)
    assert fits(reply.language, re.findall(r"\"(\w+)\"", keys), reply.text), reply.text


@then(parsers.re(r"the skill adds (?P<which>the|no) note \"(?P<key>\w+)\"$"))
def adds_the_note(stage: Stage, which: str, key: str) -> None:
    """A text of the catalogue, said beside the reply."""
    reply = last_reply(stage)
    assert any(fits(reply.language, [key], note) for note in reply.notes) == (which == "the"), reply.notes


@then(parsers.re(r"the skill (?P<does>mentions|doesn't mention) \"(?P<words>(?s:.*))\"$"))
def mentions(stage: Stage, does: str, words: str) -> None:
    """In the text or beside it."""
    said = "\n".join([last_reply(stage).text, *last_reply(stage).notes])
    assert (filled(stage, words) in said) == (does == "mentions"), said


@then("the skill stays silent")
def stays_silent(stage: Stage) -> None:
    """None: the runtime goes on as if the skill were not there."""
    assert stage.replies
    assert all(reply is None for reply in stage.replies)


@then("the skill says nothing more")
def says_nothing_more(stage: Stage) -> None:
    """Handled, and there is nothing to say."""
    assert last_reply(stage).text == ""
    assert last_reply(stage).user_code is None


@then("nobody is answered yet")
def not_answered(stage: Stage) -> None:
    assert stage.replies == []


@then(parsers.re(r"(?P<number>\d+) of the replies (?:is|are) marked as repeated$"))
def marked_as_repeated(stage: Stage, number: str) -> None:
    """Every delivery was answered, and with the same words."""
    assert len({(reply.text, *reply.notes) for reply in all_replies(stage)}) == 1
    assert sum(reply.repeated for reply in all_replies(stage)) == int(number)


@then("the message is marked as sensitive")
def marked_as_sensitive(stage: Stage) -> None:
    assert last_reply(stage).sensitive


@then(parsers.parse('"{skill}" takes over'))
def takes_over(stage: Stage, skill: str) -> None:
    assert last_reply(stage).handoff == (None if skill == "nobody" else skill)


@then(parsers.parse("the models in the selector are {models}"))
def models_in_selector(stage: Stage, models: str) -> None:
    assert ", ".join(last_reply(stage).models) == models


@then(parsers.parse("the conversation is {state}"))
def conversation_state(stage: Stage, state: str) -> None:
    assert state_of(stage) == state
