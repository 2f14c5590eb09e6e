"""A person's login, as one frozen value (openai-codex-protocol.md, section 5)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from skill.core.session import Lease
from skill.oauth import wire
from skill.secret import Secret

PREFIX = "openai-codex/"
PRIMARY_MODEL = "gpt-5-codex"
STATIC_MODELS = (PRIMARY_MODEL, "gpt-5", "gpt-5-mini")  # conversation.md, section 5
REFRESH_AHEAD = timedelta(minutes=5)
CLOCKS_AGREE = timedelta(minutes=2)
LAST_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Credential:
    """Tokens, whom they belong to, and what was last read with them."""

    access_token: Secret
    refresh_token: Secret
    id_token: Secret | None = None
    account_id: str | None = None
    email: str | None = None
    plan: str | None = None
    expires_at: datetime | None = None
    verified_at: datetime | None = None  # when the provider last accepted it
    rotated_at: datetime | None = None
    models: tuple[str, ...] | None = None  # slugs; None until they were read
    models_at: datetime | None = None
    models_etag: str | None = None
    usage: wire.Usage | None = None
    usage_at: datetime | None = None
    refreshing: Lease | None = None  # whose refresh is in flight
    uncertain: int = 0  # refreshes of this pair that were sent and whose answer was never seen
    version: int = 0  # kept by the store

    @property
    def name(self) -> str | None:
        """Whom to greet: the e-mail, else the account."""
        return self.email or self.account_id

    @property
    def model_ids(self) -> list[str]:
        """For the runtime's selector: the account's own list once it was read, the static three until then."""
        return [PREFIX + slug for slug in self.models or STATIC_MODELS]

    def due(self, now: datetime) -> bool:
        """Whether it is time to refresh, by the token's own `exp`: 5 minutes ahead, up to a minute more so that not all
        logins of an hour come at once; at the last moment where an earlier refresh was never answered.
        """
        if self.expires_at is None:
            return False
        jitter = timedelta(microseconds=60 * self.rotated_at.microsecond) if self.rotated_at else timedelta()
        return now >= self.expires_at - (LAST_MOMENT if self.uncertain else REFRESH_AHEAD + jitter)

    def rotated(self, tokens: wire.Tokens, now: datetime) -> "Credential":
        """With the new tokens; what a refresh leaves out stays (section 6)."""
        access, identity = tokens.access_token or self.access_token, tokens.id_token or self.id_token
        told, routed = wire.claims(identity), wire.claims(access)
        return replace(
            self,
            access_token=access,
            refresh_token=tokens.refresh_token or self.refresh_token,
            id_token=identity,
            account_id=told.account_id or routed.account_id or self.account_id,
            email=told.email or routed.email or self.email,
            plan=told.plan or routed.plan or self.plan,
            expires_at=_expiry(routed, tokens.expires_in, now),
            verified_at=now,
            rotated_at=now,
            refreshing=None,
            uncertain=0,
        )


def _expiry(told: wire.Claims, expires_in: int | None, now: datetime) -> datetime:
    """`exp`; but where the token's lifetime shows that our clock is off, that lifetime from now on."""
    lifetime = timedelta(seconds=expires_in or 0) or timedelta(hours=1)
    if told.exp is None:
        return now + lifetime
    if told.iat and told.iat < told.exp:
        lifetime = told.exp - told.iat
    elif not expires_in:
        return told.exp
    return told.exp if abs(told.exp - now - lifetime) <= CLOCKS_AGREE else now + lifetime


def primary_model(models: list[str]) -> str:
    """The model named in "Connected as …": `gpt-5-codex` where the account has it, else its first one."""
    primary = PREFIX + PRIMARY_MODEL
    return primary if primary in models or not models else models[0]
