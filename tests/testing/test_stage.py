"""The kit that teams test their own bots with: what it promises beside what our own tests use daily."""

import os
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from skill.simulator.sign_in import CLIENT_ID
from skill.testing import NOON, Clock, Served, Stage


def test_a_stage_without_a_folder_has_one_of_its_own_and_leaves_none() -> None:
    with Stage() as stage:
        stage.say("Ana", "Sign in with my ChatGPT account")
        folder = stage.folder
        assert folder.is_dir()
    assert not folder.parent.exists()


def test_a_stage_takes_no_setting_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same result on every machine."""
    monkeypatch.setenv("CODEX_ONBOARDING_ANSWERS", "agent")
    monkeypatch.setenv("CODEX_ONBOARDING_ISSUER", "https://elsewhere.example.test")
    with Stage() as stage:
        assert stage.say("Ana", "Sign in with my ChatGPT account") is not None
        assert stage.verification_url == "https://auth.openai.com/codex/device"


def test_a_stage_keeps_its_key_in_its_folder() -> None:
    """Never in the keyring of whoever runs it; and a process on a copy of the folder can read it."""
    with Stage() as stage:
        stage.say("Ana", "Sign in with my ChatGPT account")
        stage.provider.approve(stage.code)
        stage.say("Ana", "done")
        assert stage.call_tool("Ana", "status")["sealed_by"] == "file"


def test_two_stages_share_nothing() -> None:
    with Stage() as one, Stage() as other:
        one.say("Ana", "Sign in with my ChatGPT account")
        assert (one.asked("start"), other.asked("start")) == (1, 0)
        assert other.say("Ana", "done") is None


def test_time_passes_only_when_it_is_told_to() -> None:
    clock = Clock()
    loop = clock.loop()
    try:
        before = loop.time()
        clock.advance(timedelta(hours=1))
        assert clock.now() == NOON + timedelta(hours=1)
        assert loop.time() - before >= 3600
    finally:
        loop.close()


def test_a_stage_can_talk_to_its_provider_over_a_real_port() -> None:
    with Stage() as stage:
        stage.listen()
        reply = stage.say("Ana", "Sign in with my ChatGPT account")
        assert reply and reply.verification_url and reply.verification_url.startswith("http://127.0.0.1:")
        stage.provider.approve(stage.code)
        connected = stage.say("Ana", "done")
        assert connected and connected.state == "connected"


def test_a_stage_finds_words_that_were_said_stored_or_logged(tmp_path: Path) -> None:
    with Stage(tmp_path / "home") as stage:
        stage.say("Ana", "Sign in with my ChatGPT account")
        (stage.folder / "notes.txt").write_text(f"{stage.code} {os.getpid()}")
        assert stage.traces(stage.code) == ["a reply, awaiting_confirm", "the file notes.txt"]
        assert stage.leaks() == []


def test_the_fixture_is_a_provider_that_a_bot_can_be_pointed_at(local_provider: Served) -> None:
    address = f"{local_provider.issuer}/api/accounts/deviceauth/usercode"
    started = httpx.post(address, json={"client_id": CLIENT_ID}, trust_env=False)
    assert started.is_success
    assert local_provider.provider.count("start") == 1
