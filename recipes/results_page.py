"""Parts of every RESULTS.md: head, sections, tables, and how the results were produced (machine, versions, commit)."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path


def machine(packages: Sequence[str] = ("torch", "pytorch-lightning", "lhotse", "numpy")) -> str:
    """Processor, cores, Python and the versions of packages."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def commit() -> str:
    """The commit that is checked out, marked when tracked files have local changes."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with local changes" if changed else "")


def page_head(title: str, notes: Path | None, *paragraphs: str) -> list[str]:
    """Title, the text of a notes file, then paragraphs. Each block ends with an empty line."""
    texts = [f"# {title}", *([notes.read_text(encoding="utf-8").strip()] if notes else []), *paragraphs]
    return [line for text in texts for line in (text, "")]


def section(heading: str, *blocks: Sequence[str]) -> list[str]:
    """A heading and blocks of lines; each ends with an empty line."""
    return [line for block in ([f"## {heading}"], *blocks) if block for line in (*block, "")]


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def picture(file: Path, page: Path, caption: str) -> str:
    """The Markdown of a picture, its path relative to the page."""
    return f"![{caption}]({os.path.relpath(file, page.parent)})"
