"""Output of the commands: notes, warnings and progress on stderr, JSON and tables on stdout."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ctcalign.emission.progress import Progress, ignored

if TYPE_CHECKING:
    from rich.console import Console

MOST_WARNINGS = 8
_CONTROLS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]")


def note(text: str) -> None:
    """One line of information on stderr."""
    click.echo(f"ctcalign: {printable(text)}", err=True)


def printable(text: str) -> str:
    """A text without control characters but line ends and tabs, which may come from a file and command a terminal.

    >>> printable("a" + chr(27) + "[31mb") == "a" + chr(0xFFFD) + "[31mb"
    True
    """
    return _CONTROLS.sub("\ufffd", text)


def warn(messages: Iterable[str]) -> None:
    """Print each distinct warning as one line on stderr; beyond `MOST_WARNINGS` only their number."""
    unique = list(dict.fromkeys(" ".join(printable(message).split()) for message in messages))
    for message in unique[:MOST_WARNINGS]:
        click.echo(f"ctcalign: warning: {message}", err=True)
    if len(unique) > MOST_WARNINGS:
        click.echo(f"ctcalign: warning: and {len(unique) - MOST_WARNINGS} more; the JSON output contains all", err=True)


@contextmanager
def shown_warnings(category: type[Warning]) -> Iterator[None]:
    """Print Python warnings of a category as `warn` does; the command line ignores those of libraries."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=category)
        others = warnings.showwarning

        def show(message: Warning | str, kind: type[Warning], *where: Any) -> None:
            if issubclass(kind, category):
                warn([str(message)])
            else:
                others(message, kind, *where)

        warnings.showwarning = show  # type: ignore[assignment]  # restored by catch_warnings
        yield


def print_json(document: Any, indent: int = 2) -> None:
    """A JSON document on stdout."""
    click.echo(json.dumps(document, indent=indent, ensure_ascii=False))


def table_console(width: int) -> Console:
    """A console on stdout: as wide as the terminal, or `width` characters if stdout is not a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


@contextmanager
def progress_bar(enabled: bool = True) -> Iterator[Progress]:
    """Yield a `Progress` that draws a bar on stderr if that is a terminal, and does nothing otherwise."""
    if not (enabled and sys.stderr.isatty()):
        yield ignored
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(stage: str, done: float, total: float | None) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        yield update
