"""Picture of a corpus: the histogram of its confidences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ctcalign.report.pictures.figure import BLUE, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def histogram_figure(report: Mapping[str, Any]) -> Figure | None:
    """Captions by confidence; None for a model without confidences."""
    counts = report["histogram"]
    if not counts:
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    width = 1 / len(counts)
    axes.bar(
        [place * width for place in range(len(counts))], counts, width, align="edge", color=BLUE, edgecolor="white"
    )
    axes.set(xlim=(0, 1), xlabel="confidence", ylabel="captions")
    axes.set_title("confidences of aligned captions", fontsize=10, color=INK)
    return figure
