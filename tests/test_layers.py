"""Imports point one way (style.md, "The shape")."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SURFACES = ("skill.cli", "skill.runtimes", "skill.simulator")
ABOVE_THE_CORE = ("skill.oauth", "skill.stores", "skill.turns", "skill.onboarding", *SURFACES)
OUTER = ("skill.simulator", "skill.runtimes", "skill.cli", "skill.testing", "skill.pytest_plugin")  # need an extra
OF_THE_EXTRAS = (
    "starlette",
    "uvicorn",
    "typer",
    "rich",
    "standardwebhooks",
    "slack_bolt",
    "slack_sdk",
    "aiogram",
    "aiohttp",
    "mcp",
)
RUNTIMES_USE = ("skill.message", "skill.onboarding", "skill.runtimes", "skill.tasks", "skill.settings", "skill.errors")
# Where a runtime offers the tool, says a word of its own, may do no I/O in its hook, or takes a login over.
TOOL_RUNTIMES_USE = (
    *("skill.oauth.tool", "skill.core.replies", "skill.core.states", "intents", "skill.handover", "skill.secret"),
    *RUNTIMES_USE,
)
# The service is a process around the hook: it answers for storage too, and for calls of models. What decides, and
# what speaks to provider or database, it reaches through the hook as everybody else.
PROCESSES = ("skill.runtimes.service", "skill.runtimes.page")
BEHIND_THE_HOOK = (
    "intents",
    "sqlalchemy",
    "skill.turns",
    "skill.speech",
    "skill.oauth.provider",
    "skill.oauth.wire",
    "skill.oauth.builtin",
    "skill.stores.sql",
    "skill.testing",
    "skill.cli",
)


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imports(name: str, path: Path) -> set[str]:
    """Every module that the file names in an import, wherever in the file that stands."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def of(names: set[str], *packages: str) -> set[str]:
    """Those that lie in one of the packages."""
    return {name for name in names if any(f"{name}.".startswith(f"{package}.") for package in packages)}


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("intents", ("skill",)),
        ("skill.core", (*ABOVE_THE_CORE, "httpx", "sqlalchemy", "os", "asyncio", "logging", "intents")),
        ("skill.stores", ("skill.onboarding", "skill.turns", *SURFACES, "httpx")),
        ("skill.oauth", ("skill.onboarding", "skill.turns", *SURFACES, "sqlalchemy", "intents")),
        ("skill.turns", ("skill.onboarding", *SURFACES, "httpx", "sqlalchemy", "asyncio")),
    ],
)
def test_a_package_knows_nothing_of_those_above_it(package: str, never: tuple[str, ...]) -> None:
    found = {name: of(imports(name, path), *never) for name, path in modules(package)}
    assert {name: bad for name, bad in found.items() if bad} == {}


def test_a_runtime_translates_and_decides_nothing() -> None:
    """It knows the hook, what goes in and what comes out; and nobody below knows a runtime."""
    for name, path in modules("skill"):
        found = of(imports(name, path), "skill", "intents", "httpx", "sqlalchemy")
        if of({name}, *PROCESSES):
            assert of(found, *BEHIND_THE_HOOK) == set(), name
        elif of({name}, "skill.runtimes"):
            offers_tool = of({name}, "skill.runtimes.agents", "skill.runtimes.hermes", "skill.runtimes.mcp")
            assert found == of(found, *(TOOL_RUNTIMES_USE if offers_tool else RUNTIMES_USE)), name
        elif not of({name}, "skill.cli"):
            assert of(found, "skill.runtimes") == set(), name


def test_only_the_command_and_the_test_kit_know_the_local_provider() -> None:
    """It is the other side of the wire."""
    for name, path in modules("skill"):
        if not of({name}, *OUTER) or of({name}, "skill.runtimes"):
            assert not of(imports(name, path), "skill.simulator", "skill.testing"), name


def test_the_local_provider_knows_nothing_of_the_skill() -> None:
    """What both sides know stands in the protocol, not in shared code."""
    for name, path in modules("skill.simulator"):
        ours = of(imports(name, path), "skill", "intents")
        assert ours == of(ours, "skill.simulator"), name


@pytest.mark.parametrize("package", ["skill", "intents"])
def test_a_package_is_imported_where_no_extra_is_installed(package: str) -> None:
    """A runtime that embeds the hook installs no web server."""
    missing = f"sys.modules.update(dict.fromkeys({OF_THE_EXTRAS!r}))"  # None: as if it were not installed
    code = f"import sys; {missing}; import {package}; from {package} import *; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert of(set(shown.stdout.split()), *OUTER, "skill.runtimes") == set()


def test_the_pytest_plugin_costs_a_run_that_has_no_use_for_it_nothing() -> None:
    """Whoever has the package installed loads the plugin in every run."""
    code = "import sys, pytest; before = {*sys.modules}; import skill.pytest_plugin; print(*{*sys.modules} - before)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(shown.stdout.split()) == {"skill", "skill.pytest_plugin"}
