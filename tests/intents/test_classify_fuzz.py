"""Sentences of people cut up, mixed, repeated and spoiled: a label of the question's own, in bounds, never an error."""

from hypothesis import strategies as st

from intents import Label, classify
from intents.labels import NEVER_WHEN_TRUNCATED

from ..fuzz import fuzz, sizes
from .labelled import LANGUAGES, sentences

# intent-labels.md, sections 1 and 2: what each question can be answered with.
REQUESTS = {"oauth", "byok", "other_vendor", "ambiguous", "status", "models", "usage", "logout", "reauth", "none"}
ANSWERS = {
    "awaiting_confirm": {"confirm", "not_yet", "cancel", "resend", "help", "byok", "none"},
    "clarifying": {"choose_oauth", "choose_byok", "cancel", "help", "none"},
    "failed": {"retry", "cancel", "help", "none"},
}
KEY = "sk-proj-EXAMPLE0000notarealkey0000"
SAID = [item["text"] for language in LANGUAGES for item in sentences(language)]
CUTS = st.tuples(st.sampled_from(SAID), st.integers(0, 200), st.integers(0, 200)).map(
    lambda cut: cut[0][cut[1] : cut[2]]
)
PIECES = st.one_of(
    st.sampled_from(SAID),
    CUTS,
    st.text(max_size=8),
    st.sampled_from(
        [KEY, "```", "\n> ", '"', "“", "。", ", ", "; ", "\u202e", "\u200d", "\x00", "\ud800", "\ufdfa" * 3, "…" * 50]
    ),
)
MESSAGES = st.builds(
    lambda pieces, times: "".join(pieces) * times,
    st.lists(PIECES, max_size=8),
    st.sampled_from([1, 1, 1, 1, 2, 40, 900]),
).map(lambda text: text[:60_000])


@sizes
def test_any_message_has_a_label_that_answers_its_question(examples: int) -> None:
    """intent-labels.md; conversation.md, rules 6 and 7."""

    def check(text: str, state: str | None) -> None:
        found = classify(text, state)
        assert found.label in ANSWERS.get(state or "", REQUESTS)
        assert found.language in (None, *LANGUAGES)
        if found.truncated:
            assert found.label not in NEVER_WHEN_TRUNCATED
        if found.weak:
            assert found.label is not Label.NONE
        if found.fresh:
            assert found.label is Label.RESEND
        assert "notarealkey" not in repr(found)
        for span in found.evidence:
            assert 0 <= span.start < span.end <= len(text)

    fuzz(examples, check, MESSAGES, st.sampled_from([None, *ANSWERS]))
