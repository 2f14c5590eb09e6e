"""/docs: the same description for people. One document, its style inside, no script and nothing from elsewhere."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse

STYLE = Path(__file__).with_name("openapi.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(document: dict[str, Any]) -> HTMLResponse:
    """The description as HTML."""
    info, schemas = document["info"], document["components"]["schemas"]
    paths = "".join(
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    forms = "".join(_schema(name, schema) for name, schema in schemas.items())
    html = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])} · HTTP</title><style>{STYLE}</style></head>
<body><header><h1>{escape(info["title"])} <small>{escape(info["version"])}</small></h1>
<p>{escape(info["summary"])}</p><p>{_marked(info["description"])}</p>
<p><a href="/openapi.json">openapi.json</a></p></header>
<main><h2>Paths</h2>{paths}<h2>Forms</h2>{forms}</main></body></html>
"""
    return HTMLResponse(html, headers={"content-security-policy": POLICY, "referrer-policy": "no-referrer"})


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    takes = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    rows = "".join(
        f"<tr><th scope=row>{escape(status)}</th><td>{_marked(answer['description'])}</td><td>{_of(answer)}</td></tr>"
        for status, answer in sorted(operation["responses"].items())
    )
    headers = "".join(f"<li><code>{escape(row['name'])}</code> e.g. <code>{escape(row['example'])}</code></li>"
                      for row in operation.get("parameters", []))  # fmt: skip
    return f"""<section><h3><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code></h3>
<p>{escape(operation["summary"])}{f". Takes {_type(takes)}" if takes else ""}</p>
{f"<details><summary>Headers</summary><ul>{headers}</ul></details>" if headers else ""}
<details><summary>Answers</summary><table>{rows}</table></details></section>"""


def _of(answer: dict[str, Any]) -> str:
    return ", ".join(
        _type(content["schema"]) if "schema" in content else escape(kind) for kind, content in answer["content"].items()
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    wanted = schema.get("required", [])
    rows = "".join(
        f"<tr><th scope=row><code>{escape(field)}</code>{' *' if field in wanted else ''}</th>"
        f"<td>{_type(form)}</td><td>{_marked(form.get('description', ''))}</td></tr>"
        for field, form in schema.get("properties", {}).items()
    )
    values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", []))
    about = _marked(schema.get("description", "").split("\n\n")[0])
    head = f'<section id="{escape(name)}"><h3>{escape(name)}</h3>'
    return f"{head}<p>{about}</p><p>{values}</p><table>{rows}</table></section>"


def _type(schema: dict[str, Any]) -> str:
    """A link to a form, or a word for a type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(map(_type, several))
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(schema.get("format") or schema.get("type") or "anything")


def _marked(text: str) -> str:
    """Words between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
