"""Sphinx's settings. The site opens from a file and fetches nothing from anywhere."""

from skill import __version__

project = "chatgpt-codex-onboarding"
version = release = __version__
author = "The chatgpt-codex-onboarding authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]

myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline", "colon_fence"]
smartquotes = False  # what people and programs say stays as it is
default_role = "code"  # docstrings write `names` with single backticks
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90

html_theme = "furo"
html_title = "Codex onboarding"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6b4f", "color-brand-content": "#0b6b4f"},
    "dark_css_variables": {"color-brand-primary": "#5fd0a6", "color-brand-content": "#5fd0a6"},
}
pygments_dark_style = "github-dark"
