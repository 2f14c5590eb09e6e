"""A provider of one's own: the whole protocol of openai-codex-protocol.md, in memory, open to inspection."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.types import ASGIApp

from .accounts import Account, Accounts
from .app import build
from .devices import DeviceCode, DeviceCodes
from .faults import TABLE, Fault, Faults
from .log import Record, RequestLog
from .mint import Mint
from .tokens import AccessFault, LiveTokens, Tokens


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


class LocalProvider:
    """State and its controls. Ask it over HTTP through `serve`, or without a port through `app`."""

    def __init__(
        self,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seed: int | None = None,
    ) -> None:
        self._clock = now
        self._offset = timedelta()
        self.sleep = sleep
        self.url = ""  # set by `serve`

        # Section 12: a code lasts 15 minutes. Section 5: access tokens last about 10 days.
        self.code_lifetime = timedelta(minutes=15)
        self.token_lifetime = timedelta(days=10)
        self.interval: int = 5
        # Section 6: whether one replay costs the whole family is disputed; a client must expect it.
        self.family_revocation = True
        # Seconds before every reply of the protocol.
        self.latency = 0.0

        self.mint = Mint(seed)
        self.accounts = Accounts()
        self.devices = DeviceCodes(self.mint)
        self.tokens = Tokens(self.mint)
        self.log = RequestLog()
        self.switches = Faults(TABLE)
        self.app: ASGIApp = build(self)

    def now(self) -> datetime:
        """The provider's own time."""
        return self._clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Let the provider's time pass, without waiting for it."""
        self._offset += timedelta(seconds=seconds)

    # What the person does in the browser.

    def approve(self, user_code: str, account: str = "ana@example.test") -> DeviceCode:
        """Approve a pending code; an account whose device code sign-in is off raises `SignInOffError`."""
        return self.devices.decide(user_code, self.accounts.get(account), self.now())

    def decline(self, user_code: str) -> DeviceCode:
        """Decline a pending code."""
        return self.devices.decide(user_code, None, self.now())

    def expire(self, user_code: str) -> DeviceCode:
        """Let one code run out now, approved or not."""
        code = self.devices.find(user_code, self.now())
        code.expires_at = self.now()
        return self.devices.find(user_code, self.now())

    # What the provider does by itself.

    def add_account(self, email: str, **fields: Any) -> Account:
        """Add or replace an account; the fields are those of `Account`."""
        if "models" in fields:
            fields["models"] = tuple(fields["models"])
        return self.accounts.add(Account(email, **fields))

    def issue(self, account: str = "ana@example.test") -> dict[str, Any]:
        """Tokens of a new sign-in without the way there: the JSON of a successful exchange."""
        return self.tokens.sign_in(self.accounts.get(account), self.now(), self.token_lifetime)

    def revoke_access(self, account: str, fault: AccessFault = "token_invalidated") -> None:
        """Every access token that is out answers 401; a refresh still works."""
        self.tokens.revoke_access(self.accounts.get(account), fault)

    def kill_session(self, account: str, access: bool = True) -> None:
        """Refreshing answers `refresh_token_invalidated`; the access tokens die too unless kept."""
        self.tokens.end_all(self.accounts.get(account), access)

    def limit(self, account: str, seconds: float = 3600) -> None:
        """The account has used up its plan for so long; nought seconds lift it."""
        self.accounts.get(account).limited_until = self.now() + timedelta(seconds=seconds)

    # What goes wrong.

    def fault(self, endpoint: str, name: str, *, times: int | None = 1, **options: Any) -> Fault:
        """Switch a fault on for so many calls, None until cleared; `faults.describe()` prints the table."""
        return self.switches.set(endpoint, name, times, options)

    def clear_faults(self, endpoint: str | None = None) -> None:
        """Switch the faults off, all or those of one endpoint."""
        self.switches.clear(endpoint)

    @property
    def faults(self) -> list[Fault]:
        """The faults that are still to happen."""
        return self.switches.all()

    def configure(
        self,
        *,
        latency: float | None = None,
        interval: int | None = None,
        family_revocation: bool | None = None,
        code_lifetime: float | None = None,
        token_lifetime: float | None = None,
    ) -> None:
        """Change the settings that are given; lifetimes and latency in seconds."""
        self.latency = self.latency if latency is None else float(latency)
        self.interval = self.interval if interval is None else int(interval)
        if family_revocation is not None:
            self.family_revocation = family_revocation
        if code_lifetime is not None:
            self.code_lifetime = timedelta(seconds=code_lifetime)
        if token_lifetime is not None:
            self.token_lifetime = timedelta(seconds=token_lifetime)

    # What can be looked at.

    @property
    def codes(self) -> list[DeviceCode]:
        """Every device code, oldest first."""
        return self.devices.all()

    @property
    def reuses(self) -> int:
        """How often a spent refresh token came back."""
        return self.tokens.reuses

    def live_tokens(self, account: str | None = None) -> LiveTokens:
        """How many tokens still open something, of one account or of all."""
        return self.tokens.live(self.now(), self.accounts.get(account) if account else None)

    def secrets(self) -> frozenset[str]:
        """Every secret ever issued: tokens, device ids, authorization codes, verifiers, challenges."""
        return self.mint.issued()

    @property
    def requests(self) -> list[Record]:
        """Every request since the start or the last `reset_log`."""
        return self.log.records()

    def count(self, endpoint: str | None = None) -> int:
        """Requests to one endpoint, or to the whole protocol (the web page and its visitors left out)."""
        return self.log.count(endpoint)

    def reset_log(self) -> None:
        """Forget the requests, not the state."""
        self.log.reset()

    @property
    def on_request(self) -> Callable[[Record], None] | None:
        """Called with each record once its reply is decided, in the server's thread."""
        return self.log.on_request

    @on_request.setter
    def on_request(self, watcher: Callable[[Record], None] | None) -> None:
        self.log.on_request = watcher
