"""How much code there is: lines of Python without blanks, comments and docstrings, by package."""

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
_EMPTY = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(source: str) -> int:
    """Lines that hold a token of code."""
    words = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            words |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _EMPTY
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - words)


def main() -> None:
    """Print the figures."""
    sizes: Counter[str] = Counter()
    for path in [*(ROOT / "intents").rglob("*.py"), *(ROOT / "skill").rglob("*.py")]:
        within = path.relative_to(ROOT).parts
        sizes["/".join(within[:2]) if len(within) > 2 else within[0]] += lines_of_code(path.read_text("utf-8"))
    print("lines of code: " + ", ".join(f"{name} {size}" for name, size in sorted(sizes.items())))
    outside = ("skill/cli", "skill/runtimes", "skill/simulator", "skill/testing")
    core = sum(size for name, size in sizes.items() if name not in outside)
    print(f"  without command, runtimes, local provider and test kit: {core}")


if __name__ == "__main__":
    main()
