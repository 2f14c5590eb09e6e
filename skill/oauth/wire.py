"""The provider's JSON as models, and its refusals as reasons. Pure; sections are of openai-codex-protocol.md.

Wire names outside, meaning inside: odd JSON is forgiven where the meaning is plain, and refused where it isn't.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from skill.errors import ProviderError, Reason
from skill.secret import Secret

CODE_LASTS = timedelta(minutes=15)  # section 3, timing
USER_CODE = r"[A-Za-z0-9-]{4,24}"  # trust.md, section 3: anything else is hostile
_WORDS = re.compile(r"[a-z_.]{1,60}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. The body may hold tokens, so the repr shows its size alone."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, {len(self.body)} bytes)"

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def html(self) -> bool:
        """A page instead of an answer: a firewall or a proxy spoke (trust.md, section 2)."""
        head = self.body[:64].lstrip().lower()
        return "html" in self.headers.get("content-type", "").lower() or head.startswith((b"<!doctype", b"<html"))

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body; empty for an empty body, None for anything else."""
        if not self.body.strip():
            return {}
        try:
            parsed = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return parsed if isinstance(parsed, dict) else None


def printable(value: object, limit: int = 64) -> str | None:
    """A name of the provider's, made fit to show: no control or bidi characters, cut to `limit`; None if empty."""
    if not isinstance(value, str):
        return None
    return _UNPRINTABLE.sub("", value).strip()[:limit] or None


def _whole(value: object) -> int | None:
    try:
        return int(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def moment(value: object) -> datetime | None:
    """Unix seconds (number or text) or ISO 8601 -> an aware moment; None when it is neither."""
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            parsed = datetime.fromisoformat(value)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(value), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _percent(value: object) -> float | None:
    try:
        share = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return share if isfinite(share) else None


Percent = Annotated[float | None, BeforeValidator(_percent)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Name = Annotated[str | None, BeforeValidator(printable)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class DeviceCode(_Wire):
    """Section 2: the answer to a start."""

    device_auth_id: Annotated[Secret, Field(min_length=1)]
    user_code: Annotated[str, Field(repr=False, pattern=f"^{USER_CODE}$")] = Field(
        validation_alias=AliasChoices("user_code", "usercode")
    )
    interval: Whole = None
    expires_at: Moment = None

    @property
    def pause(self) -> int:
        """Seconds between polls: 5 unless said otherwise, within 3..60 (section 13)."""
        return min(max(self.interval if self.interval is not None else 5, 3), 60)


def runs_out(told: datetime | None, now: datetime) -> datetime:
    """The earlier of 15 minutes from now and what the provider says; 15 minutes where that is past or odd."""
    limit = now + CODE_LASTS
    return min(limit, told) if told and told > now else limit


class Grant(_Wire):
    """Section 3: the answer to a poll that found the sign-in approved. `code_challenge` is not needed."""

    authorization_code: Annotated[Secret, Field(min_length=1)]
    code_verifier: Annotated[Secret, Field(min_length=1)]


class Tokens(_Wire):
    """Sections 4 and 6: the answer to an exchange or a refresh. A refresh may leave out any of them."""

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    id_token: Annotated[Secret | None, BeforeValidator(lambda value: value if isinstance(value, str) else None)] = None
    expires_in: Whole = None


class Model(_Wire):
    """Section 8: one model of the account; `slug` is all that is needed."""

    slug: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")
    visibility: str | None = "list"
    priority: Whole = None


class Window(_Wire):
    """Section 9: one usage window, named by its length and not by its place."""

    used_percent: Percent = None
    limit_window_seconds: Whole = None
    reset_at: Moment = None
    reset_after_seconds: Whole = None

    def resets(self, now: datetime) -> datetime:
        """When it is empty again."""
        return self.reset_at or now + timedelta(seconds=self.reset_after_seconds or 0)


class _Limits(_Wire):
    primary_window: Window | None = None
    secondary_window: Window | None = None


class Usage(_Wire):
    """Section 9: the subscription's usage."""

    plan_type: Name = None
    rate_limit: _Limits | None = None

    @property
    def windows(self) -> list[Window]:
        """The windows that exist, in the provider's order."""
        limits = self.rate_limit or _Limits()
        return [window for window in (limits.primary_window, limits.secondary_window) if window]


class Claims(_Wire):
    """Section 5: what a token says of itself. For display, expiry and routing only; never proof of anything."""

    exp: Moment = None
    iat: Moment = None
    email: Name = Field(
        default=None,
        validation_alias=AliasChoices("email", AliasPath("https://api.openai.com/profile", "email")),
    )
    account_id: Name = Field(
        default=None, validation_alias=AliasPath("https://api.openai.com/auth", "chatgpt_account_id")
    )
    plan: Name = Field(default=None, validation_alias=AliasPath("https://api.openai.com/auth", "chatgpt_plan_type"))


def claims(token: Secret | None) -> Claims:
    """The claims of a JWT, all absent where the token is none. Its signature isn't checked: no client can."""
    parts = token.get_secret_value().split(".") if token else []
    if len(parts) != 3:
        return Claims()
    try:
        return Claims.model_validate_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValidationError, ValueError, binascii.Error):
        return Claims()


Shape = TypeVar("Shape", bound=_Wire)


def read(shape: type[Shape], answer: Answer) -> Shape:
    """The body of a 2xx answer as that shape, or `ProviderError`: a broken body is the provider's trouble."""
    if not answer.ok:
        raise refusal(answer)
    if answer.html:
        raise ProviderError(Reason.BLOCKED, status=answer.status)
    try:
        return shape.model_validate(answer.json())
    except ValidationError as broken:
        fields = ",".join(sorted({".".join(map(str, error["loc"])) for error in broken.errors(include_input=False)}))
        raise ProviderError(Reason.PROVIDER, status=answer.status, code=f"unusable {fields}"[:80]) from None


def error_code(answer: Answer) -> str:
    """The provider's error code in lower case: `error.code`, `error.type`, `error` or `code` (section 6)."""
    body = answer.json() or {}
    error = body.get("error")
    places = (error.get("code"), error.get("type")) if isinstance(error, dict) else (error, body.get("code"))
    return next((place.lower() for place in places if isinstance(place, str) and place), "")


def named(code: str) -> str:
    """An error code as it may be told in the debug log: words alone, so that no token gets there that it echoes."""
    return code if _WORDS.fullmatch(code) else ""


def _says(answer: Answer, *words: str) -> bool:
    text = answer.body[:4096].decode("utf-8", "replace").lower()
    return any(word in text for word in words)


def refusal(answer: Answer, now: datetime | None = None) -> ProviderError:
    """Why an answer is not a good one, body first and status last (trust.md, section 2)."""
    code = error_code(answer)
    details: dict[str, Any] = {
        "code": named(code),
        "status": answer.status,
        "retry_after": retry_after(answer, now or datetime.now(UTC)),
    }
    if _says(answer, "unsupported_country_region_territory"):
        return ProviderError(Reason.REGION, **details)
    if answer.html or "cf-mitigated" in answer.headers:
        return ProviderError(Reason.BLOCKED, **details)
    if _says(answer, "missing_codex_entitlement", "usage_not_included"):
        return ProviderError(Reason.NO_ENTITLEMENT, **details)
    if answer.status == 429 or code == "slow_down":
        return ProviderError(Reason.LIMIT, **details)
    return ProviderError(Reason.PROVIDER, **details)


def retry_after(answer: Answer, now: datetime) -> int | None:
    """Seconds to wait, 1 to 7 days: `Retry-After` as seconds or as a date, else what the error says itself."""
    header = answer.headers.get("retry-after", "").strip()
    seconds = _whole(header)
    until = http_date(header) if header and seconds is None else limit_ends(answer, now)
    if seconds is None and until is not None:
        seconds = int((until - now).total_seconds()) + 1
    return None if seconds is None else min(max(seconds, 1), 7 * 24 * 3600)


def limit_ends(answer: Answer, now: datetime) -> datetime | None:
    """When a used-up limit is over: `resets_at` (unix seconds), else `resets_in_seconds` of the error (section 10)."""
    error = (answer.json() or {}).get("error")
    told = error if isinstance(error, dict) else {}
    seconds = _whole(told.get("resets_in_seconds"))
    at = moment(told["resets_at"]) if told.get("resets_at") else None
    return at or (now + timedelta(seconds=min(max(seconds, 0), 31 * 24 * 3600)) if seconds is not None else None)


def http_date(text: str) -> datetime | None:
    """A date as HTTP headers write it, aware; None when it is none."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def poll_refusal(answer: Answer) -> ProviderError | None:
    """What a poll that brought no grant means; None is "pending" (section 3; trust.md, section 2)."""
    code, known = error_code(answer), refusal(answer)
    if "authorization_pending" in code and not answer.html:
        return None
    if known.reason in (Reason.BLOCKED, Reason.REGION, Reason.NO_ENTITLEMENT, Reason.LIMIT):
        return known
    if code in ("access_denied", "authorization_declined"):
        return ProviderError(Reason.DECLINED, code=named(code), status=answer.status)
    if code == "expired_token" or (answer.status < 500 and _says(answer, "expired")):
        return ProviderError(Reason.EXPIRED, code=named(code), status=answer.status)
    if answer.status in (403, 404) and answer.json() is not None:
        return None
    return known
