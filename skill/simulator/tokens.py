"""Token families: rotating refresh tokens and the access tokens they lead to (protocol, sections 5 to 7)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from .accounts import Account
from .mint import Mint

AUTH_CLAIM = "https://api.openai.com/auth"
PROFILE_CLAIM = "https://api.openai.com/profile"

AccessFault = Literal["token_expired", "token_invalidated"]


@dataclass
class Family:
    """All tokens that descend from one sign-in."""

    account: Account
    refresh_token: str = field(repr=False)
    ended: bool = False


@dataclass
class AccessToken:
    """One bearer token; the fault is what a call with it answers."""

    family: Family
    expires_at: datetime
    fault: AccessFault | None = None


class RefreshRefusedError(Exception):
    """A refresh that is refused for good; the code is one of the three of section 6."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class LiveTokens:
    """How many tokens still open something."""

    access: int
    refresh: int


class Tokens:
    """Everything issued, spent and revoked."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, Family] = {}
        self.reuses = 0

    def sign_in(self, account: Account, now: datetime, lifetime: timedelta) -> dict[str, Any]:
        """A new family and its first tokens."""
        return self._issue(Family(account, ""), now, lifetime)

    def refresh(self, token: str, now: datetime, lifetime: timedelta, revoke_reused: bool = True) -> dict[str, Any]:
        """Rotate: the old refresh token is spent with the reply that carries the new one."""
        family = self._refresh.get(token)
        if family is None:
            raise RefreshRefusedError("refresh_token_invalidated")
        if family.refresh_token != token:
            self.reuses += 1
            # One replay may cost the whole family (section 6); live access tokens survive it.
            family.ended = family.ended or revoke_reused
            raise RefreshRefusedError("refresh_token_reused")
        if family.ended:
            raise RefreshRefusedError("refresh_token_invalidated")
        return self._issue(family, now, lifetime)

    def keep(self, token: str) -> None:
        """Take a rotation back, for a reply that leaves the new refresh token out."""
        family = self._refresh[token]
        family.refresh_token = token

    def alias(self, access_token: str, name: str) -> None:
        """Let an access token be known by another name, for a provider whose tokens are opaque."""
        self._access[name] = self._access.pop(access_token)

    def revoke(self, token: str) -> None:
        """A refresh token takes its family along, an access token goes alone; unknown ones are no error."""
        if token in self._refresh:
            self.end(self._refresh[token])
        elif token in self._access:
            self._access[token].fault = "token_invalidated"

    def end(self, family: Family, access: bool = True) -> None:
        """End a family, with or without the access tokens that are out."""
        family.ended = True
        for issued in list(self._access.values()):
            if access and issued.family is family:
                issued.fault = "token_invalidated"

    def end_all(self, account: Account, access: bool = True) -> None:
        """End every family of an account."""
        for family in list(self._refresh.values()):
            if family.account is account:
                self.end(family, access)

    def revoke_access(self, account: Account, fault: AccessFault) -> None:
        """Every access token of the account answers 401 from now on; refreshing still works."""
        if fault not in get_args(AccessFault):
            raise ValueError(f"no such refusal {fault!r}; there are: {', '.join(get_args(AccessFault))}")
        for issued in list(self._access.values()):
            if issued.family.account is account:
                issued.fault = fault

    def holder(self, access_token: str, now: datetime) -> Account | AccessFault:
        """Whose token this is, or why it opens nothing."""
        issued = self._access.get(access_token)
        if issued is None:
            return "token_invalidated"
        if issued.fault is None and now >= issued.expires_at:
            return "token_expired"
        return issued.fault or issued.family.account

    def live(self, now: datetime, account: Account | None = None) -> LiveTokens:
        """Count what is usable, of one account or of all."""
        families = {id(f): f for f in list(self._refresh.values()) if account in (None, f.account)}
        holders = [self.holder(token, now) for token in list(self._access)]
        return LiveTokens(
            access=sum(isinstance(h, Account) and account in (None, h) for h in holders),
            refresh=sum(not family.ended for family in families.values()),
        )

    def _issue(self, family: Family, now: datetime, lifetime: timedelta) -> dict[str, Any]:
        expires_at = now + lifetime
        access_token = self._mint.jwt(access_claims(family.account, now, expires_at))
        self._access[access_token] = AccessToken(family, expires_at)
        family.refresh_token = self._mint.opaque("rt_")
        self._refresh[family.refresh_token] = family
        return {
            "id_token": self._mint.jwt(id_claims(family.account, now, expires_at)),
            "access_token": access_token,
            "refresh_token": family.refresh_token,
            "expires_in": int(lifetime.total_seconds()),
            "token_type": "Bearer",
        }


def access_claims(account: Account, now: datetime, expires_at: datetime) -> dict[str, Any]:
    """Section 5: expiry and routing hints."""
    auth = {
        "chatgpt_account_id": account.account_id,
        "chatgpt_plan_type": account.plan,
        "chatgpt_user_id": account.user_id,
    }
    if account.residency:
        auth["chatgpt_data_residency"] = account.residency
    return {"iat": int(now.timestamp()), "exp": int(expires_at.timestamp()), AUTH_CLAIM: auth}


def id_claims(account: Account, now: datetime, expires_at: datetime) -> dict[str, Any]:
    """Section 5: the same, and who it is."""
    return {
        **access_claims(account, now, expires_at),
        "email": account.email,
        PROFILE_CLAIM: {"email": account.email},
    }
