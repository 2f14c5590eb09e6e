"""Where things are: what the site is made of, and what making it leaves behind (none of it is kept by git)."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS, FEATURES = ROOT / "docs", ROOT / "features"
SITE = ROOT / "site"
WORK = ROOT / ".docs"
SOURCE, REPORT, PICTURES = WORK / "source", WORK / "features.json", WORK / "pictures"
