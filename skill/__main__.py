"""`codex-onboarding`, also as `python -m skill`."""

import sys


def main() -> None:
    """Run the command, or name the extra that brings it."""
    try:
        from skill.cli import app
    except ModuleNotFoundError as missing:
        if missing.name not in {"typer", "rich", "click"}:
            raise
        sys.exit("codex-onboarding needs its command-line extra: pip install 'chatgpt-codex-onboarding[demo]'")
    app()


if __name__ == "__main__":
    main()
