"""What several commands share: lines for the user on stderr, and progress where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import click

MOST_WARNINGS = 8


def note(text: str) -> None:
    """One line of information on stderr."""
    click.echo(f"ctcalign: {text}", err=True)


def warn(messages: Iterable[str]) -> None:
    """Each warning as one line on stderr; repeated ones once, and a long list is cut with its number."""
    unique = list(dict.fromkeys(" ".join(message.split()) for message in messages))
    for message in unique[:MOST_WARNINGS]:
        click.echo(f"ctcalign: warning: {message}", err=True)
    if len(unique) > MOST_WARNINGS:
        click.echo(f"ctcalign: warning: and {len(unique) - MOST_WARNINGS} more; the JSON output holds all", err=True)


class Update(Protocol):
    def __call__(self, done: float, total: float | None = None) -> None: ...


def _unseen(done: float, total: float | None = None) -> None:
    """Nobody watches."""


@contextmanager
def progress(label: str, enabled: bool = True) -> Iterator[Update]:
    """Yield `update(done, total)`; a bar on stderr when that is a terminal, nothing at all when it is not.

    `done` and `total` share any unit (seconds of audio, cues); `total` may be None while it is not known.
    """
    if not (enabled and sys.stderr.isatty()):
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def update(done: float, total: float | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield update
