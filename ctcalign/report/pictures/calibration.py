"""Picture of a calibration: reliability, ROC, and precision against recall."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctcalign.calibration.cross_validation import CrossValidation
from ctcalign.metrics.reliability import Predictions
from ctcalign.report.pictures.figure import BLUE, GREY, INK, ORANGE, check_picture, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_calibration(checked: CrossValidation, output: Path, *, overwrite: bool = False) -> None:
    """Write the picture.

    Args:
        output: .png, .svg or .pdf.
    Raises:
        UsageError: another extension, or `output` exists.   OutputError: it cannot be written.
        MissingPackageError: matplotlib is not installed.
    """
    name = check_picture(output, overwrite)
    write_picture(calibration_figure(checked), output, name)


def calibration_figure(checked: CrossValidation) -> Figure:
    """Three axes side by side; captions blue, words orange."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 4.6), layout="constrained")
    axes = figure.subplots(1, 3)
    for name, predictions, colour in (("captions", checked.cues, BLUE), ("words", checked.words, ORANGE)):
        _draw_reliability(axes[0], name, predictions, colour)
        _draw_curves(axes[1], axes[2], name, predictions, colour)
    axes[0].plot([0, 1], [0, 1], color=GREY, linewidth=1)
    axes[0].set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="fraction right")
    axes[1].set(xlim=(0, 1), ylim=(0, 1.02), xlabel="false positive rate", ylabel="true positive rate")
    axes[2].set(xlim=(0, 1.02), ylim=(0.5, 1.01), xlabel="recall", ylabel="precision")
    for ax, title in zip(axes, ("reliability", "ROC", "precision and recall"), strict=True):
        ax.set_title(title, fontsize=10, color=INK)
        ax.legend(frameon=False, fontsize=9)
    return figure


def _draw_reliability(ax: Axes, name: str, predictions: Predictions, colour: str) -> None:
    found = predictions.reliability
    if found is None:
        return
    points = [(row.confidence, row.right) for row in found.bins if row.confidence is not None and row.right is not None]
    label = f"{name}: {found.count}, ECE {found.ece:.3f}"
    ax.plot([x for x, _ in points], [y for _, y in points], "o-", color=colour, linewidth=1.2, label=label)


def _draw_curves(roc: Axes, pr: Axes, name: str, predictions: Predictions, colour: str) -> None:
    right = predictions.right[np.argsort(-predictions.confidences, kind="stable")]
    if not right.any() or right.all():
        return
    true, false = np.cumsum(right), np.cumsum(~right)
    auc = predictions.auc
    label = name if auc is None else f"{name}: AUC {auc:.3f}"
    roc.plot(false / false[-1], true / true[-1], color=colour, linewidth=1.2, label=label)
    pr.plot(true / true[-1], true / (true + false), color=colour, linewidth=1.2, label=name)
