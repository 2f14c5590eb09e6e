"""Everything is looked at before a code is spent."""

import asyncio
import os
import shutil
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from skill.doctor import Finding, check_clock, check_folder, check_network, check_proxy, examine, judge
from skill.message import Owner
from skill.oauth import wire
from skill.settings import Settings
from skill.simulator import LocalProvider, Served, serve_in_thread
from skill.stores.engines import DATABASE_FILE
from skill.stores.sql import SqlStore

NAMES = ["proxy", "issuer", "backend", "clock", "data folder", "key", "database"]


@pytest.fixture
def provider() -> LocalProvider:
    return LocalProvider()


@pytest.fixture
def served(provider: LocalProvider) -> Iterator[Served]:
    with serve_in_thread(provider) as served:
        yield served


@pytest.fixture
def settings(served: Served, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", issuer=served.issuer, backend_url=served.backend_url, timeout=2)


def now() -> datetime:
    return datetime.now(UTC)


def examined(settings: Settings, clock: Callable[[], datetime] = now) -> dict[str, Finding]:
    return {finding.name: finding for finding in asyncio.run(examine(settings, clock))}


def wrong(findings: dict[str, Finding]) -> dict[str, str]:
    """What isn't well. Each names a next step, and nothing that is well does."""
    for finding in findings.values():
        assert finding.ok is not bool(finding.next_step), finding
        assert "\n" not in finding.says + finding.next_step
    return {finding.name: finding.says for finding in findings.values() if not finding.ok}


def with_(settings: Settings, **changes: Any) -> Settings:
    return Settings(**{"home": settings.home, "issuer": settings.issuer, "backend_url": settings.backend_url} | changes)


# The network.


def test_all_is_well_and_no_code_was_minted(settings: Settings, provider: LocalProvider) -> None:
    for _ in range(2):  # the first run makes the folder
        findings = examined(settings)
        assert (list(findings), wrong(findings)) == (NAMES, {})
    assert [record.endpoint for record in provider.requests] == ["other", "models"] * 2
    assert {record.method for record in provider.requests} == {"GET"}
    assert provider.secrets() == frozenset()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("403-html", "blocks the way"),
        ("503-html", "blocks the way"),
        ("403-page", "blocks the way"),
        ("502-html", "blocks the way"),
        ("200-html", "blocks the way"),
        ("403-region", "country or region"),
        ("407", "proxy refuses"),
        ("302", "sends elsewhere"),
        ("429", "HTTP 429"),
        ("500", "HTTP 500"),
        ("503", "HTTP 503"),
        ("reset", "No connection"),
        ("drop", "No connection"),
        ("200-oversized", "No connection"),
    ],
)
def test_what_stands_in_the_way_is_named(settings: Settings, provider: LocalProvider, fault: str, says: str) -> None:
    provider.fault("models", fault)
    found = wrong(examined(settings))
    assert list(found) == ["backend"]
    assert says in found["backend"]
    assert "127.0.0.1" in found["backend"] or fault == "407"


@pytest.mark.parametrize("fault", ["401", "403", "404", "404-empty", "400"])
def test_a_provider_that_says_no_to_a_stranger_is_there(
    settings: Settings, provider: LocalProvider, fault: str
) -> None:
    provider.fault("models", fault)
    assert wrong(examined(settings)) == {}


def test_silence_is_waited_for_no_longer_than_the_settings_say(settings: Settings, provider: LocalProvider) -> None:
    provider.fault("models", "hang")
    found = wrong(examined(with_(settings, timeout=0.2)))
    assert found == {"backend": f"{settings.issuer.removeprefix('http://')} doesn't answer in time."}


def test_a_name_that_dns_does_not_know_is_told(settings: Settings) -> None:
    found = wrong(examined(with_(settings, issuer="https://nowhere.invalid")))
    assert found == {"issuer": "The name nowhere.invalid isn't found."}


def test_a_port_where_nobody_listens_is_told(settings: Settings) -> None:
    with serve_in_thread(LocalProvider()) as gone:
        pass
    assert "No connection" in wrong(examined(with_(settings, issuer=gone.issuer)))["issuer"]


def test_a_not_found_page_of_the_servers_own_is_no_firewall() -> None:
    page = b"<!doctype html><h1>Not Found</h1>"
    assert judge(wire.Answer(404, {"content-type": "text/html"}, page))[1] == ""
    assert judge(wire.Answer(404, {"cf-mitigated": "challenge"}, page))[1]


@asynccontextmanager
async def https_with(folder: Path, expired: bool = False) -> Any:
    """A server on this machine whose certificate nobody trusts; or, none at all, that speaks no TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins = now() - timedelta(days=9)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=1 if expired else 99))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = folder / "pem", serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("expired", [False, True])
def test_a_certificate_that_is_not_trusted_is_told_as_such(settings: Settings, tmp_path: Path, expired: bool) -> None:
    async def main() -> list[Finding]:
        async with https_with(tmp_path, expired) as port:
            return await check_network(with_(settings, issuer=f"https://localhost:{port}"), now)

    found = {finding.name: finding for finding in asyncio.run(main())}
    assert "certificate of localhost" in wrong(found)["issuer"]
    assert "SSL_CERT_FILE" in found["issuer"].next_step


def test_a_server_that_speaks_no_tls_is_told_as_such(settings: Settings, served: Served) -> None:
    found = wrong(examined(with_(settings, issuer=served.issuer.replace("http://", "https://"))))
    assert "No secure connection" in found["issuer"]


# The proxy: the surroundings of the process are the input here.


def test_the_proxy_in_use_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ana:pw-canary@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "chatgpt.com")
    found = check_proxy(["https://auth.openai.com/x"])
    assert (found.ok, found.says) == (True, "In use: proxy.test:3128.")
    assert check_proxy(["https://chatgpt.com/x"]).says == "None is in use."


def test_a_proxy_that_is_not_there_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    found = examined(settings)
    assert found["proxy"].says == "In use: 127.0.0.1:9."
    assert set(wrong(found)) == {"issuer", "backend"}


@pytest.mark.parametrize("odd", ["gopher://proxy.test", "socks5://proxy.test"])
def test_a_proxy_setting_that_cannot_be_used_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", odd)
    found = examined(settings)
    assert list(wrong(found)) == ["proxy"]
    assert "HTTPS_PROXY" in found["proxy"].next_step


# The clock.


@pytest.mark.parametrize(("ahead", "says"), [(3600, "3600 s ahead"), (-3600, "s behind"), (100, None), (-100, None)])
def test_a_clock_that_is_off_by_more_than_two_minutes_is_told(
    settings: Settings, provider: LocalProvider, ahead: int, says: str | None
) -> None:
    provider.advance(-ahead)
    found = wrong(examined(settings))
    assert (list(found), says is None or says in found["clock"]) == (["clock"] if says else [], True)


def test_one_address_with_another_time_is_enough(settings: Settings, provider: LocalProvider) -> None:
    provider.fault("models", "clock", seconds=-7200)
    assert list(wrong(examined(settings))) == ["clock"]
    assert "7200 s ahead" in check_clock(7200).says


# The data folder.


def spoil_mode(home: Path) -> None:
    home.chmod(0o755)


def spoil_file(home: Path) -> None:
    (home / "key").chmod(0o644)


def spoil_with_a_pipe(home: Path) -> None:
    os.mkfifo(home / "pipe")


def spoil_with_a_link(home: Path) -> None:
    home.rename(home.with_name("elsewhere"))
    home.symlink_to(home.with_name("elsewhere"))


def spoil_owner(home: Path) -> None:
    shutil.chown(home / "key", 12345)


SPOILED = [
    (spoil_mode, "mode 755", "chmod 700"),
    (spoil_file, "mode 644", "chmod 600"),
    (spoil_with_a_pipe, "not a regular file", "remove"),
    (spoil_with_a_link, "is a link", "CODEX_ONBOARDING_HOME"),
]


@pytest.mark.parametrize(("spoil", "says", "step"), SPOILED, ids=[row[0].__name__ for row in SPOILED])
def test_a_folder_that_others_may_reach_is_told(
    settings: Settings, spoil: Callable[[Path], None], says: str, step: str
) -> None:
    """trust.md, section 1: files readable by others."""
    assert wrong(examined(settings)) == {}
    spoil(settings.home)
    found = check_folder(settings.home)
    assert (found.ok, says in found.says, step in found.next_step) == (False, True, True), found


@pytest.mark.skipif("os.geteuid() != 0", reason="only root can give a file away")
def test_a_file_of_another_user_is_told(settings: Settings) -> None:
    examined(settings)
    spoil_owner(settings.home)
    assert "another user" in check_folder(settings.home).says


@pytest.mark.parametrize("place", ["file", "file/home"])
def test_a_folder_that_cannot_be_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    found = check_folder(tmp_path / place)
    assert not found.ok and str(tmp_path / place) in found.says and found.next_step


def test_a_disk_that_is_almost_full_is_told(tmp_path: Path) -> None:
    assert check_folder(tmp_path / "home").ok
    found = check_folder(tmp_path / "home", space_needed=2**62)
    assert (found.ok, "almost full" in found.says) == (False, True)


# Key and database.


def test_the_keys_source_is_told(settings: Settings) -> None:
    assert "the key file" in examined(settings)["key"].says


def test_a_key_that_does_not_fit_is_told(settings: Settings) -> None:
    examined(settings)
    (settings.home / "key").unlink()
    found = examined(settings)
    assert list(wrong(found)) == ["key"]
    assert "restore" in found["key"].next_step


def test_a_broken_key_file_is_told(settings: Settings) -> None:
    examined(settings)
    (settings.home / "key").write_text("")
    assert "no usable key" in wrong(examined(settings))["key"]


def test_a_file_that_is_no_database_is_told(settings: Settings) -> None:
    examined(settings)
    (settings.home / DATABASE_FILE).write_bytes(b"a letter to my grandmother\n" * 200)
    assert "not a database" in wrong(examined(settings))["database"]


def test_a_newer_schema_is_told(settings: Settings) -> None:
    examined(settings)
    with sqlite3.connect(settings.home / DATABASE_FILE) as connection:
        connection.execute("INSERT INTO migrations VALUES (99, 'from the future')")
    connection.close()
    found = examined(settings)
    assert "schema 99" in wrong(found)["database"]
    assert "Update" in found["database"].next_step


def test_a_damaged_database_is_told(settings: Settings) -> None:
    examined(settings)
    with sqlite3.connect(settings.home / DATABASE_FILE) as connection:
        rows = [(f"owner {n}", 1, "idle", 0, b"x" * 900) for n in range(200)]
        connection.executemany("INSERT INTO sessions (owner,version,state,touched_at,sealed) VALUES (?,?,?,?,?)", rows)
    connection.close()  # and with the last one the log goes into the file
    path = settings.home / DATABASE_FILE
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\x7f" * 4096
    path.write_bytes(bytes(content))
    assert list(wrong(examined(settings))) == ["database"]


def test_records_that_were_set_aside_are_counted(settings: Settings) -> None:
    examined(settings)
    path = settings.home / DATABASE_FILE
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO set_aside (place, touched_at, sealed) VALUES ('x', 0, x'00')")
    connection.close()
    found = examined(settings)
    assert (wrong(found), "1 damaged records" in found["database"].says) == ({}, True)


def test_a_running_skill_is_not_disturbed(settings: Settings) -> None:
    async def main() -> list[Finding]:
        store = SqlStore(settings)
        await store.read(Owner("", "", "ana"))
        found = await examine(settings, now)
        await store.read(Owner("", "", "ana"))
        await store.close()
        return found

    assert all(finding.ok for finding in asyncio.run(main()))
