"""The cells of a token graph that are searched in each frame: all cells on complete paths, or a band of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctcalign.arguments import number_array
from ctcalign.ctc.viterbi.depths import NEVER, first_frames, frames_left, longest_depths
from ctcalign.ctc.viterbi.graph import EPSILON, TokenGraph
from ctcalign.ctc.viterbi.layout import Cells
from ctcalign.errors import NoPathError, ShapeError, UsageError

I64 = NDArray[np.int64]


def windows(graph: TokenGraph, frames: int, band: float | None, centre: ArrayLike | None) -> Cells:
    """The cells to search.

    Args:
        graph: N nodes; cell j holds node j and the blank before it, cell N the blank after the last node.
        frames: T.
        band: half-width in frames, > 0; None searches everything.
        centre: (N,) frame at which each node is expected, or (N, 2) the earliest and the latest such frame; None
            spreads the nodes evenly over the frames. An EPSILON node, without a frame, is passed there.
    Raises:
        NoPathError: T is shorter than the shortest path.
    """
    n = len(graph)
    is_final = np.zeros(n + 1, np.bool_)
    is_final[graph.final + 1] = True
    first = first_frames(graph.labels, graph.arc_start, graph.arc_source)
    left, left_blank = frames_left(graph.labels, graph.arc_start, graph.arc_source, is_final)
    need = 0 if is_final[0] else int(first[graph.final].min()) + 1
    if frames < need:
        same = (graph.labels[1:] == graph.labels[:-1]) & (graph.labels[1:] != EPSILON)
        repeats = int(same.sum()) if need > n else 0
        what = f"length {n} + {repeats} repeats" if repeats else f"length {need}"
        raise NoPathError(
            f"targets need at least {need} frames ({what}) but log_probs has {frames}; "
            "give more audio, less text, or a model with a shorter frame shift"
        )
    # Earliest and latest frame of a cell: of its label or of the blank before it, whichever allows more.
    earliest = np.minimum(np.append(first, NEVER), np.append(0, first + 1))
    latest = frames - 1 - np.minimum(np.append(left, NEVER), left_blank)
    time = np.arange(frames)
    full_lo, full_hi = _enclosing(earliest, latest, time, time)
    if band is None:
        if centre is not None:
            raise UsageError("centre is given without band; give band, the half-width in frames around it")
        return Cells(full_lo, full_hi, full_lo, full_hi)
    if not band > 0 or not math.isfinite(band):
        raise UsageError(f"band must be a positive number of frames, got {band}")
    band = float(band)  # an integer may be too large for numpy
    expected = _even(graph, frames, first) if centre is None else number_array("centre", centre)
    if expected.shape not in ((n,), (n, 2)) or not np.isfinite(expected).all():
        raise ShapeError(f"centre must be {n} finite frame numbers, one per target or two, got shape {expected.shape}")
    soonest, furthest = np.minimum(first, frames - 1), np.maximum(frames - 1 - left, 0)
    low, high = (expected, expected) if expected.ndim == 1 else (expected[:, 0], expected[:, 1])
    if (low > high).any():
        raise UsageError(f"centre: the earliest frame of target {int((low > high).argmax())} is later than its latest")
    low, high = np.clip(low, soonest, furthest), np.clip(high, soonest, furthest)
    # The blank before a node may last from the previous node on, however far apart the two are.
    opens = np.append(0, low) if n else np.zeros(1)
    closes = np.append(high, frames)
    lo, hi = _enclosing(opens, closes, time - band, time + band)
    lo, hi = np.maximum(lo, full_lo), np.minimum(hi, full_hi)
    hi = np.maximum(hi, lo + 1)
    return Cells(lo, hi, full_lo, full_hi)


def _enclosing(opens: NDArray, closes: NDArray, since: NDArray, until: NDArray) -> tuple[I64, I64]:  # type: ignore[type-arg]
    """Smallest range of cells with every cell that has opens <= until and closes >= since, for each frame."""
    opens = np.minimum.accumulate(opens[::-1])[::-1]
    closes = np.maximum.accumulate(closes)
    lo = np.searchsorted(closes, since, side="left")
    hi = np.searchsorted(opens, until, side="right")
    lo = np.minimum(lo, opens.size - 1)
    return lo.astype(np.int64), np.maximum(hi, lo + 1).astype(np.int64)


def _even(graph: TokenGraph, frames: int, first: I64) -> NDArray[np.float64]:
    """Nodes spread evenly over the frames; a chain by its fewest frames, so that any band contains a path."""
    n = len(graph)
    if np.array_equal(graph.arc_source, np.arange(n) - 1) and not (graph.labels == EPSILON).any():
        depth, total = first.astype(np.float64), int(first[-1]) + 1 if n else 1
        return (depth + 0.5) * (frames / total) - 0.5
    down, up = longest_depths(graph.labels, graph.arc_start, graph.arc_source)
    return np.asarray((down - 0.5) / np.maximum(down + up - 1, 1) * frames - 0.5)
