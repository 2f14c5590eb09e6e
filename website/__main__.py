"""`python -m website`: run the features, photograph the chat page, build the site. Ends as the builder does.

`--last` takes the features' result and the pictures of the last time, where there are any.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from website import pictures
from website import source as sources
from website.places import PICTURES, REPORT, ROOT, SITE, SOURCE, WORK


def main() -> int:
    """Build the site; a warning is a failure."""
    options = argparse.ArgumentParser(prog="python -m website")
    options.add_argument("--last", action="store_true", help="the features' last result and the last pictures")
    last = options.parse_args().last
    WORK.mkdir(exist_ok=True)
    if not (last and REPORT.exists()):
        run_the_features()
    if not (last and PICTURES.exists()):
        pictures.take(PICTURES)
    sources.write(SOURCE, REPORT, PICTURES)
    ended = build(SOURCE, SITE)
    if ended == 0:
        sys.stdout.write(f"The site is in {SITE.relative_to(ROOT)}/index.html\n")
    return ended


def run_the_features() -> None:
    """Their result goes into the report whatever it is; the site says what failed."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/bdd", f"--cucumberjson={REPORT}"]
    subprocess.run(command, cwd=ROOT, check=False)


def build(source: Path, site: Path) -> int:
    """Turn the source into HTML, afresh: what was built before may hide a warning."""
    strict = ["--fail-on-warning", "--keep-going", "--fresh-env", "--write-all", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *strict, "--conf-dir", "website", str(source), str(site)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
