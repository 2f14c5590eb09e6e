"""The facts of SKILL.md and its Chinese twin are those of the code (conversation.md, section 9)."""

import re
from datetime import timedelta
from importlib.metadata import version

import pytest
import typer.main
import yaml

from intents import Label, classify
from skill.cli import app
from skill.core.replies import catalogue
from skill.core.session import INTENT_LASTS, RESTARTS_PER_FLOW, WEAK_WORDS_COUNT
from skill.core.states import Action, State
from skill.errors import Reason
from skill.folder import NAME
from skill.oauth.credential import PREFIX, PRIMARY_MODEL, STATIC_MODELS
from skill.oauth.tool import NAME as TOOL
from skill.oauth.tool import SCHEMA
from skill.settings import Settings, defaults
from skill.testing import Stage

from .kit import BOTH, CHINESE, ENGLISH, PLACES, Document

both = pytest.mark.parametrize("document", BOTH, ids=["en", "zh"])


# --- the two are equal ---


def test_both_languages_have_the_same_sections() -> None:
    assert ENGLISH.headings == CHINESE.headings == [1] + [2] * len(PLACES)


@pytest.mark.parametrize("section", PLACES)
def test_both_languages_tell_the_same_facts(section: str) -> None:
    """Section by section: names in backticks, texts to the letter, commands, rows and items."""
    one, other = getattr(ENGLISH, section), getattr(CHINESE, section)
    assert sorted(set(one.names)) == sorted(set(other.names))
    assert [len(row.cells) for row in one.rows] == [len(row.cells) for row in other.rows]
    assert [re.sub(r'"[^"]+"', "…", block) for block in one.blocks] == [
        re.sub(r'"[^"]+"', "…", block) for block in other.blocks
    ]
    assert len(one.items) == len(other.items)


# --- what it is ---


@both
def test_it_names_skill_tool_and_version(document: Document) -> None:
    head = yaml.safe_load(document.text.split("---\n")[1])
    assert (head["name"], head["license"], head["metadata"]) == (NAME, "MIT", {"version": version(NAME)})
    assert f"`{TOOL}`" in document.text and TOOL in head["compatibility"]
    assert all(model in head["description"] for model in STATIC_MODELS)


@both
def test_every_trigger_is_one(document: Document) -> None:
    """All of section 9's, in both languages."""
    said = [words for item in document.when.items for words in re.findall(r'"(.+?)"', item)]
    assert len(said) >= 12
    assert {words: classify(words).label for words in said} == dict.fromkeys(said, Label.OAUTH)


@both
def test_what_it_is_not_for_starts_nothing(document: Document) -> None:
    """A key, another vendor, no word about a subscription, a bare name: an item each."""
    labels = [{classify(words).label for words in re.findall(r'"(.+?)"', item)} for item in document.when_not.items]
    assert labels == [{Label.BYOK}, {Label.OTHER_VENDOR}, {Label.AMBIGUOUS}, {Label.AMBIGUOUS}]


@both
def test_the_neighbours_that_it_names_are_those_of_the_settings(document: Document) -> None:
    named = {re.sub(r"^skills/|/SKILL\.md$", "", name) for name in document.see_also.names}
    assert named == defaults().handoffs | {"config/context/references/model-onboarding.md"}


# --- the flow ---


@both
def test_the_states_are_the_machine_s(document: Document) -> None:
    told = document.flow.text.partition("\n1. ")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(State)


@both
def test_the_exact_texts_are_the_catalogue_s(document: Document) -> None:
    """To the character, in both languages."""
    exact = [catalogue(language).entries[key].text for key in ("display", "connected") for language in ("en", "zh")]
    assert document.flow.blocks == exact


@both
def test_the_numbers_are_the_code_s(document: Document) -> None:
    settings = defaults()
    assert (timedelta(minutes=10), timedelta(minutes=2), 3) == (INTENT_LASTS, WEAK_WORDS_COUNT, RESTARTS_PER_FLOW)
    assert (settings.starts_per_hour, settings.starts_per_day) == (10, 30)
    told = {
        "SKILL.md": ["ten minutes", "two minutes", "at most 3 times", "Ten starts an hour and\nthirty a day"],
        "SKILL.zh.md": ["十分钟内有效", "两分钟内", "至多3次", "每小时至多启动十次，每天至多三十次"],
    }
    assert [words for words in told[document.name] if words not in document.text] == []


@both
def test_the_models_are_those_of_the_selector(document: Document) -> None:
    first = document.connected.items[0]
    assert re.findall(r"`([^`]+)`", first) == [PREFIX + slug for slug in STATIC_MODELS]
    assert f"`/model {PREFIX}{PRIMARY_MODEL}`" in document.connected.text


# --- the tool ---


@both
def test_the_seven_actions_return_what_they_say(document: Document, stage: Stage) -> None:
    """Each is called; the fields of its answer are those of its row."""
    stage.settings["answers"] = "agent"
    stage.say("Ana", "Sign in with my ChatGPT account")
    answers = {"start": stage.call_tool("Ana", "start")}
    stage.provider.approve(stage.code)
    stage.say("Ana", "done")
    answers["poll"] = stage.call_tool("Ana", "poll")
    answers |= {action: stage.call_tool("Ana", action) for action in ("status", "refresh", "models", "usage")}
    stage.say("Ana", "log out of ChatGPT")
    answers["logout"] = stage.call_tool("Ana", "logout")
    rows = {row.names(0)[0]: row for row in document.actions.rows}
    assert (
        list(rows) == [action.value for action in Action] == list(SCHEMA["parameters"]["properties"]["action"]["enum"])
    )
    values = {"live", "cache", "fallback", "connected", "pending", "failed", "reason"}
    for action, answer in answers.items():
        assert set(rows[action].names(3)) - (values - answer.keys()) == answer.keys() - {"ok"}, action
    assert {action: row.names(1) for action, row in rows.items() if row.names(1)} == {
        "poll": ["pending_id"],
        "models": ["force"],
        "usage": ["force"],
    }


@both
def test_every_error_has_a_row_and_there_is_no_other(document: Document) -> None:
    assert [row.names(0) for row in document.errors.rows] == [[error] for error in _as_in_the_contract()]


def _as_in_the_contract() -> list[str]:
    """The codes in the order of the catalogue."""
    found = [key.removeprefix("error_") for key in catalogue("en").entries if key.startswith("error_")]
    assert {reason.code for reason in Reason} < set(found)
    return found


@both
def test_every_reason_of_a_failed_poll_is_named(document: Document) -> None:
    """Each has a sentence of its own in the catalogue."""
    reasons = {key.removeprefix("poll_") for key in catalogue("en").entries if key.startswith("poll_")}
    told = re.search(r"`reason` (.+?)[.。]\n", document.errors.text, re.S)
    assert told and set(re.findall(r"`(\w+)`", told[1])) == reasons


# --- the shell ---


@both
def test_every_command_and_option_exists(document: Document) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"codex-onboarding ([a-z]+)", document.text)
    assert named and set(named) <= commands.keys()
    known = {option for parameter in commands["tool"].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z][a-z-]*", document.text)) <= known


@both
def test_every_setting_exists(document: Document) -> None:
    named = set(re.findall(r"CODEX_ONBOARDING_(\w+)", document.text))
    assert named and {name.lower() for name in named} <= Settings.model_fields.keys()
