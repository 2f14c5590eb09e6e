"""`import skill` and `import intents` in a fresh interpreter, beside the libraries that they stand on."""

import subprocess
import sys
import time

ROUNDS = 7
LIBRARIES = (
    "sqlalchemy.ext.asyncio, pydantic_settings, httpx, transitions, yaml, cryptography.hazmat.primitives.ciphers.aead"
)


def _seconds(statement: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Print the figures."""
    empty, floor = _seconds("pass"), _seconds(f"import {LIBRARIES}")
    for name, names in (("intents", "classify"), ("skill", "Message, Onboarding, Settings")):  # both load them on use
        taken = _seconds(f"from {name} import {names}") - empty
        print(f"import {name}: {taken * 1000:.0f} ms, {taken / (floor - empty):.2f} × the core's libraries alone")


if __name__ == "__main__":
    main()
