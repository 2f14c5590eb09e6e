"""Who everything belongs to: no two people share a key (trust.md, section 3)."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from skill.message import Message, Owner

# What an id may hold, the separators of every naming scheme above all.
ids = st.text(st.one_of(st.sampled_from(':/\\"[],.| \x00\ud800'), st.characters()), max_size=6)
owners = st.builds(Owner, ids, ids, ids)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(owners, owners)
@example(Owner("a:b", "c", "d"), Owner("a", "b:c", "d"))
@example(Owner("", "a", "b"), Owner("a", "", "b"))
@example(Owner('a","b', "c", ""), Owner("a", 'b","c', ""))
def test_two_owners_never_share_a_key(one: Owner, two: Owner) -> None:
    assert (one.key == two.key) is (one == two)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(owners)
def test_a_key_is_safe_wherever_it_is_written(owner: Owner) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", owner.key)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.tuples(ids, ids, ids, ids.filter(bool)), st.tuples(ids, ids, ids, ids.filter(bool)))
def test_two_messages_never_share_a_key(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    """conversation.md, section 8: message ids are unique within (platform, account, conversation)."""
    keys = {named(names).key for names in (one, two)}
    assert len(keys) == len({one, two})


def named(names: tuple[str, ...]) -> Message:
    platform, account, conversation, message = names
    return Message(
        platform=platform,
        account=account,
        conversation_id=conversation,
        message_id=message,
        user_id="ana",
        text="",
        private=True,
    )


def test_a_message_without_an_id_has_no_key_and_one_without_a_user_no_owner() -> None:
    bare = Message(conversation_id="c", text="", private=True)
    assert (bare.key, bare.owner) == (None, None)
    empty = Message(conversation_id="c", message_id="", user_id="", text="", private=True)
    assert (empty.key, empty.owner) == (None, None)
