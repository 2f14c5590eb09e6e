"""The device page as HTML: one document, its style inside, no script and nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from .accounts import Account
from .page_words import HTML_LANGUAGE, NAMES, WORDS

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Only this style may apply, forms post back only here, and only a page of this machine may frame it.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors http://127.0.0.1:* http://localhost:*"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "vary": "accept-language",
    "x-content-type-options": "nosniff",
}

_LOGO = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9"/>'
    '<path d="M9 11l5 5-5 5M17 21h6" fill="none" stroke-width="2.6" stroke-linecap="round" '
    'stroke-linejoin="round"/></svg>'
)
_YES = '<path d="M5 13l4.5 4.5L19 7.5"/>'
_NO = '<path d="M6 6l12 12M18 6L6 18"/>'


class View:
    """The pages in one language; every value that came from outside is escaped here."""

    def __init__(self, language: str) -> None:
        self.language = language

    def word(self, key: str, **values: str) -> str:
        """A text of the catalogue, as HTML; values stand out."""
        marked = {
            name: f'<b class="{"shown" if name == "code" else "email"}">{escape(value)}</b>'
            for name, value in values.items()
        }
        return escape(WORDS[self.language][key]).format(**marked)

    def enter(self, typed: str = "", error: str | None = None, status: int = 200) -> HTMLResponse:
        """Step 1: the code, typed by hand; it is never taken from the address."""
        w = self.word
        wrong = ' aria-invalid="true"' if error else ""
        described = "hint problem" if error else "hint"
        body = f"""
<p class="steps">{w("step_code")}</p>
<h1>{w("title_code")}</h1>
<p class="lead">{w("lead_code")}</p>
{self._problem(error)}
<form method="post" action="/codex/device">
{self._hidden()}
<label class="name" for="code">{w("label_code")}</label>
<input class="code" id="code" name="code" value="{escape(typed[:40])}" placeholder="XXXX-XXXXX"
 maxlength="40" autocomplete="off" autocapitalize="characters" spellcheck="false"
 aria-describedby="{described}"{wrong} autofocus>
<p class="hint" id="hint">{w("hint_code")}</p>
<div class="note warn"><strong>{w("warning_title")}</strong>{w("warning")}</div>
<div class="buttons"><button class="main">{w("continue")}</button></div>
</form>"""
        return self._document("title_code", body, status, method="get")

    def choose(
        self,
        code: str,
        accounts: Iterable[Account],
        chosen: str = "",
        error: str | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """Step 2: who, and yes or no."""
        w = self.word
        options = "".join(self._option(account, account.email == chosen) for account in accounts)
        grants = "".join(f"<li>{w(f'grant_{name}')}</li>" for name in ("models", "profile", "stay"))
        body = f"""
<p class="steps">{w("step_account")}</p>
<h1>{w("title_account")}</h1>
<p class="lead">{w("lead_account", code=code)}</p>
{self._problem(error)}
<form method="post" action="/codex/device">
{self._hidden(code)}
<fieldset><legend>{w("accounts")}</legend>{options}</fieldset>
<p class="grants-title">{w("grants")}</p>
<ul class="grants">{grants}</ul>
<div class="buttons"><button class="main" name="decision" value="approve">{w("approve")}</button>
<button name="decision" value="decline">{w("decline")}</button></div>
</form>"""
        return self._document("title_account", body, status, method="post", code=code)

    def approved(self, email: str) -> HTMLResponse:
        """The end, in the affirmative."""
        return self._end("title_approved", self.word("approved", email=email), "yes", _YES)

    def declined(self) -> HTMLResponse:
        """The end, in the negative."""
        return self._end("title_declined", self.word("declined"), "no", _NO)

    def _end(self, title: str, text: str, mark: str, drawing: str) -> HTMLResponse:
        body = f"""
<div class="mark {mark}"><svg viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg></div>
<div role="status"><h1>{self.word(title)}</h1><p>{text}</p></div>
<div class="buttons"><a href="/codex/device?lang={self.language}">{self.word("another")}</a></div>"""
        return self._document(title, body, 200, method=None)

    def _option(self, account: Account, chosen: bool) -> str:
        has = escape(", ".join(account.models)) if account.codex else self.word("no_codex")
        if not account.device_sign_in:
            has = self.word("sign_in_off")
        checked = " checked" if chosen else ""
        return f"""
<label class="account"><input type="radio" name="account" value="{escape(account.email)}"{checked}>
<span class="face" aria-hidden="true">{escape(account.email[:1])}</span>
<span class="who"><b>{escape(account.email)}</b>
<span class="plan">{escape(account.plan.title())}</span>
<span class="has">{has}</span></span></label>"""

    def _problem(self, text: str | None) -> str:
        return f'<div class="note bad" id="problem" role="alert">{text}</div>' if text else ""

    def _hidden(self, code: str = "") -> str:
        fields = f'<input type="hidden" name="lang" value="{self.language}">'
        return fields + (f'<input type="hidden" name="code" value="{escape(code)}">' if code else "")

    def _languages(self, method: str, code: str) -> str:
        """By GET on the first step; by POST on the second, where the code must stay out of the address."""
        buttons = "".join(
            f'<button name="lang" value="{language}" lang="{HTML_LANGUAGE[language]}"'
            f"{' aria-current=true' if language == self.language else ''}>{name}</button>"
            for language, name in NAMES.items()
        )
        hidden = f'<input type="hidden" name="code" value="{escape(code)}">' if code else ""
        return (
            f'<form class="languages" method="{method}" action="/codex/device" '
            f'aria-label="{self.word("languages")}">{hidden}{buttons}</form>'
        )

    def _document(self, title: str, body: str, status: int, method: str | None, code: str = "") -> HTMLResponse:
        switch = self._languages(method, code) if method else ""
        return HTMLResponse(
            f"""<!doctype html>
<html lang="{HTML_LANGUAGE[self.language]}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{self.word(title)} · {self.word("brand")}</title><style>{STYLE}</style></head>
<body><header><span class="brand">{_LOGO}{self.word("brand")}</span>{switch}</header>
<main>{body}</main>
<footer>{self.word("footer")}</footer></body></html>
""",
            status,
            HEADERS,
        )
