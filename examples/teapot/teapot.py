"""Teapot, the bot of a small team.

It knew whose turn it is to make tea. Now people also sign in with their own ChatGPT subscription, and ask a model:
`/ask`. The sign-in is `chatgpt-codex-onboarding`; what Teapot has to do for it is `on_message`.
"""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from skill import Message, Onboarding
from skill.errors import NotConnectedError, OnboardingError, ReloginRequiredError

SETTINGS = {"starts_per_hour": 3}  # a team of four: nobody needs ten sign-ins an hour
SIGN_IN_FIRST = 'That needs your own plan. Say "sign in with my ChatGPT account" first.'
ASK_THE_ADMIN = "Keys are Kim's business: ask her in person."


@dataclass(frozen=True)
class Event:
    """A message, as the team's chat delivers it."""

    id: str
    room: str
    sender: str
    text: str
    private: bool = True


class Teapot:
    """One for the whole team. `onboarding` and `client` live as long as the process does."""

    def __init__(self, onboarding: Onboarding, client: httpx.AsyncClient, team: Iterable[str]) -> None:
        self.minutes: list[str] = []  # what was said; Kim reads it on Fridays
        self._onboarding, self._client, self._team = onboarding, client, deque(team)

    async def on_message(self, event: Event) -> list[str]:
        """What Teapot answers, a message each."""
        reply = await self._onboarding.handle(
            Message(
                message_id=event.id,
                conversation_id=event.room,
                user_id=event.sender,
                text=event.text,
                private=event.private,
                platform="teapot",
            )
        )
        if reply is None or not reply.sensitive:  # a pasted key is nobody's reading
            self.minutes.append(f"{event.sender}: {event.text}")
        if reply is None:
            return await self._answer(event)
        said = [reply.text, *reply.notes]
        if reply.handoff == "byok-custom-model":
            said.append(ASK_THE_ADMIN)
        return [text for text in said if text]

    async def _answer(self, event: Event) -> list[str]:
        if event.text.startswith("/ask "):
            return [await self._ask(event.sender, event.text.removeprefix("/ask "))]
        if event.text == "tea is ready":
            self._team.rotate(-1)
        return [f"Next to make tea: {self._team[0]}."] if "tea" in event.text else []

    async def _ask(self, sender: str, question: str) -> str:
        """One answer of a model, paid by the plan of whoever asks."""
        body = {"model": "gpt-5-codex", "instructions": "Be brief.", "store": False, "stream": True}
        body["input"] = [{"role": "user", "content": [{"type": "input_text", "text": question}]}]
        url = f"{self._onboarding.settings.backend_url}/codex/responses"
        try:
            answer = await self._client.post(url, json=body, auth=self._onboarding.auth(sender, platform="teapot"))
        except (NotConnectedError, ReloginRequiredError):
            return SIGN_IN_FIRST
        except OnboardingError as trouble:
            return f"Not now: {trouble}."
        events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line[:6] == "data: "]
        return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
