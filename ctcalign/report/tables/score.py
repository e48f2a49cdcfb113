"""Terminal tables of a `Score`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctcalign.metrics.reliability import Detection, ReliabilityStats
from ctcalign.scoring.comparison import TOLERANCES, ErrorStatistics

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ctcalign.scoring.comparison import Comparison
    from ctcalign.scoring.run import Score


def print_score(score: Score, console: Console | None = None) -> None:
    """Print for each level the matches, the errors of starts and ends, skips and confidences, on stdout."""
    from rich.console import Console

    out = console or Console(highlight=False)
    if not out.is_terminal:
        out = Console(file=out.file, width=130, highlight=False)
    for i, comparison in enumerate(score.comparisons):
        if i:
            out.print()
        for line in heading(comparison):
            out.print(line, markup=False)
        if comparison.both is not None:
            out.print(error_table(comparison))
        for line in measure_lines(comparison):
            out.print(line, markup=False)
        if comparison.calibration is not None:
            out.print(reliability_table(comparison.calibration))


def heading(found: Comparison) -> list[str]:
    """The number of items and how they were matched."""
    options = found.options
    line = f"{found.level}s: {found.placed} of {found.spoken} spoken ones placed; matched by {found.matched_by}"
    if options.bounds != "speech":
        line += f", bounds {options.bounds}"
    lines = [line]
    if found.unmatched:
        lines.append(f"  {found.unmatched} {found.level}s of the alignment are not in the reference")
    return lines


def error_table(found: Comparison) -> Table:
    """Rows start, end and both; milliseconds and percentages."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("ms")
    names = ("median", "mean", "P90", "P95", "max", "bias", *(f"<={1000 * t:.0f}" for t in TOLERANCES))
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for name, errors in (("start", found.starts), ("end", found.ends), ("both", found.both)):
        if errors is not None:
            table.add_row(name, *_cells(errors))
    return table


def _cells(errors: ErrorStatistics) -> list[str]:
    sizes = (errors.median, errors.mean, errors.p90, errors.p95, errors.max)
    shares = (f"{100 * errors.fractions[t]:.1f} %" for t in TOLERANCES)
    return [*(f"{1000 * size:.1f}" for size in sizes), f"{1000 * errors.bias:+.1f}", *shares]


def measure_lines(found: Comparison) -> list[str]:
    """One line for each other measure."""
    options, lines = found.options, []
    if found.within is not None:
        lines.append(f"both ends within {options.within:g} s: {100 * found.within:.1f} % of the spoken {found.level}s")
    if found.runaway is not None:
        lines.append(f"runaway (an end more than 1 s off): {100 * found.runaway:.1f} % of the placed {found.level}s")
    if found.ptem is not None:
        ptem = found.ptem
        lines.append(
            f"PTEM, collar {ptem.collar:g} s: start {1000 * ptem.start:.1f}, end {1000 * ptem.end:.1f}, "
            f"both {1000 * ptem.median:.1f}, mean of both {1000 * ptem.mean:.1f} ms"
        )
    if found.skips is not None:
        lines.append(f"skipped as not spoken: {_detected(found.skips, 'is not spoken')}")
    if found.auc is not None:
        lines.append(
            f"AUC of the {found.auc_of} for spoken as written and within {options.within:g} s: {found.auc:.4f}"
        )
    if found.kept is not None:
        lines.append(f"confidence from {options.threshold:g} on: {_detected(found.kept, 'is right')}")
    if found.calibration is not None:
        own = found.calibration
        lines.append(f"calibration: ECE {own.ece:.4f}, Brier {own.brier:.4f}, {own.right} of {own.count} right")
        if found.without_confidence:
            lines.append(f"  {found.without_confidence} {found.level}s without a confidence are not in it")
    return lines


def _detected(found: Detection, truth: str) -> str:
    return (
        f"precision {_fraction(found.precision)}, recall {_fraction(found.recall)} "
        f"({found.true} of {found.true + found.false} correct; in all, {found.true + found.missed} where it {truth})"
    )


def _fraction(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def reliability_table(found: ReliabilityStats) -> Table:
    """The bins that are not empty: mean confidence and fraction right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("confidence", "number", "mean", "right"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.bins:
        if row.count:
            table.add_row(
                f"{row.low:.2f} to {row.high:.2f}", str(row.count), _fraction(row.confidence), _fraction(row.right)
            )
    return table
