"""A bare client of the protocol: what a test says to the provider, and nothing more."""

import httpx

from skill.simulator import LocalProvider
from skill.simulator.sign_in import CLIENT_ID

Json = dict[str, object]


class Client:
    """The calls of sections 2 to 10, one method each; the reply is left for the test to judge."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def start(self, **fields: object) -> httpx.Response:
        body = {"client_id": CLIENT_ID, **fields}
        return await self.http.post("/api/accounts/deviceauth/usercode", json=body)

    async def poll(self, started: Json) -> httpx.Response:
        body = {name: started[name] for name in ("device_auth_id", "user_code")}
        return await self.http.post("/api/accounts/deviceauth/token", json=body)

    async def exchange(self, grant: Json, **fields: object) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": grant["authorization_code"],
            "code_verifier": grant["code_verifier"],
            "redirect_uri": f"{self.origin}/deviceauth/callback",
            "client_id": CLIENT_ID,
            **fields,
        }
        return await self.http.post("/oauth/token", data=form)

    async def refresh(self, token: object, form: bool = False) -> httpx.Response:
        body = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID}
        return await self.http.post("/oauth/token", **({"data": body} if form else {"json": body}))

    async def revoke(self, token: object, hint: str = "refresh_token") -> httpx.Response:
        body = {"token": token, "token_type_hint": hint, "client_id": CLIENT_ID}
        return await self.http.post("/oauth/revoke", json=body)

    async def models(self, access: object, account: str = "acc-ana", **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {access}", **headers}
        if account:
            sent["chatgpt-account-id"] = account
        return await self.http.get("/backend-api/codex/models", headers=sent)

    async def usage(self, access: object, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {access}", **headers}
        return await self.http.get("/backend-api/wham/usage", headers=sent)

    async def responses(self, access: object, **changes: object) -> httpx.Response:
        body = {
            "model": "gpt-5-codex",
            "instructions": "Be brief.",
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi there"}]}],
            "store": False,
            "stream": True,
            **changes,
        }
        sent = {"authorization": f"Bearer {access}"}
        return await self.http.post("/backend-api/codex/responses", json=body, headers=sent)

    async def sign_in(self, provider: LocalProvider, account: str = "ana@example.test") -> Json:
        """The whole flow; the reply of the exchange."""
        started = (await self.start()).json()
        provider.approve(started["user_code"], account)
        grant = (await self.poll(started)).json()
        tokens: Json = (await self.exchange(grant)).json()
        return tokens

    @property
    def origin(self) -> str:
        return str(self.http.base_url).rstrip("/")
