"""What is Spanish's own: accents and inverted marks are optional, and the language is told from few words."""

from collections.abc import Callable
from unicodedata import category, normalize

import pytest

from intents import classify, read

from .labelled import sentences

SENTENCES = [item for item in sentences("es") if "sk-" not in item["text"]]  # a key has to stay as it is


def without_accents(text: str) -> str:
    return "".join(c for c in normalize("NFD", text) if category(c) != "Mn")


def without_inverted_marks(text: str) -> str:
    return text.replace("¿", "").replace("¡", "")


@pytest.mark.parametrize("spelled", [without_accents, without_inverted_marks, str.upper])
def test_how_it_is_spelled_changes_no_label(spelled: Callable[[str], str]) -> None:
    """intent-labels.md, rule 10."""
    other = [
        item["text"]
        for item in SENTENCES
        if classify(item["text"], item["state"]).label != classify(spelled(item["text"]), item["state"]).label
    ]
    assert not other


def test_spanish_is_told_as_spanish_or_as_a_word_that_tells_no_language() -> None:
    """conversation.md, section 3: the language of a reply."""
    assert {classify(item["text"], item["state"]).language for item in sentences("es")} == {"es", None}
    silent = [item["text"] for item in sentences("es") if classify(item["text"], item["state"]).language is None]
    assert all(len(text.split()) < 3 for text in silent)


@pytest.mark.parametrize("text", ["no", "ok", "plan", "error"])
@pytest.mark.parametrize("state", ["awaiting_confirm", "clarifying", "failed"])
def test_a_word_that_english_and_spanish_spell_alike_tells_neither(text: str, state: str) -> None:
    reading = read(text)
    reading.classify(state)
    assert reading.language is None


@pytest.mark.parametrize(
    "text",
    [
        "connect me to a chatgpt plan",
        "no, sign me in with my ChatGPT",
        "use the codex plan in Los Angeles",
        "he said connect my ChatGPT",
        "ok me and a friend want ChatGPT",
    ],
)
def test_english_stays_english(text: str) -> None:
    assert read(text).language == "en"


@pytest.mark.parametrize(
    "text", ["wo de zhanghao denglu chatgpt", "用我的 ChatGPT Plus 登录, por favor", "bang wo lianjie chatgpt"]
)
def test_chinese_stays_chinese(text: str) -> None:
    assert read(text).language == "zh"
