"""The best path through a token graph: exact, in a band or a beam, in bounded memory."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.emission_rows import EmissionRows
from ctcalign.ctc.graph import START, WILDCARD, TokenGraph
from ctcalign.ctc.kernels import code_bytes, forward
from ctcalign.ctc.traceback import traceback
from ctcalign.ctc.windows import Windows
from ctcalign.errors import NoPathError

DEFAULT_MAX_MEMORY = 2 << 30
ROWS_BYTES = 32 << 20  # emission rows that are converted at a time

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """The best path as states: 2 * node + 1 for a node's label, 2 * node for the blank before that node."""

    states: I64  # (T,)
    certified: bool


class Search:
    """One Viterbi search: scores run forward in blocks of frames, back-pointers are followed block by block.

    At the start of each block the scores are kept (16 bytes a cell of the window). The packed back-pointers of the
    latest blocks are kept too as long as all fits into `max_memory`; those of earlier blocks are thrown away and
    computed again during the traceback. With blocks of 8 sqrt(T) frames, checkpoints and one block of back-pointers
    take the same space, about 4 sqrt(T) bytes a cell together; the path is the same bit for bit.
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
        self.windows = windows
        self.beam = math.inf if beam is None else float(beam)
        self.max_memory = DEFAULT_MAX_MEMORY if max_memory is None else max_memory
        self.full = (windows.full_lo, windows.full_hi)
        self.lo, self.hi = (windows.lo, windows.hi) if beam is None else (windows.lo.copy(), windows.hi.copy())
        self.block_frames = block_frames or max(64, 8 * math.isqrt(rows.frames))
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
        codes: deque[tuple[int, list[Codes]]] = deque()
        used = 0
        for start in starts:
            checkpoints.append(self._checkpoint())
            used += checkpoints[-1][1].nbytes * 2
            block = self._block(start)
            codes.append((start, block))
            used += sum(piece.nbytes for piece in block)
            while used > self.max_memory and len(codes) > 1:
                used -= sum(piece.nbytes for piece in codes.popleft()[1])
        score, state = self._end()
        bound = float(self.bound[0])
        states = np.empty(frames, np.int64)
        for start, checkpoint in zip(reversed(starts), reversed(checkpoints), strict=True):
            if codes:
                block = codes.pop()[1]
            else:
                block.clear()  # before its successor is allocated
                self._restore(*checkpoint)
                block = self._block(start)
            for piece in reversed(block):
                state = self._trace(piece, state, states)
        return Found(states, certified=score >= bound)

    def _block(self, start: int) -> list[Codes]:
        stop = min(start + self.block_frames, self.rows.frames)
        pieces = []
        for t0 in range(start, stop, self.chunk_frames):
            pieces.append(self._forward(t0, min(t0 + self.chunk_frames, stop)))
        return pieces

    def _forward(self, start: int, stop: int) -> Codes:
        arcs = self.arcs
        lo, hi = self.lo[start:stop], self.hi[start:stop]
        n_arcs = np.searchsorted(arcs.target, hi) - np.searchsorted(arcs.target, lo)
        codes = np.empty(int(code_bytes(hi - lo, n_arcs).sum()), np.uint8)
        offsets = np.empty(stop - start + 1, np.int64)
        forward(
            self.rows.block(start, stop),
            start,
            arcs.column,
            arcs.same,
            arcs.unchained,
            arcs.source,
            arcs.target,
            arcs.blank_cost,
            arcs.label_cost,
            arcs.reach,
            self.lo,
            self.hi,
            *self.full,
            self.beam,
            self.blank,
            self.label,
            self.kept,
            self.bound,
            codes,
            offsets,
        )
        if offsets[-1] < codes.size:  # the beam used less; untouched pages cost nothing, but the rest may be reused
            codes = codes[: offsets[-1]].copy()
        return Codes(start, codes, offsets)

    def _trace(self, piece: Codes, state: int, states: I64) -> int:
        arcs = self.arcs
        return int(
            traceback(
                piece.start,
                self.lo,
                self.hi,
                arcs.same,
                arcs.chained,
                arcs.source,
                arcs.target,
                arcs.start,
                piece.codes,
                piece.offsets,
                state,
                states,
            )
        )

    def _checkpoint(self) -> tuple[I64, F64, F64]:
        lo, hi = self.kept
        return self.kept.copy(), self.blank[lo:hi].copy(), self.label[lo:hi].copy()

    def _restore(self, kept: I64, blank: F64, label: F64) -> None:
        self.blank[:] = self.label[:] = -np.inf
        lo, hi = kept
        self.kept[:] = kept
        self.blank[lo:hi], self.label[lo:hi] = blank, label

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


@dataclass(frozen=True)
class Codes:
    """Packed back-pointers of the frames from `start` on."""

    start: int
    codes: NDArray[np.uint8]
    offsets: I64

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + self.offsets.nbytes


class Arcs:
    """A token graph split into a chain, for the vectorised loop, and the extra arcs beside it."""

    def __init__(self, graph: TokenGraph, rows: EmissionRows) -> None:
        n = len(graph)
        labels = graph.labels
        target = np.repeat(np.arange(n), np.diff(graph.arc_start))
        chain = (graph.arc_source == target - 1) & (graph.arc_cost == 0)
        self.column = rows.column_of(labels)
        self.same = np.zeros(n + 1, np.bool_)
        self.same[1:n] = labels[1:] == labels[:-1]
        self.chained = np.zeros(n + 1, np.bool_)
        self.chained[target[chain]] = True
        self.unchained = np.flatnonzero(~self.chained[:n])
        self.source = graph.arc_source[~chain]
        self.target = target[~chain]
        self.blank_cost = -graph.arc_cost[~chain]
        barred = (self.source == START) | (labels[np.maximum(self.source, 0)] == labels[self.target])
        self.label_cost = np.where(barred, -np.inf, self.blank_cost)
        self.start = np.searchsorted(self.target, np.arange(n + 2))
        self.reach = np.minimum(np.arange(n + 1) + 1, n)
        for cell in (self.source, self.source + 1):  # an arc leaves from a label or from the blank in the next cell
            real = cell >= 0
            np.maximum.at(self.reach, cell[real], self.target[real])
        self.reach = np.maximum.accumulate(self.reach)


def labels_used(graph: TokenGraph, blank: int) -> NDArray[np.int64]:
    """Blank first, then the other labels of the graph, WILDCARD among them."""
    others: NDArray[Any] = np.unique(graph.labels)
    return np.concatenate([[blank], others[others != blank]]).astype(np.int64)


__all__ = ["DEFAULT_MAX_MEMORY", "WILDCARD", "Found", "Search", "labels_used"]
