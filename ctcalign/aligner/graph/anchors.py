"""A first look at a long recording: where the text may lie, from letters that the model hears and the text has once.

The labels of the greedy path and those of the text are cut into runs of a fixed length. A run that occurs once in each
is a candidate anchor; where those are few, one that occurs as often in each. The longest chain of candidates that goes
forward in both is kept. Every node of the graph must then lie between the anchors around it, some of the nearest left
out on either side in case they are wrong.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.verbatim import TranscriptGraph
from ctcalign.emission.emission import Emission

I64 = NDArray[np.int64]

RUN = 9  # labels; at a tenth of wrong letters four in ten runs are whole, at a quarter one in thirteen
SPARSE = 30.0  # seconds between anchors, on average, beyond which runs that occur again and again are taken too


def expected_frames(emission: Emission, transcript: TranscriptGraph, spare: int) -> I64:
    """Earliest and latest frame at which each node may be expected.

    Args:
        spare: anchors on either side of a node that are not trusted, >= 0.
    Returns:
        (N, 2), within [0, T]; ascending in both columns.
    """
    nodes, frames = anchors(emission, transcript)
    last = len(emission.log_probs)
    earlier = np.concatenate([np.zeros(spare + 1, np.int64), frames])
    later = np.concatenate([frames, np.full(spare + 1, last, np.int64)])
    behind = np.searchsorted(nodes, np.arange(len(transcript.places)), side="right")  # anchors up to each node
    ahead = np.searchsorted(nodes, np.arange(len(transcript.places)), side="left")
    return np.stack([earlier[behind], later[np.minimum(ahead + spare, len(later) - 1)]], 1)


def anchors(emission: Emission, transcript: TranscriptGraph) -> tuple[I64, I64]:
    """Nodes and the frames in which they are heard, ascending in both."""
    decoding = emission.decoding.without_separators()
    nodes = np.array(
        [n for n, place in enumerate(transcript.places) if place is not None and place.alternative == 0], np.int64
    )
    written = transcript.graph.labels[nodes]
    here, there = _shared_runs(written, decoding.labels, once=True)
    kept = _longest_chain(there)
    if len(kept) * SPARSE < emission.duration:  # a recording that repeats itself
        here, there = _shared_runs(written, decoding.labels, once=False)
        kept = _longest_chain(there)
    return nodes[here[kept]], decoding.frames[there[kept]]


def _shared_runs(first: I64, second: I64, *, once: bool) -> tuple[I64, I64]:
    """Places of the runs that occur as often in either sequence, in the order of the first one; of equal runs the first
    goes with the first and so on. `once`: only those that occur once."""
    a, in_a, counts_a = _sorted(_hashes(first))
    b, in_b, counts_b = _sorted(_hashes(second))
    _, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    same = counts_a[at_a] == counts_b[at_b]
    if once:
        same &= counts_a[at_a] == 1
    at_a, at_b = at_a[same], at_b[same]
    counts = counts_a[at_a]
    # Runs of one value lie together in the sorted order, ascending in place.
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    here = in_a[np.repeat((np.cumsum(counts_a) - counts_a)[at_a], counts) + steps]
    there = in_b[np.repeat((np.cumsum(counts_b) - counts_b)[at_b], counts) + steps]
    order = np.argsort(here)
    return here[order], there[order]


def _sorted(values: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], I64, I64]:
    """Distinct values ascending, the places of all values sorted by them, and how often each occurs."""
    places = np.argsort(values, kind="stable").astype(np.int64)
    unique, counts = np.unique(values, return_counts=True)
    return unique, places, counts.astype(np.int64)


def _hashes(labels: I64) -> NDArray[np.uint64]:
    """A number for each run of RUN labels; wraps around, so that two runs may share one, which the chain survives."""
    count = len(labels) - RUN + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    found = np.zeros(count, np.uint64)
    for i in range(RUN):
        found = found * np.uint64(0x9E3779B97F4A7C15) + (labels[i : i + count].astype(np.uint64) + np.uint64(1))
    return found


def _longest_chain(values: I64) -> I64:
    """Places of a longest ascending subsequence."""
    tails: list[int] = []  # smallest last value of an ascending run of each length
    ends: list[int] = []  # and its place
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
