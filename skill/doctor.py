"""Is everything in place, before any code is spent? Nothing is minted, and no token leaves.

Each check gives findings in plain words; `codex-onboarding doctor` prints them.
"""

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from sqlalchemy import Connection, func, select

from skill.errors import ProviderError, Reason, StorageError
from skill.oauth import wire
from skill.oauth.provider import Provider
from skill.settings import Settings
from skill.stores.files import private_folder
from skill.stores.keys import WrongKeyError
from skill.stores.migrations import credentials, set_aside
from skill.stores.sql import SqlStore
from skill.stores.vault import Source, Vault

ISSUER_PATH = "/.well-known/openid-configuration"
BACKEND_PATH = "/codex/models"  # answers 401 without a token
SPACE_NEEDED = 64 * 1024 * 1024  # bytes
_SOURCES: dict[Source, str] = {"setting": "CODEX_ONBOARDING_KEY", "keyring": "the OS keyring", "file": "the key file"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in a sentence; where it isn't well, the next step in another."""

    name: str
    ok: bool
    says: str
    next_step: str = ""


async def examine(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """Every check, in the order in which things are needed."""
    network = await check_network(settings, now)
    folder = await asyncio.to_thread(check_folder, settings.home)
    return [*network, folder, *await check_store(settings)]


# --- the network ---------------------------------------------------------------------------------------------------


async def check_network(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """Whether both addresses can be reached, through which proxy, and whether the clocks agree."""
    urls = {"issuer": settings.issuer + ISSUER_PATH, "backend": settings.backend_url + BACKEND_PATH}
    try:
        client = httpx.AsyncClient(timeout=settings.timeout)
    except (ValueError, ImportError, httpx.InvalidURL) as fault:
        step = "Check HTTPS_PROXY and ALL_PROXY; for a socks proxy: pip install 'httpx[socks]'."
        return [Finding("proxy", False, f"The proxy setting can't be used ({type(fault).__name__}).", step)]
    reached, skew = [], None
    async with client:
        provider = Provider(settings, client, now)
        for name, url in urls.items():
            reached.append(await check_reach(name, url, provider))
            skew = provider.clock_skew or skew
    return [check_proxy(urls.values()), *reached, check_clock(skew)]


def check_proxy(urls: Iterable[str]) -> Finding:
    """Which proxy is in use, as httpx chooses it; its password is left out."""
    used = set()
    for parts in map(urlsplit, urls):
        proxy = getproxies().get(parts.scheme) or getproxies().get("all")
        if proxy and not proxy_bypass(parts.hostname or ""):
            used.add(proxy.rpartition("//")[2].rpartition("@")[2])
    return Finding("proxy", True, f"In use: {', '.join(sorted(used))}." if used else "None is in use.")


async def check_reach(name: str, url: str, provider: Provider) -> Finding:
    """Whether the provider itself answers there: DNS, connection, certificate, firewall, region."""
    host = urlsplit(url).netloc
    try:
        says, next_step = judge(await provider.look(url))
    except ProviderError as trouble:
        says, next_step = _UNREACHED.get(trouble.code, _UNREACHED[""])
    return Finding(name, not next_step, says.format(host=host), next_step)


_UNREACHED = {
    "certificate": (
        "The certificate of {host} isn't trusted.",
        "Behind an inspecting proxy set SSL_CERT_FILE to its CA; else check this machine's clock and CA certificates.",
    ),
    "tls": ("No secure connection to {host}.", "A proxy or firewall breaks TLS on the way; ask whoever runs it."),
    "dns": ("The name {host} isn't found.", "Check the address in the settings, and this machine's DNS."),
    "TimeoutError": ("{host} doesn't answer in time.", "Check firewall and proxy, and try again."),
    "ProxyError": ("The proxy refuses the way to {host}.", "Check the proxy's address and its login."),
    "": ("No connection to {host}.", "Check network, firewall and proxy, and that the address is right."),
}


def judge(answer: wire.Answer) -> tuple[str, str]:
    """What an answer to a harmless question tells: a sentence, and the next step if something is wrong."""
    reason = wire.refusal(answer).reason
    if reason is Reason.REGION:
        return "{host} refuses this server's country or region.", "Connect from a supported country."
    # A server's own "not found" may be a page; a firewall's, a portal's or a proxy's never says 404.
    if "cf-mitigated" in answer.headers or (answer.html and answer.status != 404):
        return (
            "A page answered in the place of {host}: a firewall, a portal or a proxy blocks the way.",
            "Let this server's address through, or connect from another network.",
        )
    if answer.status == 407:
        return _UNREACHED["ProxyError"]
    if 300 <= answer.status < 400:
        return "{host} sends elsewhere.", "Check the address in the settings; a portal may want a login first."
    if answer.status in (408, 429) or answer.status >= 500:
        return f"{{host}} has a problem (HTTP {answer.status}).", "Try again in some minutes."
    return "{host} answers.", ""


def check_clock(skew: int | None) -> Finding:
    """This machine's clock beside the provider's."""
    if skew is None:
        return Finding("clock", True, "It agrees with the provider's, as far as that answered.")
    apart = f"It is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the provider's."
    return Finding("clock", False, apart, "Set it, for example by NTP; logins and codes go by it.")


# --- what is at rest -----------------------------------------------------------------------------------------------


def check_folder(home: Path, space_needed: int = SPACE_NEEDED) -> Finding:
    """Whether the data folder, made if need be, is writable and private, with all in it, and has room."""
    try:
        wrong = next(_wrong_with(home, space_needed), None)
    except StorageError as fault:
        return _told("data folder", fault)
    except OSError as fault:
        wrong = f"{home} can't be used: {fault.strerror}.", "Check its owner and rights."
    return Finding("data folder", not wrong, *(wrong or (f"{home} is private and has room.",)))


def _wrong_with(home: Path, space_needed: int) -> Iterator[tuple[str, str]]:
    if home.is_symlink():
        yield f"{home} is a link.", "Set CODEX_ONBOARDING_HOME to the folder itself."
    private_folder(home)
    for path in (home, *home.iterdir()):
        found, right = path.lstat(), 0o700 if path is home else 0o600
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid():
            yield f"{path} belongs to another user.", f"Run: chown {os.geteuid()} {path}"
        if path is not home and not stat.S_ISREG(found.st_mode):
            yield f"{path} is not a regular file.", "Look what it is, and remove it."
        if mode & 0o077:
            yield f"Others can reach {path} (mode {mode:o}).", f"Run: chmod {right:o} {path}"
    with tempfile.TemporaryFile(dir=home) as file:
        file.write(b"x")
    if shutil.disk_usage(home).free < space_needed:
        yield f"The disk of {home} is almost full.", "Make room on it."


async def check_store(settings: Settings) -> list[Finding]:
    """Whether the key fits, and the database opens, is up to date and whole."""
    store = SqlStore(settings)
    try:
        database = await store.maintain(_inspect)
        key = f"The key comes from {_SOURCES[store.sealed_by or 'file']}, and it fits."
        return [Finding("key", True, key), database]
    except StorageError as fault:
        return [_told("key" if isinstance(fault, WrongKeyError) else "database", fault)]
    finally:
        await store.close()


def _inspect(connection: Connection, _: Vault) -> Finding:
    whole = "ok"
    if connection.dialect.name == "sqlite":
        whole = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
    if whole != "ok":
        step = "Stop the skill, and restore the data folder from a backup."
        return Finding("database", False, "The database is damaged.", step)
    logins, damaged = (connection.scalar(select(func.count()).select_from(t)) for t in (credentials, set_aside))
    aside = f"; {damaged} damaged records were set aside" if damaged else ""
    return Finding("database", True, f"The database is whole: {logins} logins{aside}.")


def _told(name: str, fault: StorageError) -> Finding:
    """The error's first sentence is the cause, the rest the next step."""
    says, _, next_step = str(fault).partition(". ")
    return Finding(name, False, f"{says}.", next_step)
