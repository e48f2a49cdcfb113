"""The best path through a token graph: exact, in a band or a beam, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.graph import FILLER, START, WILDCARD, TokenGraph
from ctcalign.ctc.viterbi.kernels import Arcs, Cells, Scores, Trace, code_bytes, earlier_cell, forward, traceback
from ctcalign.errors import NoPathError

DEFAULT_MAX_MEMORY = 2 << 30
ROWS_BYTES = 6 << 20  # emission rows that are converted at a time
MIN_BLOCK = 512  # frames; for shorter blocks the calls cost more than the strip saves

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
NO_TRACE = Trace(np.empty(0, np.uint8), np.empty(0, np.int64))


@dataclass(frozen=True)
class Found:
    """The best path as states: 2 * node + 1 for a node's label, 2 * node for the blank before that node."""

    states: I64  # (T,)
    certified: bool


class Search:
    """One Viterbi search in two passes.

    First the scores run forward over all frames, without back-pointers, and are kept at the start of each block of
    frames. Then the path is followed from the last block to the first: in each block only the cells that can lead to
    the last state of the path are computed again, bit for bit the same, now with back-pointers.

    The second pass is a strip along the path. With blocks of 1/16 of the window's width it adds a few per cent of
    time, and the checkpoints take 256 bytes per frame, whatever the number of targets; `max_memory` makes blocks longer
    (and the strip wider). Arcs that skip much text widen the strip too, at worst to the whole window.
    """

    def __init__(
        self,
        graph: TokenGraph,
        rows: EmissionRows,
        windows: Cells,
        beam: float | None,
        max_memory: int | None,
        block_frames: int | None = None,
    ) -> None:
        self.rows = rows
        self.graph = graph
        self.beam = math.inf if beam is None else float(beam)
        self.cells = windows if beam is None else windows._replace(lo=windows.lo.copy(), hi=windows.hi.copy())
        width = int((windows.hi - windows.lo).max())
        least = -(-rows.frames * width * 16 // (DEFAULT_MAX_MEMORY if max_memory is None else max_memory))
        balanced = 8 * math.isqrt(rows.frames) + 1  # longer blocks need more memory for back-pointers than they save
        self.block_frames = block_frames or max(MIN_BLOCK, width // 16, min(least, balanced))
        self.chunk_frames = max(64, ROWS_BYTES // (8 * rows.columns + 4 * rows.classes))
        self.arcs = arcs_of(graph, rows)
        self.origin = _origin(self.arcs.reach)
        nothing = np.full(len(graph) + 1, -np.inf)
        self.state = Scores(nothing, nothing.copy(), np.array([0, 1], np.int64), np.array([-np.inf]))
        self.state.blank[0] = 0.0

    def run(self) -> Found:
        """Run both passes. Raises NoPathError if no path has a finite score."""
        frames, state = self.rows.frames, self.state
        starts = range(0, frames, self.block_frames)
        checkpoints: list[tuple[I64, F64, F64]] = []
        for start in starts:
            lo, hi = state.kept
            checkpoints.append((state.kept.copy(), state.blank[lo:hi].copy(), state.label[lo:hi].copy()))
            for t0, t1 in self._chunks(start):
                forward(self.rows.block(t0, t1), self.arcs, self._cells(t0, t1), self.beam, state, NO_TRACE)
        score, last = self._end()
        certified = score >= float(state.bound[0])
        state.blank.fill(-np.inf)
        state.label.fill(-np.inf)
        states = np.empty(frames, np.int64)
        for start in reversed(starts):
            last = self._follow(start, checkpoints.pop(), last, states)
        return Found(states, certified)

    def _chunks(self, start: int) -> list[tuple[int, int]]:
        """The block in pieces of frames whose emission rows are converted together."""
        stop = min(start + self.block_frames, self.rows.frames)
        return [(t0, min(t0 + self.chunk_frames, stop)) for t0 in range(start, stop, self.chunk_frames)]

    def _cells(self, t0: int, t1: int) -> Cells:
        return Cells(*(column[t0:t1] for column in self.cells))

    def _follow(self, start: int, checkpoint: tuple[I64, F64, F64], last: int, states: I64) -> int:
        """Fill in the states of a block that ends in state `last`; returns the state before the block."""
        (lo, hi), blank, label = checkpoint
        arcs, state = self.arcs, self.state
        chunks = self._chunks(start)
        top = (last >> 1) + 1
        bottom = int(earlier_cell(self.origin, top - 1, chunks[-1][1] - start))
        first, end = max(lo, bottom), min(hi, top)
        state.blank[first:end], state.label[first:end] = blank[first - lo : end - lo], label[first - lo : end - lo]
        state.kept[:] = first, end
        traces = []
        for t0, t1 in chunks:
            cells = self._cells(t0, t1)
            strip = cells._replace(lo=np.maximum(cells.lo, bottom), hi=np.minimum(cells.hi, top))
            n_arcs = np.searchsorted(arcs.target, strip.hi) - np.searchsorted(arcs.target, strip.lo)
            codes = np.empty(int(code_bytes(strip.hi - strip.lo, n_arcs).sum()), np.uint8)
            trace = Trace(codes, np.empty(t1 - t0 + 1, np.int64))
            forward(self.rows.block(t0, t1), arcs, strip, math.inf, state, trace)
            traces.append((t0, t1, strip, trace))
        state.blank[bottom:top] = state.label[bottom:top] = -np.inf
        for t0, t1, strip, trace in reversed(traces):
            last = traceback(strip, arcs, trace, last, states[t0:t1])
        return int(last)

    def _end(self) -> tuple[float, int]:
        """Score and state of the best ending; on ties the label before the blank, the first node given."""
        final, state = self.graph.final, self.state
        after_label = np.where(
            final == START, -np.inf, state.label[np.maximum(final, 0)] if final.max() >= 0 else -np.inf
        )
        scores = np.stack([after_label, state.blank[final + 1]], 1) - self.graph.final_cost[:, None]
        best = int(scores.argmax())
        score = float(scores.reshape(-1)[best])
        if score == -np.inf:
            pruned = float(state.bound[0]) > -np.inf
            raise NoPathError(
                "no path inside the band or beam; widen or remove it"
                if pruned
                else "log_probs: every path of the targets passes a label with log-prob -inf; floor the log-probs"
            )
        node = int(final[best // 2])
        return score, 2 * (node + 1) if best % 2 else 2 * node + 1


def arcs_of(graph: TokenGraph, rows: EmissionRows) -> Arcs:
    """Split a token graph into a chain, for the vectorised loop, and the extra arcs beside it."""
    n = len(graph)
    labels = graph.labels
    into = np.repeat(np.arange(n), np.diff(graph.arc_start))
    chain = (graph.arc_source == into - 1) & (graph.arc_cost == 0)
    same = np.zeros(n + 1, np.bool_)
    same[1:n] = (labels[1:] == labels[:-1]) & (labels[1:] > FILLER)
    chained = np.zeros(n + 1, np.bool_)
    chained[into[chain]] = True
    source, target = graph.arc_source[~chain], into[~chain]
    blank_cost = -graph.arc_cost[~chain]
    equal = (labels[np.maximum(source, 0)] == labels[target]) & (labels[target] > FILLER)
    reach = np.minimum(np.arange(n + 1) + 1, n)
    for cell in (source, source + 1):  # an arc leaves from a label or from the blank in the next cell
        real = cell >= 0
        np.maximum.at(reach, cell[real], target[real])
    return Arcs(
        column=rows.column_of(labels),
        same=same,
        chained=chained,
        unchained=np.flatnonzero(~chained[:n]),
        source=source,
        target=target,
        start=np.searchsorted(target, np.arange(n + 2)),
        blank_cost=blank_cost,
        label_cost=np.where((source == START) | equal, -np.inf, blank_cost),
        reach=np.maximum.accumulate(reach),
    )


def _origin(reach: I64) -> I64:
    """Lowest cell that can lead to a cell in one frame, (N + 1,)."""
    return np.searchsorted(reach, np.arange(len(reach)))


def labels_used(graph: TokenGraph, blank: int) -> NDArray[np.int64]:
    """Blank first, then the other labels of the graph, WILDCARD and fillers among them."""
    others: NDArray[Any] = np.unique(graph.labels)
    return np.concatenate([[blank], others[others != blank]]).astype(np.int64)


__all__ = ["DEFAULT_MAX_MEMORY", "WILDCARD", "Found", "Search", "labels_used"]
