"""The type of every token and code behind the scenes: its repr, and any traceback that shows it, is asterisks."""

from typing import Annotated

from pydantic import PlainSerializer, SecretStr


def reveal(secret: SecretStr) -> str:
    """The secret itself; only for a request to the provider and for the sealed store."""
    return secret.get_secret_value()


# Written out in JSON, which only the store makes, and only to seal it.
Secret = Annotated[SecretStr, PlainSerializer(reveal, return_type=str, when_used="json")]
