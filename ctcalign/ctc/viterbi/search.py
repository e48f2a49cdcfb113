"""The best path through a token graph: exact, in a band or a beam, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.depths import furthest_cells
from ctcalign.ctc.viterbi.emission_rows import EmissionRows
from ctcalign.ctc.viterbi.graph import EPSILON, START, WILDCARD, TokenGraph
from ctcalign.ctc.viterbi.kernels import code_bytes, earlier_cell, forward, pass_epsilons
from ctcalign.ctc.viterbi.layout import FREE, Cells, Scores, Trace, arcs_of, epsilons_of
from ctcalign.ctc.viterbi.outside import RelaxedGraph, best_outside, no_outside, outside_of
from ctcalign.ctc.viterbi.score_arcs import entries_of, ways_of
from ctcalign.ctc.viterbi.scores import forward_scores
from ctcalign.ctc.viterbi.traceback import before_epsilon, traceback
from ctcalign.errors import NoPathError

DEFAULT_MAX_MEMORY = 2 << 30
ROWS_BYTES = 6 << 20  # emission rows that are converted at a time
BLOCK = 512  # frames; for shorter blocks the calls usually cost more than the strip saves
SHORTEST, BLOCKS = 64, 32  # frames, and blocks of equally many cells, of a graph with EPSILON nodes

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """The best path as states: 2 * node + 1 for a node's label, 2 * node for the blank before that node."""

    states: I64  # (T,)
    certified: bool


class Search:
    """One Viterbi search in two passes.

    First the scores run forward over all frames, without back-pointers, and are kept at the start of each block of
    frames. Then the path is followed from the last block to the first: in each block only the cells that can lead to
    the last state of the path are computed again, bit for bit the same, now with back-pointers. They are those from
    which enough arcs lead there, and which do not already score less than the path at the end of the block: no frame
    and no arc adds to a score.

    The second pass is a strip along the path. With blocks of 1/16 of the window's width it adds a few per cent of
    time, and the checkpoints take 256 bytes per frame, whatever the number of targets; `max_memory` makes blocks longer
    (and the strip wider).
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
        widths = windows.hi - windows.lo
        width = int(widths.max())
        least = -(-rows.frames * width * 16 // (DEFAULT_MAX_MEMORY if max_memory is None else max_memory))
        balanced = 8 * math.isqrt(rows.frames) + 1  # longer blocks need more memory for back-pointers than they save
        self.eps = epsilons_of(graph)
        if block_frames is None and self.eps.node.size:
            self.starts = _short_blocks(widths, min(least, balanced))
        else:
            block = block_frames or max(BLOCK, width // 16, min(least, balanced))
            self.starts = list(range(0, rows.frames, block))
        self.chunk_frames = max(64, ROWS_BYTES // (8 * rows.columns + 4 * rows.classes))
        self.arcs = arcs_of(graph, rows)
        self.entries, self.ways = entries_of(self.arcs, self.eps.node.size), ways_of(self.eps)
        self.origin = _origin(graph)
        self.outside = no_outside()
        nothing = np.full(len(graph) + 1, -np.inf)
        self.state = Scores(nothing, nothing.copy(), np.array([0, 1], np.int64), np.array([-np.inf]))

    def run(self, relaxed: RelaxedGraph | None = None) -> Found:
        """Run both passes. Raises NoPathError if no path has a finite score.

        Args:
            relaxed: with a band, what paths may do outside it, to prove that none of them is better.
        """
        frames, state = self.rows.frames, self.state
        self._begin()
        checkpoints: list[tuple[I64, F64, F64]] = []
        blocks = list(pairwise([*self.starts, frames]))
        for block in blocks:
            lo, hi = state.kept
            checkpoints.append((state.kept.copy(), state.blank[lo:hi].copy(), state.label[lo:hi].copy()))
            self._score(*block)
        score, last = self._end()
        certified = score >= float(state.bound[0])
        reached = float((state.label if last & 1 else state.blank)[last >> 1])
        state.blank.fill(-np.inf)
        state.label.fill(-np.inf)
        states = np.empty(frames, np.int64)
        for block in reversed(blocks):
            checkpoint = checkpoints.pop()
            last = self._follow(block, checkpoint, last, reached, states)
            (lo, _), blank, label = checkpoint
            reached = float((label if last & 1 else blank)[(last >> 1) - lo])
        certified = certified or (relaxed is not None and self._none_outside(relaxed, score))
        return Found(states, certified)

    def _begin(self) -> None:
        self.state.blank.fill(-np.inf)
        self.state.label.fill(-np.inf)
        self.state.blank[0], self.state.bound[0] = 0.0, -np.inf
        self.state.kept[:] = 0, 1

    def _none_outside(self, relaxed: RelaxedGraph, score: float) -> bool:
        """Whether it is proved that no path that leaves the band has a higher score than the best one inside."""
        if not relaxed.nodes.size:
            return False
        self._begin()
        self.outside = outside_of(relaxed, self.rows, len(self.graph) + 1, self.graph.labels, score)
        for block in pairwise([*self.starts, self.rows.frames]):
            self._score(*block)
        return best_outside(self.outside) <= score and self._end()[0] <= score

    def _score(self, start: int, stop: int) -> None:
        for t0, t1 in self._chunks(start, stop):
            rows, cells = self.rows.block(t0, t1), self._cells(t0, t1)
            forward_scores(
                rows, self.arcs, self.entries, self.eps, self.ways, cells, self.beam, self.state, self.outside
            )

    def _chunks(self, start: int, stop: int) -> list[tuple[int, int]]:
        """The block in pieces of frames whose emission rows are converted together."""
        return [(t0, min(t0 + self.chunk_frames, stop)) for t0 in range(start, stop, self.chunk_frames)]

    def _cells(self, t0: int, t1: int) -> Cells:
        return Cells(*(column[t0:t1] for column in self.cells))

    def _follow(
        self, block: tuple[int, int], checkpoint: tuple[I64, F64, F64], last: int, reached: float, states: I64
    ) -> int:
        """Fill in the states of a block that ends in state `last` with score `reached`; returns the state before it."""
        (lo, hi), blank, label = checkpoint
        arcs, eps, state = self.arcs, self.eps, self.state
        chunks = self._chunks(*block)
        top = (last >> 1) + 1
        bottom = int(earlier_cell(self.origin, top - 1, block[1] - block[0]))
        bottom = max(bottom, int(lo) + int((np.maximum(blank, label) >= reached).argmax()))
        first, end = max(lo, bottom), min(hi, top)
        state.blank[first:end], state.label[first:end] = blank[first - lo : end - lo], label[first - lo : end - lo]
        state.kept[:] = first, end
        traces = []
        for t0, t1 in chunks:
            cells = self._cells(t0, t1)
            strip = cells._replace(lo=np.maximum(cells.lo, bottom), hi=np.minimum(cells.hi, top))
            n_arcs = np.searchsorted(arcs.target, strip.hi) - np.searchsorted(arcs.target, strip.lo)
            codes = np.empty(int(code_bytes(strip.hi - strip.lo, n_arcs).sum()), np.uint8)
            before = np.append(state.kept[0], strip.lo[:-1])
            passed = np.searchsorted(eps.node, strip.hi) - np.searchsorted(eps.node, np.minimum(before, strip.hi))
            choices = np.empty(2 * int(passed.sum()), np.uint16)
            offsets, first, places = (np.empty(t1 - t0 + more, np.int64) for more in (1, 0, 1))
            trace = Trace(codes, offsets, choices, first, places)
            forward(self.rows.block(t0, t1), arcs, eps, strip, reached, state, trace)
            traces.append((t0, t1, strip, trace))
        state.blank[bottom:top] = state.label[bottom:top] = -np.inf
        for t0, t1, strip, trace in reversed(traces):
            last = traceback(strip, arcs, eps, trace, last, states[t0:t1])
        return int(last)

    def _end(self) -> tuple[float, int]:
        """Score and state of the best ending; on ties the label before the blank, the first node given.

        The score includes the costs of the ending, and the state is that in the last frame.
        """
        final, state, eps = self.graph.final, self.state, self.eps
        choices = np.empty(2 * eps.node.size, np.uint16)
        pass_epsilons(eps, 0, eps.node.size, state, len(self.graph), -math.inf, self.arcs.direct, choices, 0)
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
        last = 2 * (node + 1) if best % 2 else 2 * node + 1
        if last & 1 and self.graph.labels[node] == EPSILON:
            last = int(before_epsilon(eps, node, FREE, self.graph.labels, choices, 0, 0))
        eps.last.fill(FREE)
        return score, last


def _short_blocks(widths: I64, least: int) -> list[int]:
    """First frames of the blocks of a graph with EPSILON nodes.

    In a block in which much text is skipped, the strip is the whole window. So no block has more than a few per cent of
    all cells, as far as `SHORTEST` and `least` frames allow.

    Args:
        widths: cells of the window in each frame. (T,)
        least: frames that a block must have to keep within the memory.
    """
    cells = np.append(0, np.cumsum(widths))
    starts = [0]
    while starts[-1] < len(widths):
        few = int(np.searchsorted(cells, cells[starts[-1]] + cells[-1] / BLOCKS)) - starts[-1]
        starts.append(starts[-1] + max(min(few, BLOCK), SHORTEST, least))
    return starts[:-1]


def _origin(graph: TokenGraph) -> I64:
    """Lowest cell that can lead to a cell in one frame, (N + 1,)."""
    n = len(graph)
    furthest = furthest_cells(graph.labels, graph.arc_start, graph.arc_source)
    reach = np.maximum(np.minimum(np.arange(n + 1) + 1, n), furthest)  # of the blank after a node, in the next cell
    np.maximum(reach[:-1], furthest[1:], out=reach[:-1])  # and of the node
    return np.searchsorted(np.maximum.accumulate(reach), np.arange(n + 1))


def labels_used(graph: TokenGraph, blank: int) -> NDArray[np.int64]:
    """Blank first, then the other labels of the graph, WILDCARD and fillers among them."""
    others: NDArray[Any] = np.unique(graph.labels[graph.labels != EPSILON])
    return np.concatenate([[blank], others[others != blank]]).astype(np.int64)


__all__ = ["DEFAULT_MAX_MEMORY", "WILDCARD", "Found", "Search", "labels_used"]
