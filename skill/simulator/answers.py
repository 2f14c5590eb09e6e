"""The two shapes in which the provider says no, and the replies built from them."""

from typing import Any

from starlette.responses import JSONResponse, Response


def oauth_error(status: int, code: str, text: str = "") -> Response:
    """RFC 6749 section 5.2: `error` is a string."""
    return JSONResponse({"error": code, "error_description": text or code}, status)


def object_error(status: int, code: str, text: str = "", /, **fields: Any) -> Response:
    """The provider's own shape: `error` is an object with a code (protocol, sections 3 and 6)."""
    error = {"message": text or code, "type": "invalid_request_error", "param": None, "code": code}
    return JSONResponse({"error": error, **fields}, status)


def bearer_error(code: str) -> Response:
    """A refused access token (section 10)."""
    return object_error(401, code, "The access token opens nothing.", status=401)


def detail(status: int, text: str) -> Response:
    """The shape in which the backend refuses a request (section 10)."""
    return JSONResponse({"detail": text}, status)
