"""The steps of `features/`, for the features of any project that uses the skill (pytest-bdd).

    # test_features.py                          # sign_in.feature, with English or Chinese keywords
    from pytest_bdd import scenarios            #   Given Ana has been shown a code
                                                #   When Ana approves the code
    pytest_plugins = ["skill.testing.steps"]    #   And Ana says "done"
    scenarios(".")                              #   Then the skill says "connected"

A small vocabulary over one `Stage`; README.md beside this file lists it. Plain functions: pytest-bdd never awaits, so
whatever waits is run on the stage's loop. Counts of what the provider and the store were asked begin after `Given`.
"""

import re
from datetime import timedelta
from typing import Any

import yaml
from pytest_bdd import given, parsers, step, then, when

from skill.message import Reply
from skill.testing.host import Host
from skill.testing.keys import fits
from skill.testing.line import Mishap
from skill.testing.manners import MANNERS, place
from skill.testing.stage import Stage

LANGUAGES = {"English": "en", "Spanish": "es", "Chinese": "zh"}
MISHAPS: dict[str, Mishap] = {"is held back": "held back", "never leaves": "unreachable", "ends in a crash": "crash"}
TIMES = {"never": 0, "once": 1, "twice": 2}

_HOW = r"(?: (?P<how>in (?:a|an|another) [^\"]+))?"
_PLACE = re.compile(r"in (?:a (shared room|chat with \w+)|(another chat))")
_HOW_OF = {
    "in a message": {},
    "in a message without an id": MANNERS["without an id"],
    "in a message without a user": MANNERS["without a user"],
    "in an edited message": MANNERS["edited"],
    "in a forwarded message": MANNERS["forwarded"],
    "in a bot's message": MANNERS["from a bot"],
}


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


@given("the data folder is taken by a file")
def folder_taken(stage: Stage) -> None:
    stage.folder.write_text("mine")


@given("the provider listens on a real port")
def real_port(stage: Stage) -> None:
    stage.listen()


@given(parsers.parse('{who}\'s chat client is set to "{language}"'))
def client_language(stage: Stage, who: str, language: str) -> None:
    stage.languages[who] = language


@step(parsers.parse('the account "{account}" has {field} {value}'))
def account_has(stage: Stage, account: str, field: str, value: str) -> None:
    """`value` is YAML; an account that the provider doesn't know is new."""
    stage.change_account(account, {field: yaml.safe_load(value)})


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


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\"" + _HOW + r"(?: (?P<times>\d+) times)?$"))
def says(stage: Stage, who: str, text: str, how: str | None, times: str | None) -> None:
    for _ in range(int(times or 1)):
        stage.deliver(stage.message(who, text, **_manner(stage, how, text)))


@when(parsers.re(r"(?P<who>\w+) says \"(?P<text>.*)\", delivered (?P<times>\d+) times at once$"))
def says_delivered_often(stage: Stage, who: str, text: str, times: str) -> None:
    stage.deliver(stage.message(who, text), int(times))


@when(parsers.re(r"the message \"(?P<text>.*)\" is delivered (?P<again>again|\d+ more times at once)" + _HOW + "$"))
def delivered_again(stage: Stage, text: str, again: str, how: str | None) -> None:
    message = stage.find(text).model_copy(update=_manner(stage, how, text))
    stage.deliver(message, 1 if again == "again" else int(again.removesuffix(" more times at once")))


@step(parsers.re(r"(?P<who>\w+) (?P<does>approves|declines) the code(?: as \"(?P<account>[^\"]+)\")?$"))
def decides(stage: Stage, does: str, account: str | None) -> None:
    """On the provider's page; the code is the latest."""
    if does == "declines":
        stage.provider.decline(stage.code)
    else:
        stage.provider.approve(stage.code, account or "ana@example.test")


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


@when(parsers.re(r"the agent calls (?P<action>\w+) for (?P<who>\w+)(?: with (?P<name>\w+) (?P<value>.+))?$"))
def agent_calls(stage: Stage, action: str, who: str, name: str | None, value: str | None) -> None:
    """`value` is YAML; a poll is for the code that the agent started last, unless told otherwise."""
    stage.call_tool(who, action, **({name: yaml.safe_load(value)} if name and value else {}))


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


@then(parsers.re(rf"the skill says (?P<keys>\"\w+\"(?: and \"\w+\")*)(?: in (?P<language>{'|'.join(LANGUAGES)}))?$"))
def says_by_key(stage: Stage, keys: str, language: str | None) -> None:
    """The texts of the catalogue under these keys, a paragraph each."""
    reply = _reply(stage)
    assert reply.language == LANGUAGES.get(language or "", reply.language)
    assert fits(reply.language, re.findall(r"\"(\w+)\"", keys), reply.text), reply.text


@then(parsers.re(r"the skill adds (?P<which>the|no) note \"(?P<key>\w+)\"$"))
def adds_the_note(stage: Stage, which: str, key: str) -> None:
    """A text of the catalogue, said beside the reply."""
    reply = _reply(stage)
    assert any(fits(reply.language, [key], note) for note in reply.notes) == (which == "the"), reply.notes


@then(parsers.re(r"the skill (?P<does>mentions|doesn't mention) \"(?P<words>(?s:.*))\"$"))
def mentions(stage: Stage, does: str, words: str) -> None:
    """In the text or beside it."""
    said = "\n".join([_reply(stage).text, *_reply(stage).notes])
    assert (_filled(stage, words) in said) == (does == "mentions"), said


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


# --- Then: what was asked, and what is left ---


@then(parsers.re(r"the (?P<whom>provider|store) was asked nothing$"))
def asked_nothing(stage: Stage, whom: str) -> None:
    assert (stage.asked() if whom == "provider" else stage.store_asked) == 0


@then(parsers.re(r"the (?:provider|host's tool) was asked to (?P<endpoint>\w+) (?P<times>once|twice|never|\d+ times)$"))
def provider_asked(stage: Stage, endpoint: str, times: str) -> None:
    assert stage.asked(endpoint) == (TIMES[times] if times in TIMES else int(times.removesuffix(" times")))


@then(parsers.re(r"(?P<number>\d+) logins? (?:is|are) alive at the provider$"))
def logins_alive(stage: Stage, number: str) -> None:
    assert stage.provider.live_tokens().refresh == int(number)


@then(parsers.parse('"{words}" is nowhere to be found'))
def nowhere(stage: Stage, words: str) -> None:
    """Not said, logged, shown by a repr or stored."""
    assert stage.traces(words) == []


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


def _manner(stage: Stage, how: str | None, text: str) -> dict[str, Any]:
    """What a manner of speaking changes about the message."""
    spoken, _, sent = (how or "").partition(" sent ")
    spoken = spoken.rstrip(",")
    where = _PLACE.fullmatch(spoken)
    changes = _place(where) if where else dict(_HOW_OF.get(spoken, {}))
    if spoken.startswith("in a message of "):
        changes["text"] = text.rjust(int(spoken.split()[4]), "\n")
    if sent:
        number, unit, _ago = sent.split()
        changes["sent_at"] = stage.clock.now() - timedelta(**{unit: int(number)})
    return changes


def _place(where: re.Match[str]) -> dict[str, Any]:
    named = where[1] or where[2]
    return place(f"a {named}" if named.startswith("chat with") else named)
