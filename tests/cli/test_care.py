"""`doctor`, `keys` and `credentials`, as a person runs them."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from skill import Settings
from skill.message import Owner
from skill.oauth import wire
from skill.oauth.credential import Credential
from skill.simulator import LocalProvider
from skill.stores.sql import SqlStore

from .conftest import run

KEY_A, KEY_B = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def connect(environment: dict[str, str], provider: LocalProvider) -> None:
    """Ana's login, as a sign-in would have stored it."""
    tokens = wire.Tokens.model_validate(provider.issue())
    assert tokens.access_token and tokens.refresh_token
    login = Credential(tokens.access_token, tokens.refresh_token).rotated(tokens, datetime.now(UTC))

    async def main() -> None:
        store = SqlStore(Settings(home=Path(environment["CODEX_ONBOARDING_HOME"])))
        await store.transact(Owner("", "", "ana"), lambda record: (replace(record, credential=login), None))
        await store.close()

    asyncio.run(main())


def status(environment: dict[str, str]) -> dict[str, object]:
    answer: dict[str, object] = json.loads(run(environment, "tool", "status", "--user", "ana").stdout)
    return answer


# doctor


def test_doctor_says_all_is_well_in_lines_and_in_json(pointed: dict[str, str], provider: LocalProvider) -> None:
    done = run(pointed, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("ok ") for line in done.stdout.splitlines())
    rows = [json.loads(line) for line in run(pointed, "doctor", "--json").stdout.splitlines()]
    assert len(rows) == len(done.stdout.splitlines())
    assert all(row["ok"] and set(row) == {"name", "ok", "says", "next_step"} for row in rows)
    assert provider.count("start") == 0


def test_doctor_ends_with_1_and_names_the_next_step(pointed: dict[str, str], provider: LocalProvider) -> None:
    provider.fault("models", "403-html", times=None)
    done = run(pointed, "doctor")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("wrong ")]
    assert (done.returncode, "blocks the way" in line, "another network" in line) == (1, True, True)
    assert run(pointed, "doctor", "--json").returncode == 1


# keys rotate


def test_keys_rotate_exchanges_the_key_file(pointed: dict[str, str], provider: LocalProvider, tmp_path: Path) -> None:
    connect(pointed, provider)
    before = (tmp_path / "home" / "key").read_bytes()
    done = run(pointed, "keys", "rotate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "records are sealed with the new key, which comes from the file" in done.stdout
    assert (tmp_path / "home" / "key").read_bytes() != before
    answer = status(pointed)
    assert (answer["email"], answer["sealed_by"]) == ("ana@example.test", "file")


def test_keys_rotate_takes_the_new_setting(pointed: dict[str, str]) -> None:
    old = pointed | {"CODEX_ONBOARDING_KEY": KEY_A}
    both, new = old | {"CODEX_ONBOARDING_NEW_KEY": KEY_B}, pointed | {"CODEX_ONBOARDING_KEY": KEY_B}
    assert status(old)["sealed_by"] == "setting"
    refused = run(old, "keys", "rotate")
    assert (refused.returncode, "CODEX_ONBOARDING_NEW_KEY" in refused.stderr) == (2, True)
    done = run(both, "keys", "rotate")
    assert (done.returncode, "CODEX_ONBOARDING_KEY" in done.stdout) == (0, True)
    assert KEY_B not in done.stdout + done.stderr
    assert status(new)["ok"] and status(both)["ok"]
    refused = run(old, "tool", "status")
    assert (refused.returncode, "doesn't fit" in refused.stderr) == (2, True)


def test_a_new_key_that_is_none_is_refused_without_repeating_it(pointed: dict[str, str]) -> None:
    done = run(pointed | {"CODEX_ONBOARDING_NEW_KEY": "hunter2"}, "keys", "rotate")
    assert (done.returncode, "CODEX_ONBOARDING_NEW_KEY" in done.stderr, "hunter2" in done.stderr) == (2, True, False)


# credentials export


def test_export_moves_the_login_to_codex(pointed: dict[str, str], provider: LocalProvider, tmp_path: Path) -> None:
    connect(pointed, provider)
    path = tmp_path / "codex" / "auth.json"
    arguments = ("credentials", "export", "--to-codex", "--user", "ana", "--codex-home", str(path.parent))
    done = run(pointed, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1 and str(path) in done.stdout and "ana@example.test" in done.stdout
    written = json.loads(path.read_text())
    assert written["tokens"]["refresh_token"] not in done.stdout
    answer = status(pointed)
    assert (answer["connected"], answer["handed_to"]) == (False, "Codex")
    again = run(pointed, *arguments)
    assert (again.returncode, "no ChatGPT account is connected" in again.stderr) == (1, True)
    assert json.loads(path.read_text()) == written
    assert provider.count("revoke") == 0


def test_export_obeys_codex_home(pointed: dict[str, str], provider: LocalProvider, tmp_path: Path) -> None:
    connect(pointed, provider)
    environment = pointed | {"CODEX_HOME": str(tmp_path / "theirs")}
    assert run(environment, "credentials", "export", "--to-codex", "--user", "ana").returncode == 0
    assert (tmp_path / "theirs" / "auth.json").stat().st_mode & 0o777 == 0o600


def test_export_overwrites_another_login_only_when_told_to(
    pointed: dict[str, str], provider: LocalProvider, tmp_path: Path
) -> None:
    connect(pointed, provider)
    (tmp_path / "auth.json").write_text('{"tokens": {"account_id": "acc-other"}}')
    arguments = ("credentials", "export", "--to-codex", "--user", "ana", "--codex-home", str(tmp_path))
    refused = run(pointed, *arguments)
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    assert status(pointed)["connected"]
    assert run(pointed, *arguments, "--replace").returncode == 0
    assert not status(pointed)["connected"]


def test_export_says_where_to_or_does_nothing(pointed: dict[str, str], tmp_path: Path) -> None:
    done = run(pointed, "credentials", "export", "--codex-home", str(tmp_path / "codex"))
    assert (done.returncode, "--to-codex" in done.stderr) == (2, True)
    assert not (tmp_path / "codex").exists()
