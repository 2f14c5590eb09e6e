"""The steps of `features/`: a small vocabulary over one `Stage`, each step one line of it.

Plain functions: pytest-bdd never awaits, so whatever waits is run on the stage's loop. Counts of what the provider
and the store were asked begin after `Given`.
"""

import re
from datetime import timedelta
from typing import Any

import yaml
from pytest_bdd import given, parsers, step, then, when

from skill.core.replies import catalogue
from skill.message import Reply

from ..support import MANNERS, Host, Mishap, Stage

LANGUAGES = {"English": "en", "Chinese": "zh"}
MISHAPS: dict[str, Mishap] = {"is held back": "held back", "never leaves": "unreachable", "ends in a crash": "crash"}
TIMES = {"never": 0, "once": 1, "twice": 2}

_HOW = r"(?: (?P<how>in (?:a|an|another) [^\"]+))?"


# --- Given: how things stand ---


@given(parsers.parse("the operator has set {name} to {value}"))
def operator_setting(stage: Stage, name: str, value: str) -> None:
    """`value` is YAML."""
    stage.settings[name] = yaml.safe_load(value)


@given("a host with its own tool, which answers:")
def host_tool(stage: Stage, docstring: str) -> None:
    """The doc string is YAML: an answer for each action."""
    stage.host = Host(yaml.safe_load(docstring))


@given(parsers.parse("{number:d} workers serve the same data folder"))
def several_workers(stage: Stage, number: int) -> None:
    stage.workers = number


@given("the provider listens on a real port")
def real_port(stage: Stage) -> None:
    stage.listen()


@given(parsers.parse('{who}\'s chat client is set to "{language}"'))
def client_language(stage: Stage, who: str, language: str) -> None:
    stage.languages[who] = language


@given(parsers.parse('the account "{email}" has the models {models}'))
def account_models(stage: Stage, email: str, models: str) -> None:
    stage.provider.add_account(email, models=models.split(", "))


@step(parsers.re(r"the provider tells (?P<hidden>no e-mail|neither e-mail nor id) of \"(?P<account>[^\"]+)\"$"))
def account_hidden(stage: Stage, hidden: str, account: str) -> None:
    of = stage.provider.accounts.get(account)
    of.email = ""
    of.account_id = of.account_id if hidden == "no e-mail" else ""


@given(parsers.re(r"(?P<who>\w+) has been shown a code$"))
def shown_a_code(stage: Stage, who: str) -> None:
    stage.say(who, "Sign in with my ChatGPT account")
    assert _state(stage) == "awaiting_confirm"
    stage.forget_requests()


@given(parsers.re(r"(?P<who>\w+) is connected(?: as \"(?P<account>[^\"]+)\")?$"))
def connected(stage: Stage, who: str, account: str | None) -> None:
    stage.say(who, "Sign in with my ChatGPT account")
    stage.provider.approve(stage.code, account or "ana@example.test")
    stage.say(who, "done")
    assert _state(stage) == "connected"
    stage.forget_requests()


# --- What people do ---


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\"" + _HOW + "$"))
def says(stage: Stage, who: str, text: str, how: str | None) -> None:
    stage.deliver(stage.message(who, text, **_manner(stage, how)))


@when(parsers.re(r"(?P<who>\w+) says:$"))
def says_at_length(stage: Stage, who: str, docstring: str) -> None:
    stage.deliver(stage.message(who, docstring))


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\", delivered (?P<times>\d+) times at once$"))
def says_delivered_often(stage: Stage, who: str, text: str, times: str) -> None:
    stage.deliver(stage.message(who, text), int(times))


@when(parsers.re(r"the message \"(?P<text>.*)\" is delivered (?P<again>again|\d+ more times at once)$"))
def delivered_again(stage: Stage, text: str, again: str) -> None:
    stage.deliver(stage.find(text), 1 if again == "again" else int(again.removesuffix(" more times at once")))


@when(parsers.parse('the message "{text}" is delivered in the chat of {who}'))
def delivered_elsewhere(stage: Stage, text: str, who: str) -> None:
    """The ids that a platform gives are unique within one conversation only."""
    stage.deliver(stage.find(text).model_copy(update={"conversation_id": f"chat with {who}"}))


@when(parsers.parse('{who} says {number:d} characters that end with "{text}"'))
def says_too_much(stage: Stage, who: str, number: int, text: str) -> None:
    stage.deliver(stage.message(who, text.rjust(number, "\n")))


@when(parsers.parse("{who} asks for a new code {number:d} times"))
def asks_for_new_codes(stage: Stage, who: str, number: int) -> None:
    for _ in range(number):
        stage.say(who, "give me a new code")


@step(parsers.re(r"(?P<who>\w+) approves the code(?: as \"(?P<account>[^\"]+)\")?$"))
def approves(stage: Stage, account: str | None) -> None:
    stage.provider.approve(stage.code, account or "ana@example.test")


@step(parsers.re(r"(?P<who>\w+) declines the code$"))
def declines(stage: Stage) -> None:
    stage.provider.decline(stage.code)


@when(parsers.parse("a model is called with {who}'s subscription"))
def model_called(stage: Stage, who: str) -> None:
    stage.call_model(who)


# --- What time, the network and the provider do ---


@step(parsers.re(r"(?P<number>\d+) (?P<unit>second|minute|hour|day)s? pass(?:es)?$"))
def time_passes(stage: Stage, number: str, unit: str) -> None:
    stage.clock.advance(timedelta(**{f"{unit}s": int(number)}))


@step("the skill is restarted")
def restarted(stage: Stage) -> None:
    stage.stop()


@step(
    parsers.re(r"the provider answers the next (?P<endpoint>\w+) with \"(?P<name>[^\"]+)\"(?: \((?P<options>.*)\))?$")
)
def provider_fault(stage: Stage, endpoint: str, name: str, options: str | None) -> None:
    """A fault of the local provider's table; the options are YAML."""
    stage.provider.fault(endpoint, name, **yaml.safe_load(f"{{{options or ''}}}"))


@step(parsers.re(r"the next (?P<endpoint>\w+) (?P<mishap>is held back|never leaves|ends in a crash)$"))
def mishap(stage: Stage, endpoint: str, mishap: str) -> None:
    stage.line.next(endpoint, MISHAPS[mishap])


@when("the answer that was held back arrives")
def released(stage: Stage) -> None:
    stage.line.release()
    stage.wait()


@when("whoever waited is answered")
def waited(stage: Stage) -> None:
    stage.wait()


@step(parsers.re(r"the provider (?P<does>ends|invalidates) the login of \"(?P<account>[^\"]+)\"$"))
def login_breaks(stage: Stage, does: str, account: str) -> None:
    """Ended, no refresh helps; invalidated, the next call answers 401 and a refresh helps."""
    broken = stage.provider.kill_session if does == "ends" else stage.provider.revoke_access
    broken(account)


# --- What the agent does that holds the tool ---


@when(parsers.re(r"the agent calls (?P<action>\w+) for (?P<who>\w+)(?:, quoting \"(?P<quoted>.*)\")?$"))
def agent_calls(stage: Stage, action: str, who: str, quoted: str | None) -> None:
    stage.call_tool(who, action, user_message=quoted)


@when(parsers.re(r"the agent calls (?P<action>\w+) for (?P<who>\w+) with (?P<name>\w+) (?P<value>.+)$"))
def agent_calls_with(stage: Stage, action: str, who: str, name: str, value: str) -> None:
    """`value` is YAML."""
    stage.call_tool(who, action, **{name: yaml.safe_load(value)})


@when(parsers.parse("the agent sees {number:d} sign-ins of {who} declined, and starts over each time"))
def agent_starts_over(stage: Stage, number: int, who: str) -> None:
    for _ in range(number):
        stage.provider.decline(stage.code)
        stage.say(who, "done")
        stage.call_tool(who, "poll")
        stage.call_tool(who, "start")


@then("the tool answers:")
def tool_answers(stage: Stage, docstring: str) -> None:
    """The doc string is YAML: the fields that matter."""
    wanted = yaml.safe_load(docstring)
    assert {name: stage.answer.get(name) for name in wanted} == wanted


# --- Then: what the skill said ---


@then("the skill replies:")
def replies(stage: Stage, docstring: str) -> None:
    """All of the text, to the character; `{user_code}` stands for the code that the provider issued last."""
    assert _reply(stage).text == _filled(stage, docstring)


@then(parsers.re(r"the skill says (?P<keys>\"\w+\"(?: and \"\w+\")*)(?: in (?P<language>English|Chinese))?$"))
def says_by_key(stage: Stage, keys: str, language: str | None) -> None:
    """The texts of the catalogue under these keys, a paragraph each."""
    reply = _reply(stage)
    assert reply.language == LANGUAGES.get(language or "", reply.language)
    words = catalogue(reply.language)
    assert _matches([words.entries[key].text for key in re.findall(r"\w+", keys.replace(" and ", " "))], reply.text)


@then(parsers.re(r"the skill adds (?P<which>the|no) note \"(?P<key>\w+)\"$"))
def adds_the_note(stage: Stage, which: str, key: str) -> None:
    """A text of the catalogue, said beside the reply."""
    reply = _reply(stage)
    template = catalogue(reply.language).entries[key].text
    assert any(_matches([template], note) for note in reply.notes) == (which == "the"), reply.notes


@then(parsers.parse('the skill adds a note with "{words}"'))
def adds_a_note_with(stage: Stage, words: str) -> None:
    assert any(words in note for note in _reply(stage).notes), _reply(stage).notes


@then(parsers.parse('the skill mentions "{words}"'))
def mentions(stage: Stage, words: str) -> None:
    assert words in _reply(stage).text


@then(parsers.parse('the skill doesn\'t mention "{words}"'))
def does_not_mention(stage: Stage, words: str) -> None:
    assert _filled(stage, words) not in _reply(stage).model_dump_json()


@then("the skill stays silent")
def stays_silent(stage: Stage) -> None:
    """None: the runtime goes on as if the skill were not there."""
    assert stage.replies
    assert all(reply is None for reply in stage.replies)


@then("the skill says nothing more")
def says_nothing_more(stage: Stage) -> None:
    """Handled, and there is nothing to say."""
    assert _reply(stage).text == ""
    assert _reply(stage).user_code is None


@then("nobody is answered yet")
def not_answered(stage: Stage) -> None:
    assert stage.replies == []


@then(parsers.re(r"(?P<number>\d+) of the replies (?:is|are) marked as repeated$"))
def marked_as_repeated(stage: Stage, number: str) -> None:
    """Every delivery was answered, and with the same words."""
    assert len({(reply.text, *reply.notes) for reply in _replies(stage)}) == 1
    assert sum(reply.repeated for reply in _replies(stage)) == int(number)


@then("the message is marked as sensitive")
def marked_as_sensitive(stage: Stage) -> None:
    assert _reply(stage).sensitive


@then(parsers.parse('"{skill}" takes over'))
def takes_over(stage: Stage, skill: str) -> None:
    assert _reply(stage).handoff == (None if skill == "nobody" else skill)


@then(parsers.parse("the models in the selector are {models}"))
def models_in_selector(stage: Stage, models: str) -> None:
    assert ", ".join(_reply(stage).models) == models


@then(parsers.parse("the conversation is {state}"))
def conversation_state(stage: Stage, state: str) -> None:
    assert _state(stage) == state


@then(parsers.parse('the skill never said "{words}"'))
def never_said(stage: Stage, words: str) -> None:
    assert not [reply for reply in stage.transcript if words in reply.model_dump_json()]


# --- Then: what was asked, and what is left ---


@then("the provider was asked nothing")
def provider_asked_nothing(stage: Stage) -> None:
    assert stage.asked() == 0


@then(parsers.re(r"the (?:provider|host's tool) was asked to (?P<endpoint>\w+) (?P<times>once|twice|never|\d+ times)$"))
def provider_asked(stage: Stage, endpoint: str, times: str) -> None:
    assert stage.asked(endpoint) == (TIMES[times] if times in TIMES else int(times.removesuffix(" times")))


@then("the store was asked nothing")
def store_asked_nothing(stage: Stage) -> None:
    assert stage.store_asked == 0


@then(parsers.re(r"(?P<number>\d+) logins? (?:is|are) alive at the provider$"))
def logins_alive(stage: Stage, number: str) -> None:
    assert stage.provider.live_tokens().refresh == int(number)


@then(parsers.parse('"{pasted}" was neither logged nor stored'))
def neither_logged_nor_stored(stage: Stage, pasted: str) -> None:
    assert stage.traces(pasted) == []


@then("no secret got out")
def no_secret_got_out(stage: Stage) -> None:
    """Said again where it is the point; the `stage` fixture checks it after every scenario."""
    assert stage.provider.secrets()
    assert stage.leaks() == []


# --- What the steps share ---


def _replies(stage: Stage) -> list[Reply]:
    found = [reply for reply in stage.replies if reply is not None]
    assert found and len(found) == len(stage.replies), f"silence, or nothing yet: {stage.replies}"
    return found


def _reply(stage: Stage) -> Reply:
    return _replies(stage)[-1]


def _filled(stage: Stage, words: str) -> str:
    values = {"user_code": stage.code, "verification_url": stage.verification_url} if "{" in words else {}
    return re.sub(r"{(\w+)}", lambda name: values[name[1]], words)


def _state(stage: Stage) -> str:
    return _reply(stage).state.value


def _manner(stage: Stage, how: str | None) -> dict[str, Any]:
    """What a manner of speaking changes about the message."""
    place, _, sent = (how or "").partition(" sent ")
    changes = dict(MANNERS.get(place.rstrip(","), {}))
    if place.startswith("in a chat with "):
        changes["conversation_id"] = place.removeprefix("in a ").rstrip(",")
    if sent:
        number, unit, _ago = sent.split()
        changes["sent_at"] = stage.clock.now() - timedelta(**{unit: int(number)})
    return changes


def _matches(templates: list[str], text: str) -> bool:
    """Whether a text is these templates filled, a blank line between them."""
    patterns = [re.sub(r"\\{\w+\\}", "(?s:.+?)", re.escape(template)) for template in templates]
    return re.fullmatch("\n\n".join(patterns), text) is not None
