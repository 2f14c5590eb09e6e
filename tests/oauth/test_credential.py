"""When a login is due for a refresh, and until when it is believed (openai-codex-protocol.md, sections 5 and 6)."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from skill.oauth import wire
from skill.oauth.credential import Credential

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = 3600


def token(**claims: float) -> str:
    told = {name: int(NOON.timestamp() + seconds) for name, seconds in claims.items()}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("access", "expires_in", "lasts"),
    [
        ("opaque", None, HOUR),
        ("opaque", 600, 600),
        (token(exp=2 * HOUR), None, 2 * HOUR),
        (token(exp=2 * HOUR, iat=0), None, 2 * HOUR),
        (token(exp=2 * HOUR, iat=HOUR), None, HOUR),  # our clock is behind: the lifetime counts
        (token(exp=-HOUR, iat=-2 * HOUR), None, HOUR),  # ... or ahead
        (token(exp=-HOUR), 600, 600),
        (token(exp=HOUR, iat=2 * HOUR), None, HOUR),  # issued after its end: not believed
    ],
)
def test_a_login_lasts_as_its_token_says_unless_the_clocks_disagree(
    access: str, expires_in: int | None, lasts: int
) -> None:
    """trust.md, section 4: clock."""
    tokens = wire.Tokens(access_token=SecretStr(access), expires_in=expires_in)
    rotated = Credential(SecretStr("old"), SecretStr("kept")).rotated(tokens, NOON)
    assert rotated.expires_at == NOON + timedelta(seconds=lasts)
    assert rotated.refresh_token.get_secret_value() == "kept"


def test_a_login_without_an_end_is_never_due() -> None:
    assert not Credential(SecretStr("a"), SecretStr("r")).due(NOON + timedelta(days=400))
