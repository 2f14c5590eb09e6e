"""`codex-onboarding`, also as `python -m skill`."""

import sys


def main() -> None:
    """Run the command, or name the extra that brings it."""
    try:
        from skill.cli import run
    except ModuleNotFoundError as missing:
        if missing.name not in {"typer", "rich", "click"}:
            raise
        sys.stderr.write("codex-onboarding needs its command line: pip install 'chatgpt-codex-onboarding[demo]'\n")
        sys.exit(2)
    run()


if __name__ == "__main__":
    main()
