"""Anchors for long recordings: label n-grams that occur exactly once in both the greedy path and the text.

If such n-grams are rare, those that occur equally often in both are candidates too. The longest chain of candidates
that ascends in both is kept, without isolated ones, since text that is not spoken shares n-grams with the recording by
chance. Each node of the graph is then searched only between the anchors around it; the nearest ones on either side are
ignored in case they are wrong.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.word_graph import TranscriptGraph
from ctcalign.emission.emission import Emission

I64 = NDArray[np.int64]

ORDER = 9  # labels of an n-gram; with 10 % wrong letters 39 % of them are intact, with 25 % 8 %
# An anchor is kept if the next one at least so many labels away, and not more than REACH, follows at a usual pace: the
# median one, give or take a factor.
AWAY, REACH = (3 * ORDER, 6 * ORDER, 12 * ORDER), 400
PACE = 3.0
SPARSE = 30.0  # mean seconds between anchors beyond which n-grams that occur several times are used as well


def expected_frames(emission: Emission, graph: TranscriptGraph, spare: int) -> I64:
    """Earliest and latest frame in which each node is searched.

    Args:
        emission: of the recording.
        graph: of its text.
        spare: nearest anchors on either side of a node that are ignored, >= 0.
    Returns:
        (N, 2), within [0, T]; ascending in both columns.
    """
    nodes, frames = anchors(emission, graph)
    last = len(emission.log_probs)
    earlier = np.concatenate([np.zeros(spare + 1, np.int64), frames])
    later = np.concatenate([frames, np.full(spare + 1, last, np.int64)])
    behind = np.searchsorted(nodes, np.arange(len(graph.places)), side="right")  # anchors up to each node
    ahead = np.searchsorted(nodes, np.arange(len(graph.places)), side="left")
    return np.stack([earlier[behind], later[np.minimum(ahead + spare, len(later) - 1)]], 1)


def anchors(emission: Emission, graph: TranscriptGraph) -> tuple[I64, I64]:
    """Nodes and the frames at which their labels are recognised, ascending in both."""
    decoding = emission.decoding.without_separators()
    nodes = np.array(
        [n for n, place in enumerate(graph.places) if place is not None and place.alternative == 0], np.int64
    )
    text = graph.graph.labels[nodes]
    here, there = _shared_ngrams(text, decoding.labels, once=True)
    kept = _longest_chain(there)
    if len(kept) * SPARSE < emission.duration:  # a recording that repeats itself, as a song does
        here, there = _shared_ngrams(text, decoding.labels, once=False)
        kept = _longest_chain(there)
    kept = kept[_supported(here[kept], decoding.frames[there[kept]])]
    return nodes[here[kept]], decoding.frames[there[kept]]


def _supported(labels: I64, frames: I64) -> NDArray[np.bool_]:
    """Anchors with another one near them at a usual pace; all of them if there is none with such a one.

    Args:
        labels, frames: their places in the text and in the recording, ascending in both.
    """
    supported = np.zeros(len(labels), np.bool_)
    if len(labels) < 2:
        return ~supported
    pace = np.median(np.diff(frames) / np.diff(labels))
    for away in AWAY:
        other = np.searchsorted(labels, labels + away)
        here = np.flatnonzero(other < len(labels))
        other = other[here]
        steps, passed = labels[other] - labels[here], frames[other] - frames[here]
        near = (steps <= REACH) & (passed <= PACE * pace * steps) & (passed * PACE >= pace * steps)
        supported[here[near]] = supported[other[near]] = True
    return supported if supported.any() else ~supported


def _shared_ngrams(first: I64, second: I64, *, once: bool) -> tuple[I64, I64]:
    """Positions of the n-grams that occur equally often in both sequences, in the order of the first sequence.

    The k-th occurrence of an n-gram in one is paired with the k-th in the other. `once`: only those that occur once.
    """
    a, in_a, counts_a = _sorted(_hashes(first))
    b, in_b, counts_b = _sorted(_hashes(second))
    _, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    same = counts_a[at_a] == counts_b[at_b]
    if once:
        same &= counts_a[at_a] == 1
    at_a, at_b = at_a[same], at_b[same]
    counts = counts_a[at_a]
    # Equal n-grams are adjacent in the sorted order, ascending in position.
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    here = in_a[np.repeat((np.cumsum(counts_a) - counts_a)[at_a], counts) + steps]
    there = in_b[np.repeat((np.cumsum(counts_b) - counts_b)[at_b], counts) + steps]
    order = np.argsort(here)
    return here[order], there[order]


def _sorted(values: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], I64, I64]:
    """Distinct values ascending, the positions of all values sorted by value, and how often each value occurs."""
    places = np.argsort(values, kind="stable").astype(np.int64)
    unique, counts = np.unique(values, return_counts=True)
    return unique, places, counts.astype(np.int64)


def _hashes(labels: I64) -> NDArray[np.uint64]:
    """A hash of each n-gram, modulo 2^64. A collision is a wrong candidate, which the longest chain excludes."""
    count = len(labels) - ORDER + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    found = np.zeros(count, np.uint64)
    for i in range(ORDER):
        found = found * np.uint64(0x9E3779B97F4A7C15) + (labels[i : i + count].astype(np.uint64) + np.uint64(1))
    return found


def _longest_chain(values: I64) -> I64:
    """Positions of a longest ascending subsequence."""
    tails: list[int] = []  # smallest last value of an ascending subsequence of each length
    ends: list[int] = []  # and its position
    before = np.full(len(values), -1, np.int64)
    for place, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        before[place] = ends[length - 1] if length else -1
        if length == len(tails):
            tails.append(value)
            ends.append(place)
        else:
            tails[length], ends[length] = value, place
    chain: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        chain.append(place)
        place = int(before[place])
    return np.array(chain[::-1], np.int64)
