"""The host keeps logins itself, one for the whole installation: that person's login moves to it."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from skill.errors import OnboardingError
from skill.handover import Handover
from skill.message import Message, Owner
from skill.onboarding import Onboarding
from skill.runtimes.hermes.engine import Engine
from skill.secret import reveal

PROVIDER = "openai-codex"

log = logging.getLogger(__name__)


class Keeper:
    """Moves one person's login to Hermes, which refreshes it from then on and offers its models in the selector.

    Whose it is stands in the host's own config.yaml, as `plugins.entries.<plugin>.login_of: platform:user id`, with a
    workspace between the two where the platform has those. By default it is nobody's, for every user of the
    installation works at the expense of that subscription.
    """

    def __init__(self, engine: Engine, plugin: str) -> None:
        self._engine, self._plugin = engine, plugin

    async def take(self, message: Message) -> None:
        """Move it if it is the one that was asked for. What can't be written goes back where it was."""
        owner = message.owner
        if owner is None or _name(owner) != await asyncio.to_thread(self._login_of):
            return
        try:
            pool = import_module("agent.credential_pool")
            save = partial(_save, pool.PooledCredential, pool.load_pool, self._engine.settings.backend_url, owner)
        except (ImportError, AttributeError):
            log.warning("this version of Hermes takes no login; it stays with the plugin")
            return
        await self._engine.ask(lambda onboarding: _move(onboarding, owner, save))

    def _login_of(self) -> str:
        config: Any = import_module("hermes_cli.config").load_config()
        for part in ("plugins", "entries", self._plugin, "login_of"):
            config = config.get(part) if isinstance(config, dict) else None
        return str(config or "")


def _name(owner: Owner) -> str:
    """As the operator writes it. A user id means something only together with its workspace, where there are some."""
    return ":".join(filter(None, (owner.platform, owner.account, owner.user_id)))


async def _move(onboarding: Onboarding, owner: Owner, save: Callable[[Handover], None]) -> None:
    try:
        login = await onboarding.hand_over(owner.user_id, platform=owner.platform, account=owner.account, to="hermes")
    except OnboardingError as refused:
        log.warning("the login stays with the plugin: %s", type(refused).__name__)
        return
    try:
        await asyncio.to_thread(save, login)
    except Exception as error:  # noqa: BLE001 (whatever it was, the login must not be lost)
        log.error("Hermes didn't take the login, it stays with the plugin: %s", type(error).__name__)
        await onboarding.handovers.give_back(owner, login)


def _save(
    entry: Callable[..., Any], load_pool: Callable[[str], Any], backend_url: str, owner: Owner, login: Handover
) -> None:
    """As `hermes auth add openai-codex` does: an account of its own among the host's logins of that provider.

    A later sign-in of the same person takes the place of the earlier one, which is known by its id.
    """
    pool, ours = load_pool(PROVIDER), owner.key[:12]
    for position, known in reversed(list(enumerate(pool.entries(), 1))):
        if known.id == ours:
            pool.remove_index(position)
    pool.add_entry(
        entry(
            provider=PROVIDER,
            id=ours,
            label=login.email or login.account_id or PROVIDER,
            auth_type="oauth",
            priority=0,
            source="manual:device_code",
            access_token=reveal(login.access_token),
            refresh_token=reveal(login.refresh_token),
            base_url=f"{backend_url}/codex",
            last_refresh=login.rotated_at.isoformat() if login.rotated_at else None,
        )
    )
