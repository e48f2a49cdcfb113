"""Options of a comparison. Imports no library, so that a command line can list the choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["cue", "word"]
LEVELS: tuple[Level, ...] = get_args(Level)

Matching = Literal["auto", "index", "order", "text"]
MATCHINGS: tuple[Matching, ...] = get_args(Matching)

Bounds = Literal["speech", "clip", "tolerant"]
BOUNDS: tuple[Bounds, ...] = get_args(Bounds)


@dataclass(frozen=True)
class Options:
    """How to compare. Times in seconds.

    Attributes:
        matching: see `ctcalign.scoring.matching.match`.
        bounds: see `ctcalign.scoring.comparison.edge_errors`.
        within: largest error of both ends for an item to count as right.
        collar: collar of PTEM.
        threshold: confidence from which a filter would keep an item.
        bins: number of bins of the reliability table.
    """

    matching: Matching = "auto"
    bounds: Bounds = "speech"
    within: float = 0.5
    collar: float = 0.0
    threshold: float = 0.95
    bins: int = 10
