"""Picture of a `Score`: histograms of the errors of starts and ends, and the reliability of confidences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctcalign.metrics.reliability import ReliabilityStats
from ctcalign.report.pictures.figure import BLUE, GREY, INK, ORANGE, check_picture, write_picture
from ctcalign.scoring.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ctcalign.scoring.run import Score

SIDE = 0.5  # seconds: larger errors are counted in the outermost bars


def draw_score(score: Score, output: Path, *, overwrite: bool = False) -> None:
    """Write the picture, one row per level.

    Args:
        output: .png, .svg or .pdf.
        overwrite: replace `output` if it exists.
    Raises:
        UsageError: another extension, or `output` exists.   OutputError: it cannot be written.
        MissingPackageError: matplotlib is not installed.
    """
    name = check_picture(output, overwrite)
    write_picture(score_figure(score.comparisons), output, name)


def score_figure(comparisons: list[Comparison]) -> Figure:
    """Histograms of the errors on the left, reliability on the right if there are confidences."""
    from matplotlib.figure import Figure

    columns = 2 if any(found.calibration for found in comparisons) else 1
    figure = Figure(figsize=(6.4 * columns, 3.6 * len(comparisons)), layout="constrained")
    axes = figure.subplots(len(comparisons), columns, squeeze=False)
    for row, found in zip(axes, comparisons, strict=True):
        _draw_errors(row[0], found)
        if columns == 2 and found.calibration is not None:
            _draw_reliability(row[1], found.calibration, found.level)
        elif columns == 2:
            row[1].set_axis_off()
    return figure


def _draw_errors(ax: Axes, found: Comparison) -> None:
    edges = np.linspace(-SIDE, SIDE, 51).tolist()
    for errors, (label, colour) in zip(found.errors, (("start", BLUE), ("end", ORANGE)), strict=True):
        values = np.clip(errors, -SIDE, SIDE)
        # Outlines, so that neither hides the other.
        ax.hist(values, edges, histtype="step", color=colour, linewidth=1.4, label=label)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_xlim(-SIDE * 1.02, SIDE * 1.02)
    ax.set_xlabel(f"error in seconds, positive if late; outermost bars: ±{SIDE:g} s and more")
    ax.set_ylabel(f"{found.level}s")
    ax.set_title(f"{found.placed} of {found.spoken} spoken {found.level}s placed", fontsize=10, color=INK)
    ax.legend(frameon=False)


def _draw_reliability(ax: Axes, found: ReliabilityStats, level: str) -> None:
    full = [row for row in found.bins if row.count]
    most = max(row.count for row in full)
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    # The bars show the number of items: a point over a low bar is uncertain.
    heights = [0.2 * row.count / most for row in full]
    ax.bar([row.low for row in full], heights, [row.high - row.low for row in full], align="edge", color=GREY)
    points = [(row.confidence, row.right) for row in full if row.confidence is not None and row.right is not None]
    ax.plot([x for x, _ in points], [y for _, y in points], "o-", color=BLUE, linewidth=1.2)
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="fraction right")
    ax.set_title(f"{found.count} {level}s, ECE {found.ece:.3f}, Brier {found.brier:.3f}", fontsize=10, color=INK)
