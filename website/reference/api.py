"""The Python names that others rely on; their signatures and docstrings are read by Sphinx."""

from website.markdown import block

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The hook, the tool and direct calls", ("class skill.Onboarding",)),
    ("A message", ("class skill.Message",)),
    ("A reply", ("class skill.Reply",)),
    ("What can be raised", ("module skill.errors",)),
    ("Understanding", ("function intents.classify", "function intents.read", "class intents.Classification")),
    ("For tests", ("class skill.testing.Stage", "class skill.testing.Clock", "class skill.testing.LocalProvider")),
)
OPTIONS = {"skill.Message": ":undoc-members:", "skill.Reply": ":undoc-members:", "skill.errors": ":no-index:"}


def page() -> str:
    """A heading for each part."""
    parts = (f"## {title}\n\n{block('{eval-rst}', _directives(names))}" for title, names in PARTS)
    return "# Python\n\n" + "\n".join(parts)


def _directives(names: tuple[str, ...]) -> str:
    return "\n\n".join(_directive(*name.split()) for name in names)


def _directive(kind: str, name: str) -> str:
    options = [] if kind == "function" else [":members:", ":exclude-members: model_config"]
    return "\n   ".join([f".. auto{kind}:: {name}", *options, *([OPTIONS[name]] if name in OPTIONS else [])])
