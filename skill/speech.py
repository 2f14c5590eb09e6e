"""From what is to be said to the `Reply`: picks the texts, fills them, and adds what belongs beside them. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from skill.core.replies import Catalogue, catalogue, pick_language
from skill.core.session import Code
from skill.core.states import Action, State
from skill.errors import Reason
from skill.message import Message, Reply
from skill.oauth.credential import primary_model
from skill.oauth.outcomes import (
    LoggedOut,
    ModelsReport,
    NotConnected,
    Outcome,
    Refreshed,
    StatusReport,
    Troubled,
    UsageReport,
    UsageWindow,
)

HANDOFFS = {"handoff_byok": "byok-custom-model", "handoff_other_vendor": "custom_models"}
_SHOWS_CODE = frozenset({"display", "moved_here", "help"})


@dataclass(frozen=True, slots=True)
class Login:
    """As whom a person is connected, and which models that brings."""

    name: str | None
    models: list[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a text may need to know."""

    language: str
    state: State
    now: datetime
    code: Code | None = None
    login: Login | None = None
    reason: str | None = None  # of a failure: a `Reason`, or the key of the text that was told
    retry_at: datetime | None = None
    outcome: Outcome | None = None
    action: Action | None = None  # whose outcome it is
    dropped_flow: bool = False  # a sign-in in progress was given up by it
    preface: str | None = None  # the key of the reason that comes before, after a failed poll
    remark: str | None = None  # the key of a sentence beside it
    secret: bool = False  # the person's message carries a key or token
    offer: bool = False  # tell beside it that the login broke
    handoffs: frozenset[str] = frozenset()  # the neighbouring skills that exist


def reply(say: str, scene: Scene) -> Reply:
    """The reply for the machine's `say`."""
    words = catalogue(scene.language)
    key = _key(say, scene)
    values = _values(words, scene)
    before = [failure_key(scene.reason) if say == "poll_failed" else scene.preface, scene.secret and "secret_seen"]
    beside = [scene.remark, scene.offer and "relogin_offer", key == "status" and "skew" in values and "clock_off"]
    shown = scene.code if key in _SHOWS_CODE else None
    skill = HANDOFFS.get(key)
    return Reply(
        text="\n\n".join(words.text(part, **values) for part in (*before, key) if part),
        notes=[words.text(part, **values) for part in beside if part] + words.notes(key, **values),
        state=scene.state,
        language=scene.language,
        handoff=skill,
        models=scene.login.models if scene.login else [],
        sensitive=scene.secret,
        verification_url=shown.verification_url if shown else None,
        user_code=shown.user_code if shown else None,
    )


def aside(
    say: str, language: str | None, message: Message, secret: bool = False, handoffs: frozenset[str] = frozenset()
) -> Reply:
    """A reply that needs no store and tells nothing of anybody: for a shared room, a stranger, a store that is down."""
    spoken = pick_language(language, message.language)
    return reply(say, Scene(spoken, State.IDLE, datetime.now(UTC), secret=secret, handoffs=handoffs))


def _key(say: str, scene: Scene) -> str:
    """The text's key: the machine's own word, made precise by the reason or by the outcome."""
    entries = catalogue(scene.language).entries
    match say:
        case "start_failed":
            return _first(entries, f"start_{scene.reason}", "start_provider")
        case "trouble":
            return _first(entries, f"trouble_{scene.reason}", "trouble_provider")
        case "poll_failed":
            return "no_more_restarts"
        case "why_failed":
            return _first(entries, str(scene.reason), "why_failed")
        case "answer":
            return _answer_key(scene)
    if say in HANDOFFS and HANDOFFS[say] not in scene.handoffs:
        return f"{say}_alone"
    return say


def failure_key(reason: str | None) -> str:
    """The sentence for a poll that ended as failed."""
    return f"poll_{reason if reason in (Reason.DECLINED, Reason.EXPIRED, Reason.NO_ENTITLEMENT) else Reason.REFUSED}"


def _first(entries: object, *keys: str) -> str:
    return next(key for key in keys if key in entries)  # type: ignore[operator]


def _answer_key(scene: Scene) -> str:
    """What to say to a question about the login, or about its end."""
    match scene.outcome:
        case StatusReport(connected=True):
            return "status"
        case ModelsReport():
            return "models"
        case UsageReport():
            return "usage"
        case Refreshed():
            return "login_refreshed"
        case LoggedOut(removed=True, revoked=revoked):
            return "logged_out" if revoked else "logged_out_unconfirmed"
        case LoggedOut() if scene.dropped_flow:
            return "cancelled"
        case StatusReport() | NotConnected() if scene.state is State.AWAITING_CONFIRM:
            return "waiting"
        case StatusReport(handed_to=str()):
            return "kept_elsewhere"
        case Troubled(reason=Reason.NO_ENTITLEMENT):
            return "no_entitlement"
        case Troubled():
            return "login_kept" if scene.action is Action.REFRESH else "usage_unavailable"
    return "not_connected"


def _values(words: Catalogue, scene: Scene) -> dict[str, object]:
    """Every placeholder that this scene can fill."""
    values: dict[str, object] = {"wait": _until(words, scene.retry_at, scene.now)}
    if scene.code:
        values |= {"verification_url": scene.code.verification_url, "user_code": scene.code.user_code}
        values["valid"] = _until(words, scene.code.expires_at, scene.now)
    if scene.login:
        values |= {
            "email": scene.login.name or words.text("your_account"),
            "models": _models(words, scene.login.models),
        }
        values["model"] = primary_model(scene.login.models)
    match scene.outcome:
        case StatusReport() as status:
            values["plan"] = status.plan or words.text("unknown")
            values["valid"] = (
                _until(words, status.expires_at, scene.now) if status.expires_at else words.text("unknown")
            )
            ago = scene.now - status.verified_at if status.verified_at else None
            values |= {"keeper": status.handed_to or ""}
            if status.clock_skew:
                values["skew"] = words.duration(timedelta(seconds=abs(status.clock_skew)))
            values["verified"] = words.duration(ago) if ago is not None else words.text("unknown")
        case ModelsReport() as report:
            values["models"] = _models(words, report.models)
        case UsageReport() as usage:
            values["plan"] = usage.plan or words.text("unknown")
            lines = [_window(words, window, scene.now) for window in usage.windows]
            values["windows"] = "\n".join(lines or [words.text("no_windows")])
    return values


def _until(words: Catalogue, moment: datetime | None, now: datetime) -> str:
    return words.duration((moment or now) - now)


def _models(words: Catalogue, models: list[str]) -> str:
    return "\n".join(words.text("model_line", model=model) for model in models)


def _window(words: Catalogue, window: UsageWindow, now: datetime) -> str:
    used = words.text("unknown") if window.used_percent is None else f"{window.used_percent:g}"
    return words.text(
        "window_line",
        window=words.window(window.seconds),
        used=used,
        wait=_until(words, window.resets_at, now),
    )
