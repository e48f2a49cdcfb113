"""The live table of `ctcalign align-corpus`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ctcalign.corpus.state import State, Watch, unwatched

if TYPE_CHECKING:
    from rich.table import Table

PERIOD = 0.5  # seconds between two pictures


@contextmanager
def live_table(enabled: bool = True) -> Iterator[Watch]:
    """Yield a `Watch` that draws a table on stderr if that is a terminal, and does nothing otherwise."""
    if not (enabled and sys.stderr.isatty()):
        yield unwatched
        return
    from rich.console import Console
    from rich.live import Live

    drawn = 0.0
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:

        def watch(state: State) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > PERIOD:
                drawn = time.monotonic()
                live.update(table_of(state), refresh=True)

        yield watch


def table_of(state: State) -> Table:
    """The table of a state."""
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    left = "?" if state.left is None else str(state.left)
    table.add_row("recordings", f"{state.done} done, {state.failed} failed, {left} left, {state.before} before")
    table.add_row("sound", f"{state.audio / 3600:.2f} h, {state.hours_per_minute:.2f} h per minute")
    table.add_row("time", f"{clock(state.elapsed)}, {clock(state.remaining)} left")
    memory = max(state.memory, default=0)
    table.add_row("workers", f"{state.running} at work, up to {memory / 1e6:.0f} MB each")
    if state.slowest_stage is not None:
        share = state.stages[state.slowest_stage] / max(sum(state.stages.values()), 1e-9)
        table.add_row("slowest stage", f"{state.slowest_stage}, {share:.0%} of the work")
    for reason, count in state.reasons.most_common(3):
        table.add_row("failed", f"{count} x {reason}")
    return table


def clock(seconds: float | None) -> str:
    """Hours, minutes and seconds.

    >>> clock(3725), clock(None)
    ('1:02:05', '?')
    """
    if seconds is None:
        return "?"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
