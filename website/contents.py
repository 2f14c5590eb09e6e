"""The order of the pages, some under a shorter title. Each stands here, or the site isn't built."""

from website.markdown import block

CONTENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Begin", ("tutorial",)),
    (
        "How to",
        (
            "how-to/embed",
            "how-to/agents",
            "how-to/phrase",
            "how-to/test-your-bot",
            "how-to/postgres",
            "how-to/keys",
            "how-to/forget",
            "how-to/report",
        ),
    ),
    (
        "In your runtime",
        tuple(f"runtimes/{name}" for name in ("slack", "telegram", "hermes", "openclaw", "mcp", "agents", "http")),
    ),
    ("Why it is so", ("explanation/rules", "explanation/understanding", "explanation/threats")),
    ("Running it", ("scaling", "observability")),
    ("What is promised", ("promise/index",)),
    (
        "Reference",
        (
            *("reference/cli", "reference/settings", "reference/api", "reference/tool"),
            "The document for agents <reference/agents>",
            "给智能体的文档 <reference/agents-zh>",
            *("reference/machine", "reference/texts"),
            "The lexicon <reference/lexicon>",
            "Scripts <reference/scripts>",
            *("reference/steps", "reference/provider", "reference/faults"),
        ),
    ),
    ("The project", ("changelog", "contributing", "security")),
)


def listing() -> str:
    """The contents as Sphinx wants them, at the end of the first page."""
    return "\n".join(
        block("{toctree}", "\n".join([":hidden:", f":caption: {caption}", "", *pages])) for caption, pages in CONTENTS
    )
