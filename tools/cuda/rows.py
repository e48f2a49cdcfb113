"""What the checks have in common: rows of a report, differences between tensors, and checks that may fail."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor


@dataclass(frozen=True)
class Row:
    """One check: its figures in words, and whether it passed."""

    part: str
    name: str
    figures: str
    passed: bool
    seconds: float = 0.0


def relative(found: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest value; infinities must be the same."""
    found, expected = found.detach().double().cpu(), expected.detach().double().cpu()
    finite = torch.isfinite(expected)
    if found.shape != expected.shape or not torch.equal(finite, torch.isfinite(found)):
        return float("inf")
    if not finite.any():
        return 0.0
    gap = (found - expected)[finite].abs().max()
    return float(gap / expected[finite].abs().max().clamp(min=1e-12))


def check(part: str, name: str, work: Callable[[], tuple[str, bool]]) -> Row:
    """The row of a check; an exception is a failure, its last line the reason."""
    began = time.perf_counter()
    try:
        figures, passed = work()
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        figures, passed = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", False
    row = Row(part, name, figures, passed, round(time.perf_counter() - began, 1))
    print("ok  " if passed else "FAIL", part, name, figures, f"({row.seconds} s)", file=sys.stderr, flush=True)
    return row


def write_rows(rows: Iterable[Row], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")


def markdown(rows: Iterable[Row], about: str) -> str:
    """A page of all rows."""
    lines = [f"| {one.part} | {one.name} | {'yes' if one.passed else '**no**'} | {one.figures} |" for one in rows]
    return "\n".join([about, "", "| part | check | passed | figures |", "|---|---|---|---|", *lines, ""])
