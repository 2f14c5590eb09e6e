"""The way to the person behind one call, whichever era of the protocol their client speaks."""

import contextlib
from typing import Any

from skill.runtimes.mcp import sdk
from skill.runtimes.mcp.questions import Person, Question, Questions

_KEY = "answer"


class AnswerComesLaterError(Exception):
    """A modern client gets the question as the call's result, and calls again with the answer."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Desk:
    """Puts questions and takes their answers. Raises `AnswerComesLaterError` where the answer is another call."""

    def __init__(self, ctx: sdk.Context, questions: Questions, person: Person, action: str) -> None:
        self._ctx, self._questions, self._person, self._action = ctx, questions, person, action
        self._modern = sdk.is_modern(ctx)
        self.can_ask, self.can_open = sdk.can_ask(ctx), sdk.can_open(ctx)
        self._answered = self._answer_that_came_along()

    @property
    def shown(self) -> dict[str, Any] | None:
        """The answer of a call that is over but for showing its page, which has happened now."""
        return self._answered.then | {"shown": self._accepted()} if self._answered and self._answered.then else None

    @property
    def agreed(self) -> bool | None:
        """Whether the person agreed, if they were asked in an earlier round of this call."""
        return self._accepted() if self._answered and self._answered.then is None else None

    async def agrees(self, message: str) -> bool:
        """Ask the person whether they want what is about to happen."""
        name = self._questions.ask(self._person, self._action)
        if self._modern:
            raise AnswerComesLaterError(sdk.question(_KEY, name, message))
        session = self._ctx.session
        accepted = await self._pushed(session.elicit_form(message, sdk.NO_FIELDS, self._ctx.request_id))
        # An answer that took too long, or was overtaken by a newer question, is none.
        return accepted and self._questions.take(self._person, self._action, name) is not None

    async def show(self, message: str, url: str, then: dict[str, Any]) -> dict[str, Any] | None:
        """Lead the person to a page, and get `then` with whether they went. None: the client didn't do it."""
        if self._modern:
            name = self._questions.ask(self._person, self._action, then)
            raise AnswerComesLaterError(sdk.question(_KEY, name, message, url))
        try:
            answer = await self._ctx.session.elicit_url(message, url, then["pending_id"], self._ctx.request_id)
        except sdk.ClientError:
            return None
        return then | {"shown": answer.action == "accept"}

    async def done(self, pending_id: str) -> None:
        """Tell a client of the older era, where pages have names, that the one it opened may be closed."""
        if self.can_open and not self._modern:
            with contextlib.suppress(sdk.ClientError):
                await self._ctx.session.send_elicit_complete(pending_id)

    async def _pushed(self, question: Any) -> bool:
        try:
            return bool((await question).action == "accept")
        except sdk.ClientError:
            return False

    def _answer_that_came_along(self) -> Question | None:
        name = getattr(self._ctx, "request_state", None)
        return self._questions.take(self._person, self._action, name) if name else None

    def _accepted(self) -> bool:
        answers = getattr(self._ctx, "input_responses", None) or {}
        return getattr(answers.get(_KEY), "action", None) == "accept"
