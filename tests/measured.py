"""Lines and branches that the tests reach, by package; fails where either is below the floor.

python -m coverage json -o - -q | python -m tests.measured
"""

import json
import sys
from collections import Counter
from typing import Any

FLOOR = 0.95
KINDS = {"lines": ("covered_lines", "num_statements"), "branches": ("covered_branches", "num_branches")}


def shares(report: dict[str, Any]) -> dict[tuple[str, str], float]:
    """(package, lines or branches) -> the share that is reached."""
    sums: dict[str, Counter[str]] = {}
    for path, file in report["files"].items():
        package = path.replace("\\", "/").partition("/")[0]
        sums.setdefault(package, Counter()).update(
            {name: file["summary"].get(name, 0) for name in sum(KINDS.values(), ())}
        )
    return {
        (package, kind): counted[reached] / counted[of] if counted[of] else 1.0
        for package, counted in sorted(sums.items())
        for kind, (reached, of) in KINDS.items()
    }


def main() -> int:
    """The command."""
    found = shares(json.load(sys.stdin))
    for (package, kind), share in found.items():
        print(f"{share:7.2%}  {kind:8}  {package}")
    return int(not found or min(found.values()) < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
