"""Terminal tables of the reliability of a calibration."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ctcalign.calibration.cross_validation import THRESHOLDS, CrossValidation
from ctcalign.metrics.reliability import Predictions


def print_reliability(checked: CrossValidation, console: Console) -> None:
    """Print tables of cues and words, each speaker predicted by a fit on the others."""
    for name, found in (("captions", checked.cues), ("words", checked.words)):
        console.print(f"{name}, each speaker predicted by a fit on the other {checked.groups - 1}: {_line(found)}")
        console.print(_bins(found))
        console.print(_thresholds(found))
    parts = Table("captions", "number", "right", "AUC", "ECE", title="by kind of error and by speaker")
    for name, found in checked.parts.items():
        reliability = found.reliability
        ece = "" if reliability is None else f"{reliability.ece:.3f}"
        parts.add_row(name, str(len(found.right)), f"{100 * found.right.mean():.1f} %", _number(found.auc), ece)
    console.print(parts)


def _line(found: Predictions) -> str:
    reliability = found.reliability
    ece = "-" if reliability is None else f"{reliability.ece:.4f}"
    right = 100 * found.right.mean() if len(found.right) else 0.0
    return f"{len(found.right)}, {right:.1f} % right, AUC {_number(found.auc, 4)}, ECE {ece}"


def _bins(found: Predictions) -> Table:
    table = Table("confidence", "number", "mean", "right")
    for row in found.reliability.bins if found.reliability else ():
        if row.count:
            table.add_row(
                f"{row.low:.1f} to {row.high:.1f}", str(row.count), _number(row.confidence), _number(row.right)
            )
    return table


def _thresholds(found: Predictions) -> Table:
    table = Table("kept from", "number", "precision", "recall")
    for threshold in THRESHOLDS:
        kept = found.kept(threshold)
        table.add_row(f"{threshold:g}", str(kept.true + kept.false), _number(kept.precision), _number(kept.recall))
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
