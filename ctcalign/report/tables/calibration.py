"""A calibration's reliability for people to read."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ctcalign.calibration.cross_validation import THRESHOLDS, Judged, Reliabilities


def print_reliability(checked: Reliabilities, console: Console) -> None:
    """Tables of cues and words, on speakers that the fit had not seen."""
    for name, judged in (("captions", checked.cues), ("words", checked.words)):
        console.print(f"{name}, each speaker judged by a fit on the other {checked.groups - 1}: {_line(judged)}")
        console.print(_bins(judged))
        console.print(_thresholds(judged))
    parts = Table("captions", "number", "right", "AUC", "ECE", title="by kind of error and by speaker")
    for name, judged in checked.parts.items():
        reliability = judged.reliability
        ece = "" if reliability is None else f"{reliability.ece:.3f}"
        parts.add_row(name, str(len(judged.right)), f"{100 * judged.right.mean():.1f} %", _number(judged.auc), ece)
    console.print(parts)


def _line(judged: Judged) -> str:
    reliability = judged.reliability
    ece = "-" if reliability is None else f"{reliability.ece:.4f}"
    share = 100 * judged.right.mean() if len(judged.right) else 0.0
    return f"{len(judged.right)}, {share:.1f} % right, AUC {_number(judged.auc, 4)}, ECE {ece}"


def _bins(judged: Judged) -> Table:
    table = Table("confidence", "number", "mean", "right")
    for row in judged.reliability.bins if judged.reliability else ():
        if row.count:
            table.add_row(
                f"{row.low:.1f} to {row.high:.1f}", str(row.count), _number(row.confidence), _number(row.right)
            )
    return table


def _thresholds(judged: Judged) -> Table:
    table = Table("kept from", "number", "precision", "recall")
    for threshold in THRESHOLDS:
        kept = judged.kept(threshold)
        table.add_row(f"{threshold:g}", str(kept.true + kept.false), _number(kept.precision), _number(kept.recall))
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
