"""Everything that can go wrong on the provider's side, under stable names (protocol, section 14)."""

from . import anywhere, backend, connection, signing_in
from .queue import Fault, Faults
from .switch import Case, Switch, Table

TABLE = Table()
for _module in (anywhere, connection, signing_in, backend):
    _module.register(TABLE)


def describe() -> str:
    """The table of all faults, for `--help` and the documentation."""
    return TABLE.as_text()


__all__ = ["TABLE", "Case", "Fault", "Faults", "Switch", "Table", "describe"]
