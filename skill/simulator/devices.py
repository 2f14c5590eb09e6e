"""Device codes and the authorization codes they turn into (protocol, sections 2 to 4)."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from .accounts import Account
from .mint import Mint, challenge_of

CodeState = Literal["pending", "approved", "declined", "expired", "spent"]


@dataclass
class AuthorizationCode:
    """What a successful poll hands out: a one-time code and the verifier the provider itself made."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    account: Account
    expires_at: datetime
    used: bool = False

    @property
    def challenge(self) -> str:
        """The S256 challenge that goes out beside the verifier."""
        return challenge_of(self.verifier)


@dataclass
class DeviceCode:
    """One started sign-in."""

    user_code: str
    device_auth_id: str = field(repr=False)
    expires_at: datetime
    state: CodeState = "pending"
    account: Account | None = None


class UnknownCodeError(ValueError):
    """No such user code, or one that nothing can be decided about any more."""


class SignInOffError(ValueError):
    """The account does not allow sign-in with a device code (section 12)."""


def normalise(typed: str) -> str:
    """The code that a person meant: case, spaces, full-width letters and the hyphen are forgiven."""
    letters = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())
    return f"{letters[:4]}-{letters[4:]}"


class DeviceCodes:
    """All device codes; expiry is judged when a code is looked at, so that no timer runs."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint
        self._by_user_code: dict[str, DeviceCode] = {}
        self._authorizations: dict[str, AuthorizationCode] = {}

    def start(self, now: datetime, lifetime: timedelta) -> DeviceCode:
        """Issue a code that nobody has approved yet."""
        device_auth_id = self._mint.opaque("da_")
        code = DeviceCode(self._mint.user_code(), device_auth_id, now + lifetime)
        self._by_user_code[code.user_code] = code
        return code

    def find(self, user_code: str, now: datetime) -> DeviceCode:
        """The code as of now."""
        code = self._by_user_code.get(normalise(user_code))
        if code is None:
            raise UnknownCodeError(f"no device code {user_code!r}")
        if code.state in ("pending", "approved") and now >= code.expires_at:
            code.state = "expired"
        return code

    def decide(self, user_code: str, account: Account | None, now: datetime) -> DeviceCode:
        """Approve for an account, or decline with None; only a pending code can be decided."""
        code = self.find(user_code, now)
        if code.state != "pending":
            raise UnknownCodeError(f"device code {code.user_code} is {code.state}, not pending")
        if account is not None and not account.device_sign_in:
            raise SignInOffError(f"device code sign-in is off for {account.email}")
        code.state, code.account = ("approved", account) if account else ("declined", None)
        return code

    def authorize(self, code: DeviceCode, now: datetime, lifetime: timedelta) -> AuthorizationCode:
        """Spend an approved device code on an authorization code."""
        if code.state != "approved" or code.account is None:
            raise UnknownCodeError(f"device code {code.user_code} is {code.state}, not approved")
        code.state = "spent"
        grant = AuthorizationCode(
            self._mint.opaque("ac_"), self._mint.opaque(""), code.account, expires_at=now + lifetime
        )
        self._mint.remember(grant.challenge)
        self._authorizations[grant.code] = grant
        return grant

    def authorization(self, code: str) -> AuthorizationCode | None:
        """The authorization code of this name, used or not."""
        return self._authorizations.get(code)

    def all(self) -> list[DeviceCode]:
        """Every code in the order of issue."""
        return list(self._by_user_code.values())
