"""Evidence from the emission about each word of a placed cue and about the gaps between its words.

The log-likelihood of the cue's text, a sum over all of its CTC paths, is compared with that of a modified text: each
value is the gain, in nats, if a word is replaced by any other sound or by silence, or if a sound or a word is inserted
between two words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.kernels import connections, forward_backward
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# Seconds around its expected frame in which a symbol may be emitted; more next to words that are not placed.
REACH = 0.6
WORST = 60.0  # nats; larger values count as this
OUTSIDE = 4  # frames from the first or last symbol of a cue to the virtual symbol beyond it


@dataclass(frozen=True)
class WordChain:
    """The words of a cue that can be spelled with the model's symbols, in order.

    Attributes:
        labels: symbols of each word.
        frames: first frame of each word's symbols and one past the last; None for a word that is not placed.
        limits: frames [low, high) of the recording that the cue may occupy, up to the neighbours' symbols.
        edges: frames [low, high) between the start and the end of the cue.
        frequent: words that may be missing between two others: their symbols, concatenated, and where each begins, as
            in `Competitors`.
    """

    labels: Sequence[Sequence[int]]
    frames: Sequence[tuple[int, int] | None]
    limits: tuple[int, int]
    edges: tuple[int, int]
    frequent: tuple[I64, I64]


@dataclass(frozen=True)
class Evidence:
    """Gains in log-likelihood in nats, >= 0 up to rounding unless stated otherwise, at most WORST.

    Attributes:
        replaced: any sound in place of each word. (n,)
        skipped: silence in place of each word; negative where the word is clearly spoken. (n,)
        inserted: any sound between each word and the next. (n - 1,)
        frequent: the best of the frequent words there; negative where none of them is spoken. (n - 1,)
        lead, trail: any sound instead of silence from the limits to the first word, and from the last word on.
        inner_lead, inner_trail: the same within the edges of the cue only.
    """

    replaced: F64
    skipped: F64
    inserted: F64
    frequent: F64
    lead: float
    trail: float
    inner_lead: float
    inner_trail: float


def evidence(emission: Emission, chain: WordChain) -> Evidence:
    """Evidence about a chain in which at least one word is placed."""
    low_limit, high_limit = chain.limits
    rows = np.ascontiguousarray(emission.log_probs[low_limit:high_limit], np.float32)
    labels, optional, firsts, lasts = _flat(chain, emission.vocabulary.separator)
    low, high = _bands(chain, labels.size, firsts, lasts, len(rows), emission.frame_shift)
    blank = emission.vocabulary.blank
    before, behind = forward_backward(rows, labels, optional, low, high, blank)
    quiet = rows[:, blank].astype(np.float64)
    if emission.vocabulary.separator is not None:
        quiet = np.logaddexp(quiet, rows[:, emission.vocabulary.separator])
    n, first, last = len(firsts), firsts[0], lasts[-1]
    end = before[last, : high[last] - low[last]]
    total = float(end.max())
    if not np.isfinite(total):
        worst = np.full(n, WORST)
        return Evidence(worst, worst, worst[1:], worst[1:], WORST, WORST, WORST, WORST)
    # The first and last word have no neighbour: assume a symbol of probability 1 just outside of them.
    outside = int(low[0]) if chain.frames[0] is None else chain.frames[0][0] - low_limit - OUTSIDE
    beyond = len(rows) - 1 if chain.frames[-1] is None else chain.frames[-1][1] - 1 - low_limit + OUTSIDE
    found = connections(
        rows,
        quiet,
        labels,
        before,
        behind,
        low,
        high,
        np.array(firsts, np.int64),
        np.array(lasts, np.int64),
        min(max(0, outside), len(rows) - 1),
        min(max(0, beyond), len(rows) - 1),
        *chain.frequent,
        blank,
    )
    begin = behind[first, : high[first] - low[first]] + rows[low[first] : high[first], labels[first]]
    lead = [_silent_edge(quiet, begin, int(low[first]), total, start) for start in (0, chain.edges[0] - low_limit)]
    trail = [
        _silent_edge(quiet[::-1], end[::-1], len(rows) - int(low[last]) - len(end), total, start)
        for start in (0, high_limit - chain.edges[1])
    ]
    gains = np.clip(found - total, -WORST, WORST)
    return Evidence(gains[0], gains[1], gains[2, 1:], gains[3, 1:], lead[0], trail[0], lead[1], trail[1])


def _silent_edge(quiet: F64, masses: F64, at: int, total: float, begin: int) -> float:
    """Loss in nats if only silence may lie between frame `begin` and `masses`, which start in frame `at`."""
    summed = np.concatenate([[0.0], np.cumsum(quiet)])
    frames = np.arange(at, at + len(masses))
    silence = np.where(frames > begin, summed[frames] - summed[max(begin, 0)], 0.0)
    return float(np.clip(total - (silence + masses).max(), 0.0, WORST))


def _flat(chain: WordChain, separator: int | None) -> tuple[I64, NDArray[np.bool_], list[int], list[int]]:
    labels: list[int] = []
    optional: list[bool] = []
    firsts: list[int] = []
    lasts: list[int] = []
    for word in chain.labels:
        if labels and separator is not None:
            labels.append(separator)
            optional.append(True)
        firsts.append(len(labels))
        labels.extend(word)
        optional.extend([False] * len(word))
        lasts.append(len(labels) - 1)
    return np.array(labels, np.int64), np.array(optional, np.bool_), firsts, lasts


def _bands(
    chain: WordChain, count: int, firsts: list[int], lasts: list[int], frames: int, shift: float
) -> tuple[I64, I64]:
    """Frames [low, high) in which each symbol may be emitted, interpolated between the placed words."""
    reach = max(1, round(REACH / shift))
    placed = [(i, place) for i, place in enumerate(chain.frames) if place is not None]
    at = [k for i, _ in placed for k in (firsts[i], lasts[i])]
    where = [float(f) - chain.limits[0] for _, place in placed for f in (place[0], place[1] - 1)]
    symbols = np.arange(count)
    expected = np.interp(symbols, at, where)
    low, high = expected - reach, expected + reach + 1
    # Words that are not placed may lie anywhere between the placed words beside them.
    for (i, before), (j, after) in pairwise(placed):
        if j > i + 1:
            inner = slice(lasts[i] + 1, firsts[j])
            low[inner] = before[1] - chain.limits[0] - reach
            high[inner] = after[0] - chain.limits[0] + reach + 1
    first, last = placed[0][0], placed[-1][0]
    if first > 0:
        low[: firsts[first]] = 0
    if last + 1 < len(chain.labels):
        high[lasts[last] + 1 :] = frames
    low_frames = np.clip(np.floor(low), 0, frames - 1).astype(np.int64)
    high_frames = np.clip(np.ceil(high), 1, frames).astype(np.int64)
    low_frames = np.minimum.accumulate(low_frames[::-1])[::-1]
    return low_frames, np.maximum.accumulate(np.maximum(high_frames, low_frames + 1))
