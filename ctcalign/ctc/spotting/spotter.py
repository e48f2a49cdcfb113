"""Phrase spotting: likely occurrences of a small token graph in an emission, in one pass and bounded memory."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.spotting.kernels import Candidates, Phrase, Run, Tokens, advance
from ctcalign.ctc.viterbi.emission_rows import as_numpy, check_values, checked_shape
from ctcalign.ctc.viterbi.graph import FILLER, START, WILDCARD, TokenGraph
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.ctc.viterbi.emission_rows import LogProbs

BLOCK = 8192  # frames
MOST_HELD = 20_000  # candidates of a phrase kept before overlapping ones are removed


@dataclass(frozen=True)
class Spot:
    """A likely occurrence of a phrase: frames [first, stop), and its log-ratio per symbol in nats, at most 0."""

    first: int
    stop: int
    score: float


class PhraseSpotter:
    """Search one phrase in blocks of frames: `feed` them in order, then read `spots`.

    Every frame may begin the phrase. The score of a stretch is the log-probability of the best CTC path of the phrase
    in it minus that of the greedy path, divided by the number of symbols: 0 where the greedy path spells the phrase,
    and comparable between phrases of any length.

    Args:
        graph: the phrase; labels in [0, C) except blank, or WILDCARD; no fillers. Arc costs are ignored.
        blank: index of the blank.
        silent: labels that do not count as symbols, such as the separator of words.
        floor: lowest score of a spot, in nats per symbol, below 0.
        patience: frames of blank that may follow each node, (N,), or the same number for all.
    Raises:
        UsageError: labels, floor or patience cannot be used, or the phrase may be empty.
    """

    def __init__(
        self,
        graph: TokenGraph,
        blank: int = 0,
        *,
        silent: Sequence[int] = (),
        floor: float = -3.0,
        patience: int | NDArray[np.int64] = 50,
    ) -> None:
        if not (math.isfinite(floor) and floor < 0):
            raise UsageError(f"floor must be a finite number of nats below 0, got {floor}")
        wrong = np.flatnonzero((graph.labels <= FILLER) | (graph.labels == blank))
        if wrong.size:
            raise UsageError(f"graph: a phrase has neither fillers nor blanks, got {graph.labels[wrong[0]]}")
        self._blank, self._floor = blank, floor
        self._graph = graph
        nodes = len(graph)
        counted = ~np.isin(graph.labels, np.asarray([*silent], np.int64))
        self._size = _sizes(graph, counted)
        if not (self._size > 0).any():
            raise UsageError("graph: the phrase may be spoken without a symbol; give it at least one")
        self._patience = np.broadcast_to(np.asarray(patience, np.int64), (nodes,)).copy()
        if (self._patience < 1).any():
            raise UsageError(f"patience must be at least one frame, got {self._patience.min()}")
        node = np.repeat(np.arange(nodes), np.diff(graph.arc_start))
        source = graph.arc_source
        self._direct = (source == START) | (graph.labels[np.maximum(source, 0)] != graph.labels[node])
        never = -np.ones(nodes, np.int64)
        self._tokens = Tokens(
            np.full(nodes, -np.inf), never, np.full(nodes, -np.inf), never.copy(), np.zeros(nodes, np.int64)
        )
        self._run = Run(np.full(1, -np.inf), np.full(2, -1))
        self._frames = 0
        self._held: list[Spot] = []

    def feed(self, rows: NDArray[np.float32]) -> None:
        """Process the next frames, (n, C + 1) as `ratio_rows` computes them."""
        graph, classes = self._graph, rows.shape[1] - 1
        if graph.labels.max() >= classes:
            raise UsageError(f"graph: labels must lie in [0, {classes}), got {graph.labels.max()}")
        labels = np.where(graph.labels == WILDCARD, classes, graph.labels)
        phrase = Phrase(labels, graph.arc_start, graph.arc_source, self._direct, self._size, self._patience)
        found = Candidates(np.empty(len(rows) + 1), np.empty((len(rows) + 1, 2), np.int64))
        count = advance(rows, self._blank, phrase, self._floor, self._frames, self._tokens, self._run, found)
        self._frames += len(rows)
        for score, (first, stop) in zip(found.scores[:count], found.spans[:count], strict=True):
            self._held.append(Spot(int(first), int(stop), float(score)))
        if len(self._held) > MOST_HELD:
            self._held = apart(self._held)

    def spots(self) -> list[Spot]:
        """Local maxima in the frames fed so far, without overlap, in order of time."""
        score, (first, stop) = float(self._run.score[0]), self._run.span.tolist()
        return apart(self._held + ([Spot(first, stop, score)] if score >= self._floor else []))


def apart(spots: Sequence[Spot]) -> list[Spot]:
    """Greedy selection by score of spots that do not overlap; in order of time.

    >>> apart([Spot(0, 10, -1.0), Spot(8, 20, -0.5), Spot(20, 30, -2.0)])
    [Spot(first=8, stop=20, score=-0.5), Spot(first=20, stop=30, score=-2.0)]
    """
    kept: list[tuple[int, int, float]] = []
    for spot in sorted(spots, key=lambda spot: (-spot.score, spot.first)):
        place = bisect.bisect_left(kept, (spot.first, spot.stop, spot.score))
        if place < len(kept) and kept[place][0] < spot.stop:
            continue
        if place and kept[place - 1][1] > spot.first:
            continue
        kept.insert(place, (spot.first, spot.stop, spot.score))
    return [Spot(*entry) for entry in kept]


def ratio_rows(
    log_probs: LogProbs, start: int, stop: int, blank: int, wildcard_penalty: float = 0.7
) -> NDArray[np.float32]:
    """Frames start..stop of an emission (T, C) as log-ratios to the best label of each; the last column is a wildcard.

    Args:
        wildcard_penalty: nats that a wildcard costs below the best label except blank.
    Returns:
        (n, C + 1) float32, at most 0.
    Raises:
        ShapeError, UsageError: not log-probabilities.
    """
    raw = np.asarray(as_numpy(checked_shape(log_probs)[start:stop]), np.float32)
    check_values(raw, start)
    rows = np.empty((len(raw), raw.shape[1] + 1), np.float32)
    np.subtract(raw, raw.max(1, keepdims=True), out=rows[:, :-1])
    wild = rows[:, :-1].copy()
    wild[:, blank] = -np.inf
    rows[:, -1] = wild.max(1) - np.float32(wildcard_penalty)
    return rows


def _sizes(graph: TokenGraph, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Smallest number of symbols on a path to each final node; 0 for the others."""
    fewest = np.zeros(len(graph))
    for j in range(len(graph)):
        sources = graph.arc_source[graph.arc_start[j] : graph.arc_start[j + 1]]
        fewest[j] = counted[j] + min(0.0 if p == START else fewest[p] for p in sources)
    sizes = np.zeros(len(graph))
    ends = graph.final[graph.final >= 0]
    sizes[ends] = fewest[ends]
    return sizes
