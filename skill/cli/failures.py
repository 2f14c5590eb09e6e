"""What can go wrong before there is anybody to answer, as one line that names the cause and the next step."""

from pydantic import ValidationError
from pydantic_settings import SettingsError

from skill.errors import StorageError
from skill.settings import Settings


class BadFileError(Exception):
    """A file that was given can't be used; the message says where and why."""


REPORTED = (BadFileError, ValidationError, SettingsError, StorageError, ModuleNotFoundError, OSError)
_EXTRA_OF = {
    "starlette": "provider",
    "uvicorn": "provider",
    "h11": "provider",
    "standardwebhooks": "service",
    "mcp": "mcp",
}


def explain(failure: Exception) -> str:
    """The line. It repeats no value, for that may be a secret."""
    match failure:
        case ValidationError():
            return wrong_fields(failure)
        case ModuleNotFoundError(name=str(module)):
            package = module.partition(".")[0]
            extra = _EXTRA_OF.get(package)
            wanted = f"'chatgpt-codex-onboarding[{extra}]'" if extra else package
            return f"The package {package} is missing: pip install {wanted}"
        case SettingsError():
            return f'{failure}; write it as JSON, for example ["custom_models"].'
        case OSError(filename=None):
            return failure.strerror or str(failure)
    return str(failure)


def wrong_fields(error: ValidationError) -> str:
    """Each wrong field with its reason; a setting under the name of its environment variable."""
    prefix = str(Settings.model_config["env_prefix"]) if error.title == Settings.__name__ else ""
    return "; ".join(
        f"{prefix + name.upper() if prefix else name}: {detail['msg'].removeprefix('Value error, ')}"
        for detail in error.errors(include_input=False, include_url=False, include_context=False)
        for name in [".".join(map(str, detail["loc"]))]
    )
