"""The blocks of code of the pages, and the marker of those that cannot be run by a test."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIALS = "docs/tutorials/"  # run as notebooks, see test_tutorials.py
PAGES = ["README.md", *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md"))]
RECIPES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "egs").rglob("README.md"))
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]*) -->\n+)?^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        page: path of the page below the root.   line: number of its first line, from 1.
        language: the word behind the fence.   text: its content.
        reason: why it is not run (`<!-- not run: REASON -->` above it); None if it is.
    """

    page: str
    line: int
    language: str
    text: str
    reason: str | None

    @property
    def file(self) -> str | None:
        """The file that the block is the content of, by its first line (`# train.yaml`)."""
        match = re.match(r"# ([\w.]+\.\w+)\b", self.text)
        return match[1] if match else None


def blocks_of(page: str, text: str | None = None) -> list[Block]:
    """The blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8") if text is None else text
    return [
        Block(page, text.count("\n", 0, match.start("text")) + 1, match["language"], match["text"], match["reason"])
        for match in BLOCK.finditer(text)
    ]


def commands_of(text: str) -> list[str]:
    """The commands of a block of shell: its lines, those that end in a backslash joined, without comments."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if shlex.split(line, comments=True)]
