"""Then: what was asked of provider and store, and what is left."""

from pytest_bdd import parsers, then

from skill.testing.stage import Stage

TIMES = {"never": 0, "once": 1, "twice": 2}


@then(parsers.re(r"the (?P<whom>provider|store) was asked nothing$"))
def asked_nothing(stage: Stage, whom: str) -> None:
    assert (stage.asked() if whom == "provider" else stage.store_asked) == 0


@then(parsers.re(r"the (?:provider|host's tool) was asked to (?P<endpoint>\w+) (?P<times>once|twice|never|\d+ times)$"))
def provider_asked(stage: Stage, endpoint: str, times: str) -> None:
    assert stage.asked(endpoint) == (TIMES[times] if times in TIMES else int(times.removesuffix(" times")))


@then(parsers.re(r"(?P<number>\d+) logins? (?:is|are) alive at the provider$"))
def logins_alive(stage: Stage, number: str) -> None:
    assert stage.provider.live_tokens().refresh == int(number)


@then(parsers.parse('"{words}" is nowhere to be found'))
def nowhere(stage: Stage, words: str) -> None:
    """Not said, logged, shown by a repr or stored."""
    assert stage.traces(words) == []


@then("no secret got out")
def no_secret_got_out(stage: Stage) -> None:
    """Said again where it is the point; the `stage` fixture checks it after every scenario."""
    assert stage.provider.secrets()
    assert stage.leaks() == []
