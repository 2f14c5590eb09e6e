"""Scripted conversations: what a person may write, what is told when they write it wrong, and when it differs."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from skill.core.replies import catalogue
from skill.testing.keys import fits, keys_of
from skill.testing.play import Played, play
from skill.testing.reading import ScriptError, read, schema, schema_text
from skill.testing.script import STEPS, Says
from skill.testing.stage import Stage
from skill.testing.transcript import as_dict, transcript

SCRIPTS = sorted((Path(__file__).parents[1] / "conversations").glob("*.conversation.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def written(folder: Path, *steps: str, above: str = "") -> Path:
    """A script of these steps, each a line or more of YAML."""
    path = folder / "it.conversation.yaml"
    indented = [f"  - {step.strip()}".replace("\n", "\n    ") for step in steps]
    path.write_text("\n".join([f"title: It{above and chr(10) + above}", "steps:", *indented, ""]), encoding="utf-8")
    return path


def played(folder: Path, *steps: str, above: str = "") -> Played:
    return play(read(written(folder, *steps, above=above)))


# --- reading ---


def test_the_shipped_schema_is_the_models_own() -> None:
    """After a change: codex-onboarding replay --schema > skill/testing/conversation.schema.json"""
    assert (files("skill.testing") / "conversation.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_knows_every_kind_of_step() -> None:
    kinds = schema()["properties"]["steps"]["items"]["oneOf"]
    assert len(kinds) == len(STEPS) + 1  # and a person who speaks
    says = schema()["$defs"]["Says"]
    assert "who" not in says["properties"] and list(says["patternProperties"]) == ["^[^a-z]"]


@pytest.mark.parametrize(
    ("step", "line", "told"),
    [
        ("Ana: hi\nskil: display", 4, "steps.0.skil: no such key here; did you mean 'skill'?"),
        ("Ana: hi\nskill: dispaly", 4, "steps.0.skill: no text has the key 'dispaly'"),
        ("Ana: hi\nasked: pol", 4, "steps.0.asked: 'pol' is none of: start, poll,"),
        ("Ana: hi\nskill: connected\nvalues: {mail: x}", 3, "has no placeholder 'mail'; it has: email, model"),
        ("Ana: hi\nwhere: far away", 4, "steps.0.where: 'far away' is none of: shared room, another chat"),
        ("Ana: hi\nhow: loudly", 4, "steps.0.how: 'loudly' is none of: edited"),
        ("Ana: hi\nBen: hi", 3, "one person speaks at a time"),
        ("brwser: approve", 3, "a step has a person's name with a capital letter, or one of: again, do, browser"),
        ("restart", 3, "a step has a person's name"),
        ("browser: hesitate", 3, "steps.0.browser: Input should be 'approve' or 'decline'"),
        ("passes: a while", 3, 'write a span of time as "5 minutes"'),
        ("fault: poll 999", 3, "no fault '999' for 'poll'; there are: "),
        ("fault: pool 500", 3, "no endpoint 'pool'; there are: start, poll"),
        ("fault: poll 429\noptions: {after: 3}", 3, "fault '429' has no option 'after'; there are: "),
        ("account: a@example.test\nhas: {modles: []}", 4, "an account has no 'modles'; it has: email, plan"),
        ("tool: start", 3, "steps.0: for is missing"),
        ("tool: begin\nfor: Ana", 3, "steps.0.tool: Input should be 'status', 'start'"),
        ("Ana: hi\nAna: hi", 4, "steps.0.Ana: duplicate key"),
        ("Ana: [hi", 4, "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(folder: Path, step: str, line: int, told: str) -> None:
    path = written(folder, step)
    with pytest.raises(ScriptError) as wrong:
        read(path)
    first = str(wrong.value).splitlines()[0]
    assert first.startswith(f"{path}:{line}: ") and told in first


def test_every_wrong_place_is_told_at_once(folder: Path) -> None:
    path = written(folder, "Ana: hi\nskil: x", "passes: 1", above="settings: {answers: nobody}")
    with pytest.raises(ScriptError) as wrong:
        read(path)
    assert [line.split(":")[1] for line in str(wrong.value).splitlines()] == ["2", "5", "6"]


def test_what_people_say_stays_words(folder: Path) -> None:
    """YAML would take them for a truth value, a number and nothing."""
    steps = read(written(folder, "Ana: yes", "Ana: 1", "Ana: ~")).script.steps
    assert [getattr(step, "says", None) for step in steps] == ["yes", "1", "~"]


# --- playing ---


def test_a_script_stops_at_its_first_difference(folder: Path) -> None:
    went = played(folder, "Ana: done\nskill: connected\nasked: poll", "Ana: Sign in with my ChatGPT account")
    assert not went.as_written
    assert len(went.moments) == 1
    assert [(one.key, one.written, one.seen) for one in went.moments[0].differences] == [
        ("skill", "connected", "passes through"),
        ("asked", "poll", "nothing"),
    ]


@pytest.mark.parametrize(
    ("expected", "key", "seen"),
    [
        ("skill: ask", "skill", "display\nOpen this URL"),
        ("skill: passes through", "skill", "display\nOpen this URL"),
        ("text: Open this", "text", "Open this URL"),
        ("mentions: nothing of this kind", "mentions", "Open this URL"),
        ("omits: Open", "omits", "Open this URL"),
        ("adds: relogin_offer", "adds", "The code is valid"),
        ("state: idle", "state", "awaiting_confirm"),
        ("language: zh", "language", "en"),
        ("handoff: byok-custom-model", "handoff", "nobody"),
        ("models: openai-codex/gpt-5", "models", ""),
        ("sensitive: true", "sensitive", "False"),
        ("repeated: 1", "repeated", "0"),
        ("asked: nothing", "asked", "start"),
        ("asked: start start", "asked", "start"),
        ("logins: 1", "logins", "0"),
    ],
)
def test_each_expectation_can_fail(folder: Path, expected: str, key: str, seen: str) -> None:
    went = played(folder, f"Ana: Sign in with my ChatGPT account\n{expected}")
    (difference,) = went.moments[0].differences
    assert difference.key == key
    assert difference.seen.startswith(seen)


def test_a_value_of_the_text_can_differ(folder: Path) -> None:
    done = "Ana: done\nskill: connected\nvalues: {email: ben@example.test}"
    went = played(folder, "Ana: Sign in with my ChatGPT account", "browser: approve", done)
    (difference,) = went.moments[2].differences
    assert (difference.key, difference.written) == ("values", "email: ben@example.test")


def test_what_the_tool_answers_can_differ(folder: Path) -> None:
    went = played(folder, "tool: status\nfor: Ana\nanswers: {ok: true, state: connected}")
    (difference,) = went.moments[0].differences
    assert (difference.key, difference.seen) == ("answers", "{'ok': True, 'state': 'idle'}")


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("browser: approve\naccount: kim@example.test", "device code sign-in is off for kim@example.test"),
        ("browser: approve\naccount: nobody@example.test", "no account 'nobody@example.test'; there are: ana@"),
        ("login: ended\naccount: nobody@example.test", "no account 'nobody@example.test'"),
        ("again: done", "nobody has said 'done' so far"),
    ],
)
def test_a_step_that_cannot_happen_is_a_difference(folder: Path, step: str, why: str) -> None:
    went = played(folder, "Ana: Sign in with my ChatGPT account", step)
    assert [(one.key, one.seen.startswith(f"can't: {why}")) for one in went.moments[1].differences] == [
        ("this step", True)
    ]


def test_nothing_can_be_approved_before_there_is_a_code(folder: Path) -> None:
    (difference,) = played(folder, "browser: decline").moments[0].differences
    assert difference.seen == "can't: no code has been issued so far"


def test_the_transcript_ends_with_file_line_and_diff(folder: Path) -> None:
    went = played(folder, "Ana: Sign in with my ChatGPT account\nsent: 5 seconds ago\ntext: Open that\nasked: start")
    lines = list(transcript(went))
    assert lines[0] == f"It  ({went.read.path})"
    assert lines[1] == "      Ana  Sign in with my ChatGPT account (sent 5 seconds ago)"
    assert lines[2] == "    skill  Open this URL in your browser:"
    at = lines.index(f"{went.read.path}:3: not as written")
    assert lines[at + 1 : at + 3] == ["  text:", "    - Open that"]
    assert "           [awaiting_confirm, provider: start]" in lines


def test_the_same_for_programs(folder: Path) -> None:
    told = as_dict(played(folder, "passes: 5 minutes\nasked: nothing", "Ana: done\nskill: connected"))
    assert json.loads(json.dumps(told)) == told
    assert (told["as_written"], [step["line"] for step in told["steps"]]) == (False, [3, 5])
    assert told["steps"][1]["differences"] == [{"key": "skill", "written": "connected", "seen": "passes through"}]


# --- keys ---


def test_the_key_of_a_text_is_found_again() -> None:
    with Stage() as stage:
        replies = [
            stage.say("Ana", "Sign in with my ChatGPT account"),
            stage.say("Ana", "not yet"),
            stage.say("Ana", "完成了"),
        ]
        stage.provider.decline(stage.code)
        replies.append(stage.say("Ana", "done"))
    assert [keys_of(reply) for reply in replies if reply] == [
        ["display"],
        ["not_yet"],
        ["still_pending"],
        ["poll_declined", "display"],
    ]


def test_a_template_fits_by_the_values_that_are_given() -> None:
    text = "Connected as a. You can switch with `/model b`."
    assert fits("en", ["connected"], text, {"email": "a"})
    assert not fits("en", ["connected"], text, {"email": "b"})
    assert not fits("zh", ["connected"], text)


# --- our own ---


def test_our_scripts_cover_the_specification() -> None:
    """Both languages, every kind of step, every state a conversation can rest in."""
    texts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    scripts = [read(path).script for path in SCRIPTS]
    assert len(scripts) >= 40
    assert {type(step) for script in scripts for step in script.steps} >= set(STEPS.values())
    states = {"idle", "clarifying", "awaiting_confirm", "connected", "failed"}  # the others last as long as a call
    assert set(re.findall(r"state: (\w+)", "\n".join(texts))) >= states
    assert sum("小伟" in text for text in texts) >= 8


def test_our_scripts_name_every_rule_and_section() -> None:
    """conversation.md, section 8 aside, which is about names in code."""
    abouts = " ".join(read(path).script.about or "" for path in SCRIPTS)
    named = {
        kind: {
            int(number)
            for numbers in re.findall(rf"{kind}s? (\d(?:(?:, | and )\d)*)", abouts)
            for number in re.findall(r"\d", numbers)
        }
        for kind in ("rule", "section")
    }
    assert named == {"rule": {1, 2, 3, 4, 5, 6, 7}, "section": {1, 2, 3, 4, 5, 6, 7, 9}}


# What no script can bring about: a disk that fails, a clock that is wrong, an operator's command, a question of MCP.
NOT_SCRIPTED = {
    *("storage", "start_storage", "trouble_storage", "clock_off", "kept_elsewhere", "forgotten", "no_entitlement"),
    *("why_failed", "agree_start", "agree_poll", "agree_logout", "cannot_ask", "in_words"),
}
PART_OF_OTHERS = {
    *("your_account", "unknown", "day", "hour", "minute", "duration"),
    *("model_line", "window_line", "no_windows", "window_hours", "window_days", "window_week"),
}


def test_every_text_that_a_person_can_read_is_said_in_a_script() -> None:
    raw = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in SCRIPTS]
    told = [step.get(name) for script in raw for step in script["steps"] for name in ("skill", "adds")]
    said = {key for keys in told for key in ([keys] if isinstance(keys, str) else keys or [])}
    texts = {key for key in catalogue("en").entries if not key.startswith("error_")}
    assert texts - said == NOT_SCRIPTED | PART_OF_OTHERS


def test_what_the_page_shows_works(folder: Path) -> None:
    page = (files("skill.testing") / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    path = folder / "page.conversation.yaml"
    path.write_text(script, encoding="utf-8")
    assert play(read(path)).as_written
    exec(code, {})
    named = set(re.findall(r"`(\w+):", page))
    fields = {field.alias or name for model in (Says, *STEPS.values()) for name, field in model.model_fields.items()}
    assert fields - named - {"who", "says"} == set()
