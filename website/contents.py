"""The order of the pages. Each page of the site stands here, or the site isn't built."""

from website.markdown import block

CONTENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Begin", ("tutorial",)),
    (
        "How to",
        (
            "how-to/embed",
            "how-to/phrase",
            "how-to/test-your-bot",
            "how-to/postgres",
            "how-to/keys",
            "how-to/forget",
            "how-to/report",
        ),
    ),
    ("In your runtime", tuple(f"runtimes/{name}" for name in ("slack", "telegram", "hermes", "mcp", "http"))),
    ("Why it is so", ("explanation/rules", "explanation/understanding", "explanation/threats")),
    ("Running it", ("scaling", "observability")),
    ("What is promised", ("promise/index",)),
    (
        "Reference",
        tuple(
            f"reference/{name}"
            for name in (
                *("cli", "settings", "api", "tool", "agents", "machine", "texts"),
                *("lexicon", "scripts", "steps", "faults"),
            )
        ),
    ),
    ("The project", ("changelog", "contributing")),
)


def listing() -> str:
    """The contents as Sphinx wants them, at the end of the first page."""
    return "\n".join(
        block("{toctree}", "\n".join([":hidden:", f":caption: {caption}", "", *pages])) for caption, pages in CONTENTS
    )
