"""Three enumerations: where a conversation stands, what can happen to it, and what can be asked of the tool."""

from enum import StrEnum


class State(StrEnum):
    """Where one conversation stands (conversation.md, section 1)."""

    IDLE = "idle"
    CLARIFYING = "clarifying"
    STARTED = "started"
    AWAITING_CONFIRM = "awaiting_confirm"
    POLLING = "polling"
    CONNECTED = "connected"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen. What a person causes is a verb and bears its label's name; an outcome is a fact."""

    # Requests (intent-labels.md, section 1)
    OAUTH = "oauth"
    BYOK = "byok"
    OTHER_VENDOR = "other_vendor"
    AMBIGUOUS = "ambiguous"
    STATUS = "status"
    MODELS = "models"
    USAGE = "usage"
    LOGOUT = "logout"
    REAUTH = "reauth"
    # Replies (intent-labels.md, section 2); `new_code` is a `resend` marked fresh
    CONFIRM = "confirm"
    NOT_YET = "not_yet"
    CANCEL = "cancel"
    RESEND = "resend"
    NEW_CODE = "new_code"
    HELP = "help"
    CHOOSE_OAUTH = "choose_oauth"
    CHOOSE_BYOK = "choose_byok"
    RETRY = "retry"
    # Outcomes of a call
    CODE_ISSUED = "code_issued"
    START_FAILED = "start_failed"
    AUTHORIZED = "authorized"
    PENDING = "pending"
    TROUBLED = "troubled"
    REFUSED = "refused"
    START_OVER = "start_over"
    LOGIN_DIED = "login_died"
    # Time
    INTERRUPTED = "interrupted"
    LAPSED = "lapsed"


class Action(StrEnum):
    """The seven actions of `openai_oauth` (conversation.md, section 7)."""

    STATUS = "status"
    START = "start"
    POLL = "poll"
    LOGOUT = "logout"
    REFRESH = "refresh"
    MODELS = "models"
    USAGE = "usage"
