"""The issuer's endpoints: start, poll, exchange, refresh, revoke (protocol, sections 2 to 7)."""

from datetime import timedelta

from starlette.responses import JSONResponse, Response

from .answers import oauth_error, object_error
from .call import Call
from .devices import UnknownCodeError
from .mint import challenge_of
from .tokens import RefreshRefusedError

# The public client id; it is no secret (section 1).
CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
# RFC 6749, section 4.1.2 recommends ten minutes at most.
AUTHORIZATION_LIFETIME = timedelta(minutes=10)


def start(call: Call) -> Response:
    """Section 2. Fields beyond `client_id` are tolerated."""
    if call.json.get("client_id") != CLIENT_ID:
        return object_error(400, "invalid_client", "Unknown client_id, or the body is not a JSON object.")
    provider = call.provider
    code = provider.devices.start(call.now, provider.code_lifetime)
    return JSONResponse(
        {
            "device_auth_id": code.device_auth_id,
            "user_code": code.user_code,
            "interval": str(provider.interval),
            "expires_at": code.expires_at.isoformat(),
        }
    )


def pending(status: int = 403) -> Response:
    """The body seen live while nobody has decided (section 3)."""
    return object_error(status, "deviceauth_authorization_pending", "The sign-in is not approved yet.")


def declined() -> Response:
    """The person said no; this body is known from a fixture only (section 3)."""
    return oauth_error(401, "authorization_declined", "The sign-in was declined.")


def expired() -> Response:
    """The code ran out; no live body is confirmed (section 15), RFC 8628 names this code."""
    return object_error(403, "expired_token", "The device code has expired.")


def unknown() -> Response:
    """A code that was never issued, or one already spent (section 15: doubtful)."""
    return object_error(403, "deviceauth_authorization_unknown", "The device code is not known.")


def poll(call: Call) -> Response:
    """Section 3. The device id and the user code must belong together."""
    provider = call.provider
    try:
        code = provider.devices.find(call.text("user_code"), call.now)
    except UnknownCodeError:
        return unknown()
    if code.device_auth_id != call.json.get("device_auth_id"):
        return unknown()
    refusals = {"pending": pending, "declined": declined, "expired": expired, "spent": unknown}
    if code.state in refusals:
        return refusals[code.state]()
    grant = provider.devices.authorize(code, call.now, AUTHORIZATION_LIFETIME)
    return JSONResponse(
        {
            "authorization_code": grant.code,
            "code_verifier": grant.verifier,
            "code_challenge": grant.challenge,
        }
    )


def exchange(call: Call) -> Response:
    """Section 4. The code works once, with its own verifier and the address that the client must echo."""
    provider = call.provider
    if call.text("client_id") != CLIENT_ID:
        return oauth_error(401, "invalid_client")
    grant = provider.devices.authorization(call.text("code"))
    if grant is None or grant.used or call.now >= grant.expires_at:
        return oauth_error(400, "invalid_grant", "The authorization code is unknown, used or expired.")
    if call.text("redirect_uri") != f"{call.issuer}/deviceauth/callback":
        return oauth_error(400, "invalid_grant", "redirect_uri does not match.")
    if challenge_of(call.text("code_verifier")) != grant.challenge:
        return oauth_error(400, "invalid_grant", "code_verifier does not match.")
    grant.used = True
    return JSONResponse(provider.tokens.sign_in(grant.account, call.now, call.token_lifetime))


def refresh(call: Call) -> Response:
    """Section 6. JSON and form are both accepted; every success rotates the refresh token."""
    provider = call.provider
    if call.text("client_id") != CLIENT_ID:
        return object_error(401, "invalid_client")
    try:
        tokens = provider.tokens.refresh(
            call.text("refresh_token"), call.now, call.token_lifetime, provider.family_revocation
        )
    except RefreshRefusedError as refused:
        return object_error(401, refused.code, "The refresh token is refused.")
    return JSONResponse(tokens)


def token(call: Call) -> Response:
    """`/oauth/token` serves both grants, and nothing else (section 0.2)."""
    grants = {"authorization_code": exchange, "refresh_token": refresh}
    grant_type = call.text("grant_type")
    if grant_type not in grants:
        return oauth_error(400, "unsupported_grant_type")
    return grants[grant_type](call)


def revoke(call: Call) -> Response:
    """Section 7. Also for unknown tokens a success (RFC 7009, section 2.2)."""
    if not call.text("token"):
        return oauth_error(400, "invalid_request", "token is missing.")
    call.provider.tokens.revoke(call.text("token"))
    return JSONResponse({})
