"""What a classification carries: marks, evidence with places, no secrets."""

import pytest

from intents import Label, classify, read
from intents.evaluate import marked

KEY = "sk-proj-EXAMPLE0000notarealkey0000"
VENDOR_KEY = "sk-ant-EXAMPLE0000notarealkey0000"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("yes", "awaiting_confirm"),
        ("wait", "awaiting_confirm"),
        ("no", "awaiting_confirm"),
        ("✅", "awaiting_confirm"),
        ("1", "clarifying"),
        ("2", "clarifying"),
        ("好", "clarifying"),
        ("ok", "clarifying"),
        ("yes", "failed"),
    ],
)
def test_a_word_that_does_not_name_the_step_is_weak(text: str, state: str) -> None:
    """intent-labels.md, section 2."""
    found = classify(text, state)
    assert found.label is not Label.NONE
    assert found.weak


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("done", "awaiting_confirm"),
        ("I approved it", "awaiting_confirm"),
        ("完成了", "awaiting_confirm"),
        ("subscription", "clarifying"),
        ("api key", "clarifying"),
        ("try again", "failed"),
    ],
)
def test_a_word_that_names_the_step_is_not_weak(text: str, state: str) -> None:
    assert not classify(text, state).weak


@pytest.mark.parametrize("text", ["Sign in with my ChatGPT account", "codex limits", "使用我的Codex订阅"])
def test_a_request_is_neither_weak_nor_fresh(text: str) -> None:
    found = classify(text)
    assert found.label is not Label.NONE
    assert not (found.weak or found.fresh)


@pytest.mark.parametrize(
    ("text", "state", "rule"),
    [
        ("Sign in with my ChatGPT account", None, "signs-in"),
        ("Sign in with ChatGPT, is that safe?", None, "asked-after"),
        ("how would one go about creating an OpenAI api key", None, "learned"),
        ("What's the weather like?", None, "nothing-said"),
        (f"Write a poem about {KEY} and ChatGPT", None, "nothing-said"),
        ("key吧？还是会员", "clarifying", "asks-which"),
        ("the laundry, it's done", "awaiting_confirm", "nothing-said"),
    ],
)
def test_the_evidence_says_which_rule_decided(text: str, state: str | None, rule: str) -> None:
    assert classify(text, state).evidence.rule == rule


@pytest.mark.parametrize("text", ["give me a new code", "the code expired", "码过期了", "代碼過期了，再給我一組新的"])
def test_a_wish_for_a_new_code_is_fresh(text: str) -> None:
    found = classify(text, "awaiting_confirm")
    assert (found.label, found.fresh) == (Label.RESEND, True)


@pytest.mark.parametrize("text", ["show me the code again", "I lost the link", "验证码再发一次"])
def test_a_wish_for_the_same_code_is_not_fresh(text: str) -> None:
    found = classify(text, "awaiting_confirm")
    assert (found.label, found.fresh) == (Label.RESEND, False)


@pytest.mark.parametrize(
    "text",
    [
        "Sign in with my ChatGPT account",
        "  please…  SIGN  IN,,, with   chat-gpt 🙏",
        "ＳＩＧＮ ＩＮ ｗｉｔｈ ＣｈａｔＧＰＴ",
        "請用我的 ChatGPT 帳號登入，謝謝！",
        "c o n n e c t my ChatGPT Plus",
        "sign\u200b in with ChatGPT",
    ],
)
def test_evidence_stands_at_its_place_in_the_original(text: str) -> None:
    found = classify(text)
    assert found.label is Label.OAUTH
    assert found.evidence.rule
    assert len(found.evidence) > 1
    for span in found.evidence:
        assert 0 <= span.start < span.end <= len(text)
        assert span.text.split() == text[span.start : span.end].split()
    assert "".join(fragment for fragment, _ in marked(text, found)) == text


@pytest.mark.parametrize("state", [None, "awaiting_confirm", "clarifying", "failed"])
@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"use this: {KEY} please",
        f"我的key是{KEY}",
        f"OPENAI_API_KEY={KEY}\ndone",
        f"my claude key: {VENDOR_KEY}, done",
    ],
)
def test_a_pasted_key_is_nowhere_in_what_comes_back(text: str, state: str | None) -> None:
    """conversation.md, rule 6."""
    reading = read(text)
    found = reading.classify(state)
    assert found.secret and reading.secret
    assert "notarealkey" not in f"{found!r} {reading!r} {list(found.evidence)!r} {marked(text, found)!r}"


@pytest.mark.parametrize("text", ["task-oriented sk-ills", "sklearn", "ask-me-anything", "eye", ""])
def test_ordinary_words_are_no_secrets(text: str) -> None:
    assert not read(text).secret


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sign in with my ChatGPT account", "en"),
        ("使用我的Codex订阅", "zh"),
        ("connect 我的 codex 订阅", "zh"),
        ("Inicia sesión con mi cuenta de ChatGPT", "es"),
        ("usa my codex plan por favor", "es"),
        ("ChatGPT", None),
        ("gpt-5-codex", None),
        ("✅", None),
        ("1", None),
        ("", None),
        (KEY, None),
    ],
)
def test_the_language_is_the_text_s_own_or_none(text: str, language: str | None) -> None:
    assert classify(text).language == language
    assert read(text).language == language


def test_an_unknown_state_asks_for_requests() -> None:
    assert classify("Sign in with my ChatGPT account", "polling").label is Label.OAUTH
    assert classify("done", "no such state").label is Label.NONE
