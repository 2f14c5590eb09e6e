"""The faults that are set, in the order in which they will happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..log import ENDPOINTS
from .switch import COMMON_OPTIONS, Switch, Table


@dataclass(eq=False)
class Fault:
    """A switch that is on: for so many calls, or until it is cleared (None)."""

    endpoint: str
    switch: Switch
    options: Mapping[str, Any]
    times: int | None = 1

    def as_dict(self) -> dict[str, Any]:
        """For another process."""
        given = {name: value for name, value in self.options.items() if value or name in self.switch.options}
        return {"endpoint": self.endpoint, "name": self.switch.name, "times": self.times, "options": given}


def _check(option: str, value: Any, default: Any) -> None:
    """A wrong type would show only when the fault happens, far from the line that set it."""
    numeric = isinstance(default, int | float) and not isinstance(default, bool)
    wanted = (int, float) if numeric else type(default)
    if default is not None and (not isinstance(value, wanted) or (numeric and isinstance(value, bool))):
        raise ValueError(f"option {option} is like {default!r}, not {value!r}")


class Faults:
    """First set, first used; one fault a call. A fault for one endpoint goes before one for any."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._set: list[Fault] = []

    def set(self, endpoint: str, name: str, times: int | None, options: Mapping[str, Any]) -> Fault:
        """Switch a fault on; unknown names and options are refused with those that exist."""
        if endpoint not in (*ENDPOINTS, "any"):
            raise ValueError(f"no endpoint {endpoint!r}; there are: {', '.join(ENDPOINTS)}, any")
        switch = self._table.find(endpoint, name)
        known = {**COMMON_OPTIONS, **switch.options}
        odd = sorted(set(options) - set(known))
        if odd:
            raise ValueError(f"fault {name!r} has no option {odd[0]!r}; there are: {', '.join(known)}")
        for option, value in options.items():
            _check(option, value, known[option])
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ValueError("times is at least 1, or None for every call until cleared")
        fault = Fault(endpoint, switch, {**known, **options}, times)
        self._set.append(fault)
        return fault

    def take(self, endpoint: str) -> Fault | None:
        """The fault for this call, used up by one."""
        if endpoint not in ENDPOINTS:
            return None
        for wanted in (endpoint, "any"):
            for fault in self._set:
                if fault.endpoint == wanted:
                    self._use(fault)
                    return fault
        return None

    def give_back(self, fault: Fault) -> None:
        """The call was not of the kind that the fault changes: it waits for the next."""
        if fault.times is not None:
            fault.times += 1
            if fault not in self._set:
                self._set.insert(0, fault)

    def clear(self, endpoint: str | None = None) -> None:
        """Switch off everything, or everything of one endpoint."""
        self._set = [f for f in self._set if endpoint not in (None, f.endpoint)]

    def all(self) -> list[Fault]:
        """Those still on."""
        return list(self._set)

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if not fault.times:
                self._set.remove(fault)
