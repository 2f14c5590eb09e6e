"""What happened to a person's sign-in and login, and when: the audit trail. It holds no words and no secrets."""

from dataclasses import dataclass
from datetime import datetime

from skill.core.states import State

# What befalls a login beside the events of the machine.
REFRESHED, REFRESH_REFUSED, HANDED_OVER, GIVEN_BACK = "refreshed", "refresh_refused", "handed_over", "given_back"

OF_LOGINS = frozenset({REFRESHED, REFRESH_REFUSED, HANDED_OVER, GIVEN_BACK})


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the machine, or one of the four above. What led nowhere is counted, and not kept."""

    at: datetime
    event: str
    before: State
    after: State
    reason: str | None = None  # of a failure: a `Reason`
    seconds: int | None = None  # spent in `before`, where that is known

    @property
    def kept(self) -> bool:
        """Whether it belongs into the trail."""
        return self.before is not self.after or self.event in OF_LOGINS
