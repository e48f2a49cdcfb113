"""Proof that no path outside a band is better: a coarse graph for the cells beside the band, searched together with it.

The band itself is searched as usual. Outside it a path is only bounded: the letters of all words follow one another in
one chain of `TILE` letters a tile, and what joins them is replaced by something cheaper. A filler or a skip may start
and end anywhere in a tile or in the next one, separators cost nothing, equal letters need no blank in between, and the
way back into the band is free. So each path of the token graph has one in the coarse graph that costs no more, and if
the best score of both together is that of the band alone, no path is better. This takes about a nanosecond for each
letter and frame, an eighth of the time of the whole search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.emission_rows import EmissionRows

TILE = 64  # letters
ROUNDING = 2.0**-23  # relative error of two sums in float32
NOTHING = np.zeros(0, np.int64)

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class RelaxedGraph:
    """Lower bounds of the costs of paths of a token graph: words in order, some of them skipped.

    Attributes:
        nodes: nodes of the letters of all words, ascending. (L,)
        words: word of each letter, ascending. (L,)
        readings: reading of that word, ascending within the word. (L,)
        separators: labels that may stand between words.
        opening: nats, at least, for anything between words except separators.
        skip: nats, at least, for skipping any words, in addition.
        word: nats, at least, for each word that is skipped, in addition, unless `several` nats are paid.
        several: nats for which any number of words may be skipped, in addition.
    """

    nodes: I64
    words: I64
    readings: I64
    separators: Sequence[int]
    opening: float
    skip: float
    word: float
    several: float


class Outside(NamedTuple):
    """The coarse graph of L letters in K tiles for the kernel, and its scores, which are changed in place."""

    column: NDArray[np.integer]  # (K * TILE,) column of `rows` of each letter
    letters_before: I64  # (N + 2,) letters before each cell
    cell: I64  # (K * TILE + 1,) cell of each letter; behind the last letter the last cell
    source: I64  # (A,) last letters of readings from which a first letter follows that is not the next in the chain
    target: I64  # (A,) that letter
    gap: I64  # (A,) first letter of the word of that letter, where the gap before it counts
    free: I64  # columns that may be in place of the blank
    fillers: I64  # columns of fillers
    prices: F32  # (4,) of a gap, of a skip to the same tile or the next, of a skip further on, of rounding
    reach: I64  # (1,) tiles that a source may be before its target or gap
    region: I64  # (3,) the last tile below the band, the first one above it, the number of frames so far
    dead: NDArray[np.float64]  # (1,) score that is to be exceeded
    blank: F32  # (K * TILE + 1,) blank before each letter
    labels: F32  # (2, K * TILE + 1) each letter, in the next place; by turns for odd and even frames
    best: F32  # (K,) at least the best of these in each tile
    filler: F32  # (K,) in a filler
    rest: F32  # (K,) in the blank after one, or after a skip
    entry: F32  # scratch
    candidate: F32
    row: F32
    gain: F32
    lanes: F32


def no_outside() -> Outside:
    """For a search without a proof."""
    none = _scores(0)
    return Outside(
        column=np.zeros(0, np.uint8),
        letters_before=NOTHING,
        cell=NOTHING,
        source=NOTHING,
        target=NOTHING,
        gap=NOTHING,
        free=NOTHING,
        fillers=NOTHING,
        prices=none,
        reach=NOTHING,
        region=NOTHING,
        dead=np.zeros(1),
        blank=none,
        labels=_scores(2, 0),
        best=none,
        filler=none,
        rest=none,
        entry=none,
        candidate=none,
        row=none,
        gain=none,
        lanes=none,
    )


def outside_of(relaxed: RelaxedGraph, rows: EmissionRows, cells: int, labels: I64, score: float) -> Outside:
    """The coarse graph for a band in which the best path has this score.

    Args:
        relaxed: see there.
        rows: the emission.
        cells: N + 1.
        labels: of the N nodes.
        score: of the best path in the band, relative to the largest entry of each row.
    """
    count = relaxed.nodes.size
    tiles = count // TILE + 1
    columns = rows.column_of(labels)
    column = np.full(tiles * TILE, columns[-1], columns.dtype)
    column[:count] = columns[relaxed.nodes]
    cell = np.append(relaxed.nodes, np.full(tiles * TILE + 1 - count, cells))
    source, target, gap = _other_arcs(relaxed)
    ahead = np.maximum(target, gap) // TILE - source // TILE
    least = min((np.unique(part).size for part in relaxed.words[: count // TILE * TILE].reshape(-1, TILE)), default=1)
    far = min(relaxed.several, relaxed.word * max(1, least - 2))  # readings of two words may reach into a tile
    rounding = abs(score) * ROUNDING
    prices = [relaxed.opening, relaxed.opening + relaxed.skip, relaxed.opening + far]
    return Outside(
        column=column,
        letters_before=np.searchsorted(relaxed.nodes, np.arange(cells + 1)),
        cell=cell,
        source=source,
        target=target,
        gap=gap,
        free=np.flatnonzero(np.isin(rows.used, relaxed.separators)),
        fillers=np.arange(rows.columns - 1 - rows.filler_penalties.size, rows.columns - 1),
        prices=np.array([*(price * (1 - ROUNDING) for price in prices), rounding], np.float32),
        reach=np.array([max(1, ahead.max(initial=1))]),
        region=np.array([-1, tiles, 0]),
        dead=np.array([score]),
        blank=_scores(tiles * TILE + 1),
        labels=_scores(2, tiles * TILE + 1),
        best=_scores(tiles),
        filler=_scores(tiles),
        rest=_scores(tiles),
        entry=_scores(tiles),
        candidate=_scores(source.size),
        row=_scores(rows.columns),
        gain=_scores(TILE),
        lanes=_scores(16),
    )


def _scores(*shape: int) -> F32:
    return np.full(shape, -np.inf, np.float32)


def _other_arcs(relaxed: RelaxedGraph) -> tuple[I64, I64, I64]:
    """Arcs between readings of words that follow each other, except from a letter to the next one."""
    count = relaxed.nodes.size
    readings = np.flatnonzero(np.diff(relaxed.words) | np.diff(relaxed.readings)) + 1
    starts, stops = np.append(0, readings), np.append(readings, count)
    own = np.append(np.flatnonzero(np.diff(relaxed.words[starts])) + 1, starts.size)
    found: list[tuple[int, int, int]] = []
    begin = 0
    for middle, end in pairwise(own.tolist()):  # readings of one word, then of the next one
        if end - begin > 2:
            gap = int(starts[middle])
            lasts, firsts = (stops[begin:middle] - 1).tolist(), starts[middle:end].tolist()
            found += [(p, j, gap) for p in lasts for j in firsts if j != p + 1]
        begin = middle
    found += [(p, count, count) for p in (stops[begin:] - 1).tolist()]
    source, target, gaps = np.array(found, np.int64).reshape(-1, 3).T
    return np.ascontiguousarray(source), np.ascontiguousarray(target), np.ascontiguousarray(gaps)


def best_outside(outside: Outside) -> float:
    """At least the best score outside the band after the last frame."""
    return float(max(part.max(initial=-np.inf) for part in (outside.best, outside.filler, outside.rest)))
