"""The key in the OS keyring (extra `keyring`), where there is a real one that answers by itself.

The only file that imports `keyring`. What it raises, and for how long it keeps silent, is its backend's choice:
neither may ever keep the skill from its key file.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from skill.stores.vault import Source, as_key, as_text

SERVICE = "chatgpt-codex-onboarding"
REAL = 1  # keyring's own mark: backends below it fail, forget, keep clear text or ask on the terminal
PATIENCE = 2.0  # seconds; a backend that opens a dialog waits for a person who may not be there

log = logging.getLogger(__name__)


class KeyringPlace:
    """Keys of one data folder, each under the service's name and the folder's path."""

    source: Source = "keyring"

    def __init__(self, home: Path, patience: float = PATIENCE) -> None:
        self._home, self._patience, self._answers = home.resolve(), patience, True

    def name(self, slot: str) -> str:
        """The user name under which that key is found: `keyring get chatgpt-codex-onboarding NAME`."""
        return f"{self._home} {slot}"

    def read(self, slot: str) -> bytes | None:
        """The key, or None where there is none, or no keyring that answers."""
        text = self._asked(lambda ring: ring.get_password(SERVICE, self.name(slot)))
        return as_key(text) if text else None

    def write(self, slot: str, key: bytes) -> bool:
        """Keep the key. False unless the keyring has it now."""
        self._asked(lambda ring: ring.set_password(SERVICE, self.name(slot), as_text(key)))
        return self.read(slot) == key

    def remove(self, slot: str) -> None:
        """Forget the key; one that isn't there is none either."""
        self._asked(lambda ring: ring.delete_password(SERVICE, self.name(slot)))

    def _asked(self, ask: Callable[[Any], str | None]) -> str | None:
        answers: SimpleQueue[str | None] = SimpleQueue()

        def work() -> None:
            try:
                import keyring  # noqa: PLC0415 (an extra, and slow to import)

                ring = keyring.get_keyring()
                answers.put(ask(ring) if ring.priority >= REAL else None)
            except Exception as fault:  # noqa: BLE001 (see above)
                log.debug("the keyring: %s", type(fault).__name__)
                answers.put(None)

        if not self._answers:
            return None
        # A thread that may be left behind: nothing else ends a call that waits for a dialog.
        Thread(target=work, name="keyring", daemon=True).start()
        try:
            return answers.get(timeout=self._patience)
        except Empty:
            log.warning("the OS keyring doesn't answer (it may be locked); going on without it")
            self._answers = False
            return None
