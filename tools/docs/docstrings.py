"""How docstrings of this project are read for the reference: an extension of griffe.

They are in Google's style, with liberties that griffe does not know: several entries on a line, three spaces apart
(`beta: > 0.   alpha: >= 0.`), one description for several names (`first, second: ...`), a text in place of entries
(`Args: those of total_score`), lines `Source: ...`, and examples that are indented as far as the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):\s*(.*)$")
ENTRY = re.compile(r"(?<=\S)  +(?=[A-Za-z_*][\w, ]*: )")
NAMED = re.compile(r"^ {4}([\w*.]+(?:, [\w*.]+)*): (.*)$")
SOURCE = re.compile(r"^Source: ", re.MULTILINE)
WORDS = {"Args": "Arguments", "Raises": "Errors"}


def tidy(text: str) -> str:
    """A docstring as griffe's parser of Google's style expects it."""
    lines: list[str] = []
    section: str | None = None
    example = False
    for line in text.splitlines():
        if head := SECTION.match(line):
            section, rest = head[1], head[2]
            _end_paragraph(lines)
            if rest and section not in ("Returns", "Yields") and not NAMED.match(f"    {rest}"):
                lines += [f"{WORDS.get(section, section)}: {rest}"]
                continue
            lines += [f"{section}:", *(list(_entries(f"    {rest}", section)) if rest else [])]
        elif line.lstrip().startswith(">>>") and not example:
            _end_paragraph(lines)
            lines += ["```pycon", line.strip()]
            section, example = None, True
        elif example:
            example = bool(line.strip())
            lines += [line[4:] if line.startswith("    ") else line] if example else ["```", ""]
        elif section and line.strip() and not line.startswith(" "):
            _end_paragraph(lines)
            section = None
            lines.append(line)
        elif section and (NAMED.match(line) or re.match(r" {4}\S", line)):
            if (
                lines and not lines[-1].startswith(" ") and lines[-1] != f"{section}:"
            ):  # after a text in place of entries
                lines += ["", f"{section}:"]
            lines += _entries(line, section)
        else:
            lines.append(line)
    if example:
        lines.append("```")
    return SOURCE.sub("**Source:** ", "\n".join(lines))


def _end_paragraph(lines: list[str]) -> None:
    if lines and lines[-1].strip():
        lines.append("")


def _entries(line: str, section: str) -> Iterator[str]:
    """The entries of a line, one each."""
    for part in ENTRY.split(line):
        entry = NAMED.match(f"    {part.strip()}")
        if entry and section in ("Args", "Attributes", "Raises"):
            yield from (f"    {name}: {entry[2]}" for name in entry[1].split(", "))
        else:
            yield f"    {part.strip()}"


class Docstrings(griffe.Extension):
    """Tidies every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Called by griffe for each module, class, function and attribute that it has loaded."""
        if obj.docstring is not None:
            obj.docstring.value = tidy(obj.docstring.value)
