"""The words: the same in every language, the fixed ones to the character (conversation.md, section 4)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from skill import speech
from skill.core.machine import MOVES
from skill.core.replies import catalogue, languages, pick_language
from skill.core.session import Code
from skill.core.states import Action, State
from skill.errors import Reason
from skill.message import Reply
from skill.oauth.outcomes import (
    LoggedOut,
    ModelsReport,
    NotConnected,
    Outcome,
    Refreshed,
    StatusReport,
    Troubled,
    UsageReport,
    UsageWindow,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://auth.openai.com/codex/device"
CODE = Code("WXYZ-12345", URL, "pending-1", NOON + timedelta(minutes=15))
MODELS = ["openai-codex/gpt-5-codex", "openai-codex/gpt-5", "openai-codex/gpt-5-mini"]
LOGIN = speech.Login("ana@example.test", MODELS)
SKILLS = frozenset({"byok-custom-model", "custom_models"})
TOOL_ERRORS = [  # section 7
    *("request_required", "confirmation_required", "already_connected", "not_connected", "unknown_pending_id"),
    *("rate_limited", "blocked", "region", "network", "provider_error", "no_entitlement", "storage"),
    "relogin_required",
]

each = pytest.mark.parametrize("language", ["en", "es", "zh"])


def scene(language: str, **changes: object) -> speech.Scene:
    """A code on screen in that language, unless told otherwise."""
    usual = speech.Scene(language, State.AWAITING_CONFIRM, NOON, code=CODE, handoffs=SKILLS)
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_all_languages_are_installed() -> None:
    assert languages() == ("en", "es", "zh")


def test_all_languages_have_the_same_texts_with_the_same_places() -> None:
    """Section 4: all languages have equal keys, placeholders and notes."""
    shapes = [
        {key: (entry.placeholders, len(entry.notes)) for key, entry in catalogue(language).entries.items()}
        for language in languages()
    ]
    assert all(shape == shapes[0] for shape in shapes)


@each
def test_every_reason_has_its_sentence_wherever_it_can_be_met(language: str) -> None:
    """errors.py: each `Reason` has texts in every catalogue."""
    entries = catalogue(language).entries
    for reason in Reason:
        if reason in (Reason.DECLINED, Reason.EXPIRED, Reason.REFUSED, Reason.NO_ENTITLEMENT):
            assert f"poll_{reason.value}" in entries  # the poll's own end
            continue
        assert f"start_{reason.value}" in entries
        if reason is not Reason.UNSUPPORTED:  # only a start can meet a provider without device sign-in
            assert f"trouble_{reason.value}" in entries


@each
@pytest.mark.parametrize("error", TOOL_ERRORS)
def test_every_tool_error_has_its_sentence(language: str, error: str) -> None:
    """Section 7."""
    assert f"error_{error}" in catalogue(language).entries
    assert {reason.code for reason in Reason} <= set(TOOL_ERRORS)


@each
def test_display_is_exact(language: str) -> None:
    """Section 4, exact: all of the text."""
    exact = {
        "en": f"Open this URL in your browser:\n  {URL}\nAnd enter this code:\n  WXYZ-12345",
        "es": f"Abre este enlace en tu navegador:\n  {URL}\nE introduce este código:\n  WXYZ-12345",
        "zh": f"在浏览器中打开此链接:\n  {URL}\n并输入此验证码:\n  WXYZ-12345",
    }
    reply = speech.reply("display", scene(language))
    assert reply.text == exact[language]
    assert (reply.verification_url, reply.user_code) == (URL, "WXYZ-12345")
    assert len(reply.notes) == 3


@each
def test_connected_is_exact(language: str) -> None:
    """Section 4, exact: all of the text."""
    exact = {
        "en": "Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.",
        "es": "Conectado como ana@example.test. Puedes cambiar de modelo con `/model openai-codex/gpt-5-codex`.",
        "zh": "已以ana@example.test身份连接。您可以通过`/model openai-codex/gpt-5-codex`切换模型。",
    }
    reply = speech.reply("connected", scene(language, state=State.CONNECTED, code=None, login=LOGIN))
    assert reply.text == exact[language]
    assert reply.models == MODELS
    assert all(model in reply.notes[0] for model in MODELS)
    assert len(reply.notes) == 2


@pytest.mark.parametrize(
    ("models", "named"),
    [
        (MODELS[::-1], "openai-codex/gpt-5-codex"),
        (["openai-codex/gpt-5", "openai-codex/gpt-5-mini"], "openai-codex/gpt-5"),
        ([], "openai-codex/gpt-5-codex"),
    ],
)
def test_the_model_that_is_named_is_the_primary_one_where_the_account_has_it(models: list[str], named: str) -> None:
    """Section 4."""
    reply = speech.reply("connected", scene("en", code=None, login=speech.Login("ana@example.test", models)))
    assert f"`/model {named}`" in reply.text


@pytest.mark.parametrize(
    ("language", "name"), [("en", "your ChatGPT account"), ("es", "tu cuenta de ChatGPT"), ("zh", "您的ChatGPT账户")]
)
def test_somebody_without_a_name_is_their_account(language: str, name: str) -> None:
    """Section 4: without an e-mail the account id, else these words."""
    nobody = scene(language, code=None, login=speech.Login(None, MODELS))
    assert name in speech.reply("connected", nobody).text


@each
def test_after_a_failed_poll_the_reason_comes_before_the_new_code(language: str) -> None:
    """Section 4: the reason, a blank line, then the display."""
    reason = catalogue(language).text("poll_declined")
    display = speech.reply("display", scene(language)).text
    assert speech.reply("display", scene(language, preface="poll_declined")).text == f"{reason}\n\n{display}"


ANSWERS: list[Outcome] = [
    StatusReport(False, "idle"),
    StatusReport(True, "connected"),
    StatusReport(True, "connected", "ana@example.test", "acc-ana", "plus", NOON + timedelta(days=9), NOON),
    ModelsReport(MODELS, "live"),
    ModelsReport([], "live"),
    UsageReport(None, []),
    UsageReport("plus", [UsageWindow(18_000, 12.5, NOON + timedelta(hours=1)), UsageWindow(None, None, None)]),
    LoggedOut(True, True),
    LoggedOut(True, False),
    LoggedOut(False, False),
    Refreshed(None),
    NotConnected(),
    *(Troubled(reason, 90) for reason in Reason),
]


def everything_said(language: str) -> Iterator[tuple[str, Reply]]:
    """Each `say` of the table, each answer, and each failure, in the scenes where they occur."""
    here = scene(language)
    connected = scene(language, state=State.CONNECTED, code=None, login=LOGIN)
    failed = scene(language, state=State.FAILED, code=None)
    for say in sorted({move.say for move in MOVES if move.say}):
        rooms = [connected] if say in ("connected", "already_connected", "choose_model") else [here]
        if say in ("start_failed", "trouble", "poll_failed", "why_failed"):
            reasons = [reason.value for reason in Reason] + ["start_limit", "no_more_restarts", None]
            rooms = [
                replace(failed if say != "trouble" else here, reason=reason, retry_at=moment)
                for reason in reasons
                for moment in (None, NOON + timedelta(minutes=3), NOON - timedelta(minutes=3))
            ]
        for room in rooms:
            for secret, offer, handoffs in ((False, False, SKILLS), (True, True, frozenset[str]())):
                told = replace(room, secret=secret, offer=offer, handoffs=handoffs)
                yield say, speech.reply(say, told)
    for outcome in ANSWERS:
        for room in (here, connected, failed):
            for action in Action:
                if not (isinstance(outcome, StatusReport) and outcome.connected and room.login is None):
                    yield repr(outcome), speech.reply("answer", replace(room, outcome=outcome, action=action))
    for aside in ("private", "no_identity", "try_again", "interrupted", "storage"):
        yield aside, speech.reply(aside, failed)


@each
def test_a_plan_of_which_no_limit_is_reported_says_so(language: str) -> None:
    """Section 4: no bare list."""
    here = scene(language, state=State.CONNECTED, code=None, login=LOGIN, outcome=UsageReport("free", []))
    last = speech.reply("answer", replace(here, action=Action.USAGE)).text.splitlines()[-1]
    assert len(last) > len("- ") and last == catalogue(language).text("no_windows")


@each
def test_whatever_can_be_said_can_be_said_in_every_language(language: str) -> None:
    """Section 4: no text without words, no place unfilled, and no word of another language's catalogue."""
    for said, reply in everything_said(language):
        for text in (reply.text, *reply.notes):
            assert text.strip(), said
            assert not re.search(r"[{}]|\bNone\b", text), said
            assert bool(re.search(r"[\u4e00-\u9fff]", text)) is (language == "zh"), (said, text)


@each
def test_the_code_stands_where_it_is_shown_and_never_in_an_address(language: str) -> None:
    """Rules 3 and 6."""
    for said, reply in everything_said(language):
        texts = "\n".join([reply.text, *reply.notes])
        assert (CODE.user_code in texts) is (reply.user_code is not None), said
        assert all(CODE.user_code not in address for address in re.findall(r"https?://\S+", texts)), said
        assert reply.verification_url in (None, URL)


@pytest.mark.parametrize(
    ("span", "en", "zh"),
    [
        (timedelta(seconds=-5), "1 min", "1分钟"),
        (timedelta(seconds=61), "2 min", "2分钟"),
        (timedelta(minutes=15), "15 min", "15分钟"),
        (timedelta(hours=3, minutes=20), "3 h 20 min", "3小时20分钟"),
        (timedelta(hours=5), "5 h", "5小时"),
        (timedelta(days=9, hours=4, minutes=30), "9 d 4 h", "9天4小时"),
        (timedelta(days=9, minutes=30), "9 d 30 min", "9天30分钟"),
    ],
)
def test_durations_are_told_in_two_units_at_most(span: timedelta, en: str, zh: str) -> None:
    told = [catalogue(language).duration(span) for language in ("en", "es", "zh")]
    assert told == [en, en, zh]  # Spanish has the same signs


@pytest.mark.parametrize(
    ("seconds", "en", "es", "zh"),
    [
        (18_000, "5-hour limit", "límite de 5 h", "5小时额度"),
        (604_800, "weekly limit", "límite semanal", "每周额度"),
        (86_400, "1-day limit", "límite de 1 d", "1天额度"),
        (2_592_000, "30-day limit", "límite de 30 d", "30天额度"),
        (0, "unknown", "desconocido", "未知"),
        (-5, "unknown", "desconocido", "未知"),
        (None, "unknown", "desconocido", "未知"),
    ],
)
def test_a_usage_window_is_named_by_its_length(seconds: int | None, en: str, es: str, zh: str) -> None:
    """openai-codex-protocol.md, section 9: by length, not by position."""
    told = [catalogue(language).window(seconds) for language in ("en", "es", "zh")]
    assert told == [en, es, zh]


@pytest.mark.parametrize(
    ("candidates", "language"),
    [
        ((None, None, None), "en"),
        (("zh", "en", None), "zh"),
        ((None, "zh", "en"), "zh"),
        ((None, None, "zh-TW"), "zh"),
        ((None, None, "zh_Hans"), "zh"),
        ((None, None, "ZH"), "zh"),
        ((None, None, "es-MX"), "es"),
        ((None, None, "fr-CA"), "en"),
        ((None, None, ""), "en"),
        ((None, None, "; drop table"), "en"),
    ],
)
def test_the_language_is_the_texts_own_then_the_conversations_then_the_hint(
    candidates: tuple[str | None, ...], language: str
) -> None:
    """Section 3."""
    assert pick_language(*candidates) == language


@pytest.mark.parametrize(
    ("say", "handoff"), [("handoff_byok", "byok-custom-model"), ("handoff_other_vendor", "custom_models")]
)
def test_a_hand_off_names_the_skill_that_exists(say: str, handoff: str) -> None:
    """Section 3: where there is none, the sentence says how to go on."""
    there = speech.reply(say, scene("en"))
    assert (there.handoff, handoff in there.text) == (handoff, True)
    alone = speech.reply(say, scene("en", handoffs=frozenset()))
    assert handoff not in alone.text
    assert alone.handoff is None


@each
def test_a_key_in_the_message_is_answered_with_a_warning_first(language: str) -> None:
    """Section 3: the reply is `sensitive` and advises to delete the message and rotate the key."""
    reply = speech.reply("handoff_byok", scene(language, secret=True))
    assert reply.sensitive
    assert reply.text.startswith(catalogue(language).text("secret_seen"))
