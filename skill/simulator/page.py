"""`/codex/device`: where a person types the code and decides (protocol, sections 1 and 12)."""

from starlette.responses import RedirectResponse, Response

from .call import Call
from .devices import DeviceCode, SignInOffError, UnknownCodeError
from .page_view import View
from .page_words import choose_language

# Why a code that is no longer pending can't be decided: the text, and a status that says the same.
_OVER = {
    "expired": ("error_expired", 410),
    "approved": ("error_used", 409),
    "spent": ("error_used", 409),
    "declined": ("error_declined", 409),
}


def show(call: Call) -> Response:
    """The empty form. Of the address only the language is read: a code in a link must lead nowhere."""
    return _view(call, call.request.query_params.get("lang", "")).enter()


def home(call: Call) -> Response:
    """The bare address leads a person to the page."""
    return RedirectResponse("/codex/device")


def submit(call: Call) -> Response:
    """First the code alone, then the code with a decision."""
    view = _view(call, call.form.get("lang", ""))
    typed = call.form.get("code", "").strip()
    if not typed:
        return view.enter(error=view.word("error_empty"), status=400)
    try:
        code = call.provider.devices.find(typed, call.now)
    except UnknownCodeError:
        return view.enter(typed, view.word("error_unknown"), 404)
    if code.state in _OVER:
        reason, status = _OVER[code.state]
        return view.enter(typed, view.word(reason), status)
    return _decide(call, view, code)


def _decide(call: Call, view: View, code: DeviceCode) -> Response:
    provider, decision = call.provider, call.form.get("decision")
    email = call.form.get("account", "")
    if decision == "decline":
        provider.decline(code.user_code)
        return view.declined()
    if decision != "approve":
        return view.choose(code.user_code, provider.accounts)
    if email not in provider.accounts:
        problem = view.word("error_no_account")
        return view.choose(code.user_code, provider.accounts, error=problem, status=400)
    try:
        provider.approve(code.user_code, email)
    except SignInOffError:
        # The code stays pending: whoever asked for it learns nothing of this refusal (section 12).
        problem = view.word("error_sign_in_off", email=email)
        return view.choose(code.user_code, provider.accounts, email, problem, 403)
    return view.approved(email)


def _view(call: Call, asked: str) -> View:
    return View(choose_language(asked, call.header("accept-language")))
