"""What can go wrong, by whose fault it is.

    OnboardingError
    ├── ProviderError          the provider's, or the network's on the way to it; carries a `Reason`
    ├── StorageError           ours: the data folder, the database, the key
    ├── NotConnectedError      the person's: they have to sign in
    ├── ReloginRequiredError   the login's: it was refused for good; they have to sign in again
    ├── UsageLimitError        the plan's: used up until `resets_at`
    └── NoEntitlementError     the plan's: it has no access to Codex

None ever carries text of the provider, a token or a code.
"""

from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a provider call brought nothing (trust.md, section 2). Each has texts in every catalogue."""

    NETWORK = "network"
    PROVIDER = "provider"
    BLOCKED = "blocked"
    REGION = "region"
    LIMIT = "limit"
    UNSUPPORTED = "unsupported"
    NO_ENTITLEMENT = "no_entitlement"
    STORAGE = "storage"
    DECLINED = "declined"
    EXPIRED = "expired"
    REFUSED = "refused"

    @property
    def code(self) -> str:
        """The stable error code of the tool contract (conversation.md, section 7)."""
        return _CODES.get(self, "provider_error")


_CODES = {
    Reason.NETWORK: "network",
    Reason.BLOCKED: "blocked",
    Reason.REGION: "region",
    Reason.LIMIT: "rate_limited",
    Reason.NO_ENTITLEMENT: "no_entitlement",
    Reason.STORAGE: "storage",
}


class OnboardingError(Exception):
    """Base of everything this package raises on purpose."""


class ProviderError(OnboardingError):
    """A provider call brought no usable answer.

    `retry_after`: seconds the provider asks to wait, if it said so. `sent`: false only where the request surely
    never left this machine. `code`: the provider's own error code, for the debug log.
    """

    def __init__(
        self, reason: Reason, *, retry_after: int | None = None, sent: bool = True, code: str = "", status: int = 0
    ) -> None:
        super().__init__(f"{reason.value} (HTTP {status or '-'}, {code or 'no code'})")
        self.reason, self.retry_after, self.sent, self.code, self.status = reason, retry_after, sent, code, status

    @property
    def outcome_unknown(self) -> bool:
        """The request may have taken effect: it was sent, and no refusal came back."""
        return self.sent and self.status < 300


class StorageError(OnboardingError):
    """What is stored can't be read or written. The message names the cause and the next step."""


class NotConnectedError(OnboardingError):
    """This person has no login here; they have to sign in first."""

    def __init__(self) -> None:
        super().__init__("no ChatGPT account is connected; the person has to sign in first")


class ReloginRequiredError(OnboardingError):
    """The provider refused the login for good. It was removed; the person has to sign in again."""

    def __init__(self) -> None:
        super().__init__("the login no longer works and was removed; the person has to sign in again")


class NoEntitlementError(OnboardingError):
    """This account's plan has no access to Codex; another account or plan is needed."""

    def __init__(self) -> None:
        super().__init__("this account's plan has no access to Codex; another account or plan is needed")


class UsageLimitError(OnboardingError):
    """The plan's limit is used up until `resets_at` (aware, None if unknown). Signing in again would change nothing."""

    def __init__(self, resets_at: datetime | None) -> None:
        super().__init__(f"the plan's limit is used up until {resets_at.isoformat() if resets_at else 'it resets'}")
        self.resets_at = resets_at
