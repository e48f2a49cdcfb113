"""Learning curves of a run as a picture: loss, error rates of validation, and learning rate by update."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger

from ctcalign.files import atomic_write

NAME = "curves.png"
_PANELS = (
    ("loss", {"loss": "training", "val_loss": "validation"}),
    ("error rate", {"val_wer": "WER", "val_cer": "CER"}),
    ("learning rate", {"rate": "rate"}),
)
_SMOOTHED = 50  # points of the smoothed training loss

Rows = Sequence[Mapping[str, float]]


class LearningCurves(pl.Callback):
    """Plots Lightning's CSV logs at the end of a training, including those of earlier starts of the same run.

    Args:
        path: path of the picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the curves, in one process; without a CSV log there is no picture."""
        folders = [Path(one.root_dir) for one in trainer.loggers if isinstance(one, CSVLogger)]
        if not trainer.is_global_zero or not folders:
            return
        for logger in trainer.loggers:
            logger.save()
        rows = logged_rows(folders[0])
        if rows:
            draw_curves(rows, self.path)


def logged_rows(folder: Path) -> list[dict[str, float]]:
    """The rows of all starts of a run (`version_N/metrics.csv`), each with its own columns.

    From its first step on, a start replaces the rows that an earlier one has logged.
    """
    found: list[dict[str, float]] = []
    numbered = [(path.name.partition("_")[2], path) for path in folder.glob("version_*")]
    for _, path in sorted((int(number), path) for number, path in numbered if number.isdigit()):
        file = path / "metrics.csv"
        if file.is_file():
            with file.open(encoding="utf-8", newline="") as stream:
                own = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(stream)]
            first = min((row["step"] for row in own), default=float("inf"))
            found = [row for row in found if row["step"] < first] + own
    return found


def draw_curves(rows: Rows, path: Path) -> None:
    """Draw the curves that the rows have values for as a PNG file.

    Raises:
        OutputError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [(title, lines) for title, lines in _PANELS if any(name in row for row in rows for name in lines)]
    figure = Figure(figsize=(8, 2.6 * max(1, len(panels))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(max(1, len(panels)), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (title, lines) in zip(axes, panels, strict=False):
        for name, label in lines.items():
            steps, values = _points(rows, name)
            if name == "loss" and len(steps) > _SMOOTHED:
                axis.plot(steps, values, linewidth=0.5, alpha=0.4, color="C0")
                steps, values = _means(steps), _means(values)
            if steps:
                axis.plot(steps, values, label=label, marker="o" if len(steps) < 20 else None, markersize=3)
        axis.set_ylabel(title)
        axis.grid(alpha=0.3)
        if len(lines) > 1:
            axis.legend()
    axes[-1].set_xlabel("update")
    with atomic_write(path, "wb") as stream:
        figure.savefig(stream, format="png", dpi=120)


def _points(rows: Rows, name: str) -> tuple[list[float], list[float]]:
    points = [(row["step"], row[name]) for row in rows if name in row]
    return [step for step, _ in points], [value for _, value in points]


def _means(values: list[float]) -> list[float]:
    """Means of groups of neighbours, about `_SMOOTHED` of them."""
    size = -(-len(values) // _SMOOTHED)
    groups: Iterable[Any] = (values[place : place + size] for place in range(0, len(values), size))
    return [sum(group) / len(group) for group in groups]
