"""What time, the network and the provider do."""

from datetime import timedelta

import yaml
from pytest_bdd import parsers, step, when

from skill.testing.line import Mishap
from skill.testing.stage import Stage

MISHAPS: dict[str, Mishap] = {"is held back": "held back", "never leaves": "unreachable", "ends in a crash": "crash"}


@step(parsers.re(r"(?P<number>\d+) (?P<unit>second|minute|hour|day)s? pass(?:es)?$"))
def time_passes(stage: Stage, number: str, unit: str) -> None:
    stage.clock.advance(timedelta(**{f"{unit}s": int(number)}))


@step("the skill is restarted")
def restarted(stage: Stage) -> None:
    stage.stop()


@step(
    parsers.re(r"the provider answers the next (?P<endpoint>\w+) with \"(?P<name>[^\"]+)\"(?: \((?P<options>.*)\))?$")
)
def provider_fault(stage: Stage, endpoint: str, name: str, options: str | None) -> None:
    """A fault of the local provider's table; the options are YAML."""
    stage.provider.fault(endpoint, name, **yaml.safe_load(f"{{{options or ''}}}"))


@step(parsers.re(r"the next (?P<endpoint>\w+) (?P<mishap>is held back|never leaves|ends in a crash)$"))
def mishap(stage: Stage, endpoint: str, mishap: str) -> None:
    stage.line.next(endpoint, MISHAPS[mishap])


@when("the answer that was held back arrives")
def released(stage: Stage) -> None:
    stage.line.release()
    stage.wait()


@when("whoever waited is answered")
def waited(stage: Stage) -> None:
    stage.wait()


@step(parsers.re(r"the provider (?P<does>ends|invalidates) the login of \"(?P<account>[^\"]+)\"$"))
def login_breaks(stage: Stage, does: str, account: str) -> None:
    """Ended, no refresh helps; invalidated, the next call answers 401 and a refresh helps."""
    broken = stage.provider.kill_session if does == "ends" else stage.provider.revoke_access
    broken(account)
