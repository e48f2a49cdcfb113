"""Check the prose of pages and docstrings with proselint, and for repeated words.

  python -m tools.lint.prose [FILE...]

Without FILE: README, CHANGELOG, docs/, the notes of the recipes and the docstrings of ctcalign. Code, links and tables
are not prose. The rules and their reasons are in `prose.toml`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proselint.checks import __register__
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
RULES = tomllib.loads((Path(__file__).parent / "prose.toml").read_text(encoding="utf-8"))
# The rule of a part of a check comes before that of the whole.
CHECKS = dict(sorted(RULES["checks"].items(), key=lambda rule: -rule[0].count(".")))
CODE = re.compile(r"^ *```.*?^ *```$|`[^`]+`|\]\([^)]*\)|<!--.*?-->|https?://\S+|\$\$.*?\$\$|\$[^$\n]+\$", re.M | re.S)
TABLE = re.compile(r"^ *\|.*$|^(?: {4}|\t).*$", re.M)
EXAMPLE = re.compile(r"^ *>>> .*(?:\n(?! *$).*)*", re.M)
# A word and the one after it, in the same paragraph.
NEIGHBOURS = re.compile(r"\b([A-Za-z]+)(?=[ \t]*(?:[ \t]|\n)[ \t]*([a-z]+)\b)")


def blank(match: re.Match[str]) -> str:
    """Something that is no prose, as blanks or inside of a line as dashes, so that places and neighbours stay."""
    return re.sub(r"[^\n]", " " if match[0].lstrip().startswith(("```", "|", ">>>")) else "_", match[0])


def prose_of_page(text: str) -> str:
    """A page without code, links, comments, formulas and tables; places stay."""
    return TABLE.sub(blank, CODE.sub(blank, text))


def prose_of_docstrings(source: str) -> str:
    """The docstrings of a file at their lines, without examples; everything else is blank."""
    lines = [""] * (source.count("\n") + 2)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                text = EXAMPLE.sub(blank, CODE.sub(blank, first.value.value))
                for number, line in enumerate(text.splitlines(), first.value.lineno - 1):
                    lines[number] = line.strip()
    return "\n".join(lines)


def faults(prose: str) -> Iterator[tuple[int, str]]:
    """Number of the line and message of each fault in a text."""
    if not prose.strip():
        return
    for result in LintFile("prose", prose).lint({"checks": CHECKS, "max_errors": 1000}):
        yield result.pos[0], f"{result.check_result.check_path}: {result.check_result.message}"
    for match in NEIGHBOURS.finditer(prose):
        if match[1].lower() == match[2] and match[2] not in RULES["repeated"]["allowed"]:
            yield prose.count("\n", 0, match.start()) + 1, f"the word '{match[1]}' stands twice"


def faults_of(file: Path) -> list[str]:
    """The faults of a page or of the docstrings of a Python file, `FILE:LINE: MESSAGE` each."""
    text = file.read_text(encoding="utf-8")
    prose = prose_of_page(text) if file.suffix == ".md" else prose_of_docstrings(text)
    return [f"{file}:{line}: {message}" for line, message in faults(prose)]


def files() -> list[Path]:
    """Everything that is checked."""
    pages = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "egs").rglob("README.md"),
    ]
    return sorted([*pages, *(ROOT / "ctcalign").rglob("*.py")])


def register() -> None:
    """Hand the checks to proselint; its registry is one for the process."""
    if not checks():
        CheckRegistry().register_many(__register__)


def checks() -> list[Any]:
    """The checks that are registered."""
    return list(CheckRegistry().checks)


def main() -> None:
    register()
    given = [Path(name) for name in sys.argv[1:]]
    found = [fault for file in given or files() for fault in faults_of(file)]
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
