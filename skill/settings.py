"""What the operator can set, from code or from `CODEX_ONBOARDING_*` (conversation.md, section 8)."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _trusted_address(url: str) -> str:
    """https anywhere, http on loopback only; no credentials, query or fragment. Returned without a final slash."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (plain or parts.scheme == "https") or not parts.hostname:
        raise ValueError("must be an https address, or http on loopback")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not carry a user name, a query or a fragment")
    return url.rstrip("/")


def _key_of_32_bytes(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        size = len(base64.b64decode(value.get_secret_value(), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != 32:
        raise ValueError("must be 32 bytes in base64, for example from: openssl rand -base64 32")
    return value


Address = Annotated[str, AfterValidator(_trusted_address)]


class Settings(BaseSettings):
    """Read from the environment with the prefix `CODEX_ONBOARDING_`; arguments come before it.

    No message and no tool argument can change any of these. Raises `pydantic.ValidationError` for a wrong value.
    """

    model_config = SettingsConfigDict(
        env_prefix="CODEX_ONBOARDING_", env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    home: Path = Field(
        default_factory=lambda: Path.home() / ".codex-onboarding", description="data folder, created 0700"
    )
    issuer: Address = Field(default="https://auth.openai.com", description="where people sign in")
    backend_url: Address = Field(default="https://chatgpt.com/backend-api", description="where models answer")
    database_url: str | None = Field(
        default=None, repr=False, description="postgresql://… for many workers; default: SQLite in the data folder"
    )
    key: Annotated[SecretStr | None, AfterValidator(_key_of_32_bytes)] = Field(
        default=None,
        description="32 bytes in base64 that seal what is stored; default: one of our own, in keyring or key file",
    )
    new_key: Annotated[SecretStr | None, AfterValidator(_key_of_32_bytes)] = Field(
        default=None, description="the key that `codex-onboarding keys rotate` puts in its place"
    )
    answers: Literal["hook", "agent"] = Field(default="hook", description="who speaks: the hook, or the agent's model")
    trust_quoted_words: bool = Field(
        default=False, description="let the tool take the person's words from an agent that quotes them"
    )
    handoffs: frozenset[str] = Field(
        default=frozenset({"byok-custom-model", "custom_models"}),
        description="the neighbouring skills that exist",
    )
    starts_per_hour: int = Field(default=10, ge=1)
    starts_per_day: int = Field(default=30, ge=1)
    timeout: float = Field(default=12.0, gt=0, le=12.0, description="seconds for one provider call in all")
    models_ttl: int = Field(default=300, ge=0, description="seconds a model list counts as fresh")
    trail_days: int = Field(default=90, ge=1, description="days that the audit trail goes back")
    usage_ttl: int = Field(default=60, ge=0, description="seconds a usage report counts as fresh")

    @property
    def verification_url(self) -> str:
        """The only address a person is ever sent to; the code is never part of it (rule 3)."""
        return f"{self.issuer}/codex/device"


def defaults(**changes: object) -> Settings:
    """The defaults and these changes, whatever the environment says: the same for everybody."""
    plain = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    return Settings(**plain | changes)
