"""The best path through a token graph: exact, in a band or a beam, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.graph import FILLER, START, WILDCARD, TokenGraph
from ctcalign.ctc.viterbi.kernels import code_bytes, forward
from ctcalign.ctc.viterbi.traceback import earlier_cell, traceback
from ctcalign.ctc.viterbi.windows import Windows
from ctcalign.errors import NoPathError

DEFAULT_MAX_MEMORY = 2 << 30
ROWS_BYTES = 6 << 20  # emission rows that are converted at a time
MIN_BLOCK = 512  # frames; below, the calls cost more than the strip saves

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
NO_CODES = np.empty(0, np.uint8)
NO_OFFSETS = np.empty(0, np.int64)


@dataclass(frozen=True)
class Found:
    """The best path as states: 2 * node + 1 for a node's label, 2 * node for the blank before that node."""

    states: I64  # (T,)
    certified: bool


class Search:
    """One Viterbi search in two passes.

    First the scores run forward over all frames, without back-pointers, and are kept at the start of each block of
    frames. Then the path is followed from the last block to the first: of each block only the cells that can lead to
    the path's state at its end are computed again, bit for bit the same, now with back-pointers.

    The second pass is a strip along the path. With blocks of 1/16 of the window's width it adds some per cent of
    time, and the scores kept take 256 bytes a frame, whatever the number of targets; `max_memory` makes blocks longer
    (and the strip wider). Arcs that skip much text widen the strip too, at worst to the whole window.
    """

    def __init__(
        self,
        graph: TokenGraph,
        rows: EmissionRows,
        windows: Windows,
        beam: float | None,
        max_memory: int | None,
        block_frames: int | None = None,
    ) -> None:
        self.rows = rows
        self.graph = graph
        self.beam = math.inf if beam is None else float(beam)
        self.lo, self.hi = (windows.lo, windows.hi) if beam is None else (windows.lo.copy(), windows.hi.copy())
        self.full_lo, self.full_hi = windows.full_lo, windows.full_hi
        width = int((windows.hi - windows.lo).max())
        least = -(-rows.frames * width * 16 // (DEFAULT_MAX_MEMORY if max_memory is None else max_memory))
        balanced = 8 * math.isqrt(rows.frames) + 1  # longer blocks would need more for back-pointers than they save
        self.block_frames = block_frames or max(MIN_BLOCK, width // 16, min(least, balanced))
        self.chunk_frames = max(64, ROWS_BYTES // (8 * rows.columns + 4 * rows.classes))
        self.arcs = Arcs(graph, rows)
        cells = len(graph) + 1
        self.blank = np.full(cells, -np.inf)
        self.label = np.full(cells, -np.inf)
        self.blank[0] = 0.0
        self.kept = np.array([0, 1], np.int64)
        self.bound = np.array([-np.inf])

    def run(self) -> Found:
        """Raises NoPathError where no path with a finite score exists."""
        frames = self.rows.frames
        starts = range(0, frames, self.block_frames)
        checkpoints: list[tuple[I64, F64, F64]] = []
        for start in starts:
            lo, hi = self.kept
            checkpoints.append((self.kept.copy(), self.blank[lo:hi].copy(), self.label[lo:hi].copy()))
            for t0, t1 in self._chunks(start):
                self._forward(t0, t1, self.lo[t0:t1], self.hi[t0:t1], self.beam, NO_CODES, NO_OFFSETS)
        score, state = self._end()
        certified = score >= float(self.bound[0])
        self.blank.fill(-np.inf)
        self.label.fill(-np.inf)
        states = np.empty(frames, np.int64)
        for start in reversed(starts):
            state = self._follow(start, checkpoints.pop(), state, states)
        return Found(states, certified)

    def _chunks(self, start: int) -> list[tuple[int, int]]:
        """A block in pieces whose emission rows are converted at a time."""
        stop = min(start + self.block_frames, self.rows.frames)
        return [(t0, min(t0 + self.chunk_frames, stop)) for t0 in range(start, stop, self.chunk_frames)]

    def _follow(self, start: int, checkpoint: tuple[I64, F64, F64], state: int, states: I64) -> int:
        """Fill in the states of a block that ends in `state`; the state before the block."""
        (lo, hi), blank, label = checkpoint
        chunks = self._chunks(start)
        top = (state >> 1) + 1
        bottom = int(earlier_cell(self.arcs.origin, top - 1, chunks[-1][1] - start))
        first, end = max(lo, bottom), min(hi, top)
        self.blank[first:end], self.label[first:end] = blank[first - lo : end - lo], label[first - lo : end - lo]
        self.kept[:] = first, end
        traces = []
        for t0, t1 in chunks:
            strip_lo, strip_hi = np.maximum(self.lo[t0:t1], bottom), np.minimum(self.hi[t0:t1], top)
            n_arcs = np.searchsorted(self.arcs.target, strip_hi) - np.searchsorted(self.arcs.target, strip_lo)
            codes = np.empty(int(code_bytes(strip_hi - strip_lo, n_arcs).sum()), np.uint8)
            offsets = np.empty(t1 - t0 + 1, np.int64)
            self._forward(t0, t1, strip_lo, strip_hi, math.inf, codes, offsets)
            traces.append((t0, t1, strip_lo, strip_hi, codes, offsets))
        self.blank[bottom:top] = self.label[bottom:top] = -np.inf
        arcs = self.arcs
        for t0, t1, strip_lo, strip_hi, codes, offsets in reversed(traces):
            state = traceback(
                strip_lo,
                strip_hi,
                arcs.same,
                arcs.chained,
                arcs.source,
                arcs.target,
                arcs.start,
                codes,
                offsets,
                state,
                states[t0:t1],
            )
        return int(state)

    def _forward(self, t0: int, t1: int, lo: I64, hi: I64, beam: float, codes: NDArray[np.uint8], offsets: I64) -> None:
        arcs = self.arcs
        forward(
            self.rows.block(t0, t1),
            arcs.column,
            arcs.same,
            arcs.unchained,
            arcs.source,
            arcs.target,
            arcs.blank_cost,
            arcs.label_cost,
            arcs.reach,
            lo,
            hi,
            self.full_lo[t0:t1],
            self.full_hi[t0:t1],
            beam,
            self.blank,
            self.label,
            self.kept,
            self.bound,
            codes,
            offsets,
        )

    def _end(self) -> tuple[float, int]:
        """Score and state of the best ending; on ties the label before the blank, the first node given."""
        final = self.graph.final
        after_label = np.where(
            final == START, -np.inf, self.label[np.maximum(final, 0)] if final.max() >= 0 else -np.inf
        )
        scores = np.stack([after_label, self.blank[final + 1]], 1) - self.graph.final_cost[:, None]
        best = int(scores.argmax())
        score = float(scores.reshape(-1)[best])
        if score == -np.inf:
            pruned = float(self.bound[0]) > -np.inf
            raise NoPathError(
                "no path inside the band or beam; widen it or leave it out"
                if pruned
                else "log_probs: every path of the targets passes a label with log-prob -inf; floor the log-probs"
            )
        node = int(final[best // 2])
        return score, 2 * (node + 1) if best % 2 else 2 * node + 1


class Arcs:
    """A token graph split into a chain, for the vectorised loop, and the extra arcs beside it."""

    def __init__(self, graph: TokenGraph, rows: EmissionRows) -> None:
        n = len(graph)
        labels = graph.labels
        target = np.repeat(np.arange(n), np.diff(graph.arc_start))
        chain = (graph.arc_source == target - 1) & (graph.arc_cost == 0)
        self.column = rows.column_of(labels)
        self.same = np.zeros(n + 1, np.bool_)
        self.same[1:n] = (labels[1:] == labels[:-1]) & (labels[1:] > FILLER)
        self.chained = np.zeros(n + 1, np.bool_)
        self.chained[target[chain]] = True
        self.unchained = np.flatnonzero(~self.chained[:n])
        self.source = graph.arc_source[~chain]
        self.target = target[~chain]
        self.blank_cost = -graph.arc_cost[~chain]
        equal = (labels[np.maximum(self.source, 0)] == labels[self.target]) & (labels[self.target] > FILLER)
        barred = (self.source == START) | equal
        self.label_cost = np.where(barred, -np.inf, self.blank_cost)
        self.start = np.searchsorted(self.target, np.arange(n + 2))
        self.reach = np.minimum(np.arange(n + 1) + 1, n)
        for cell in (self.source, self.source + 1):  # an arc leaves from a label or from the blank in the next cell
            real = cell >= 0
            np.maximum.at(self.reach, cell[real], self.target[real])
        self.reach = np.maximum.accumulate(self.reach)
        self.origin = np.searchsorted(self.reach, np.arange(n + 1))  # lowest cell that can lead to a cell in one frame


def labels_used(graph: TokenGraph, blank: int) -> NDArray[np.int64]:
    """Blank first, then the other labels of the graph, WILDCARD and fillers among them."""
    others: NDArray[Any] = np.unique(graph.labels)
    return np.concatenate([[blank], others[others != blank]]).astype(np.int64)


__all__ = ["DEFAULT_MAX_MEMORY", "WILDCARD", "Found", "Search", "labels_used"]
