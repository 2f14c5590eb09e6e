"""Sphinx's settings. The site opens from a file and fetches nothing from anywhere."""

from skill import __version__

project = "chatgpt-codex-onboarding"
version = release = __version__
author = "The chatgpt-codex-onboarding authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]

myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline", "deflist"]
smartquotes = False  # what people and programs say stays as it is
default_role = "code"  # docstrings write `names` with single backticks
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90


def colours(brand: str, **results: str) -> dict[str, str]:
    """The theme's variables, and ink and ground of our own for each result of a scenario."""
    ours = {
        f"{name}-{part}": value
        for name, pair in results.items()
        for part, value in zip(PARTS, pair.split(), strict=True)
    }
    return {"color-brand-primary": brand, "color-brand-content": brand, **ours}


PARTS = ("ink", "ground")

html_theme = "furo"
html_title = "Codex onboarding"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": colours(
        "#0b6b4f", passed="#0b6b4f #e6f2ec", failed="#a3211b #fdeceb", not_run="#7a4a00 #fdf3dc"
    ),
    "dark_css_variables": colours(
        "#5fd0a6", passed="#5fd0a6 #1b2f27", failed="#ffb0aa #331a19", not_run="#f3d08a #2c2515"
    ),
}
pygments_dark_style = "github-dark"
