"""The invented accounts that a person picks from on the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

CODEX_MODELS = ("gpt-5-codex", "gpt-5", "gpt-5-mini")


@dataclass
class Account:
    """One workspace of one person; the fields are read live, so that a test may change them in mid-flow."""

    email: str
    plan: str = "plus"
    models: tuple[str, ...] = CODEX_MODELS
    account_id: str = ""
    user_id: str = ""
    # A plan without Codex signs in like any other and is refused at the call (protocol, section 10).
    codex: bool = True
    # Off: the code is still issued, only the page refuses it (section 12).
    device_sign_in: bool = True
    # A workspace bound to a region answers 401 without the residency header (section 10).
    residency: str | None = None
    session_used: float = 12
    weekly_used: float = 40
    limited_until: datetime | None = None

    def __post_init__(self) -> None:
        """Derive the ids that nobody chose."""
        name = self.email.partition("@")[0]
        self.account_id = self.account_id or f"acc-{name}"
        self.user_id = self.user_id or f"user-{name}"

    def limit_left(self, now: datetime) -> timedelta:
        """How long the plan's limit still holds; nothing when it does not."""
        return max(self.limited_until - now, timedelta()) if self.limited_until else timedelta()


def invented() -> list[Account]:
    """A plan of each kind that a client must tell apart."""
    return [
        Account("ana@example.test", plan="plus"),
        Account("wei@example.test", plan="team", models=("gpt-5", "gpt-5-mini")),
        Account("sam@example.test", plan="free", models=(), codex=False),
        Account("kim@example.test", plan="enterprise", device_sign_in=False),
    ]


class Accounts:
    """Accounts by e-mail address, in the order the page shows them."""

    def __init__(self) -> None:
        self._by_email = {account.email: account for account in invented()}

    def add(self, account: Account) -> Account:
        """Add an account, or replace the one with the same address."""
        self._by_email[account.email] = account
        return account

    def get(self, email: str) -> Account:
        """The account of this address; the error lists those that exist."""
        if email not in self._by_email:
            raise ValueError(f"no account {email!r}; there are: {', '.join(self._by_email)}")
        return self._by_email[email]

    def __iter__(self) -> Iterator[Account]:
        """Iterate over a copy: a server thread may read while a test adds."""
        return iter(list(self._by_email.values()))

    def __contains__(self, email: object) -> bool:
        """Whether the address is known."""
        return email in self._by_email
