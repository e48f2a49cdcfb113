"""What the emission says for and against each word of a placed cue, and against the gaps between words.

All of it is read from sums over the CTC paths of the cue's text, in nats, against the same sum with a part set free:
how much more likely the cue would be if a word were any other sound, if it were not said at all, or if something else
were said between two words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.chain_kernels import forward_backward, free_and_silent
from ctcalign.aligner.confidence.competitor_kernels import best_insertion
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# Seconds on either side of its place in which a symbol is looked for; more beside words that were not heard.
REACH = 0.6
WORST = 60.0  # nats: more counts as this
OUTSIDE = 4  # frames


@dataclass(frozen=True)
class WordChain:
    """The words of a cue that the model can say, in order.

    Attributes:
        labels: symbols of each word.
        frames: first frame of each word's symbols and one past the last, None where it was not heard.
        limits: frames [low, high) of the recording that the cue may take: up to the neighbours' symbols.
        edges: frames [low, high) that were given to it.
        usual: symbols of words that may have been left out between two others, one behind the other, and where each
            begins, as in `Rivals`.
    """

    labels: Sequence[Sequence[int]]
    frames: Sequence[tuple[int, int] | None]
    limits: tuple[int, int]
    edges: tuple[int, int]
    usual: tuple[I64, I64]


@dataclass(frozen=True)
class Evidence:
    """In nats, >= 0 but for rounding, at most WORST.

    Attributes:
        replaced: gain of another sound in place of each word. (n,)
        skipped: gain of silence in place of each word; negative where the word is clearly heard. (n,)
        inserted: gain of anything between each word and the next. (n - 1,)
        usual: gain of the best of the usual words there; negative where none of them is heard. (n - 1,)
        lead, trail: loss of demanding silence from the limits to the first word, and behind the last one.
        inner_lead, inner_trail: the same inside the edges of the cue alone.
    """

    replaced: F64
    skipped: F64
    inserted: F64
    usual: F64
    lead: float
    trail: float
    inner_lead: float
    inner_trail: float


def evidence(emission: Emission, chain: WordChain) -> Evidence:
    """See `Evidence`. The chain has at least one word with a place."""
    low_limit, high_limit = chain.limits
    rows = np.ascontiguousarray(emission.log_probs[low_limit:high_limit], np.float32)
    labels, optional, firsts, lasts = _flat(chain, emission.vocabulary.separator)
    low, high = _bands(chain, labels.size, firsts, lasts, len(rows), emission.frame_shift)
    blank = emission.vocabulary.blank
    before, behind = forward_backward(rows, labels, optional, low, high, blank)
    quiet = rows[:, blank].astype(np.float64)
    if emission.vocabulary.separator is not None:
        quiet = np.logaddexp(quiet, rows[:, emission.vocabulary.separator])
    n = len(firsts)
    ends = [before[lasts[i], : high[lasts[i]] - low[lasts[i]]] for i in range(n)]
    ends_at = [int(low[lasts[i]]) for i in range(n)]
    begins = []
    for i in range(n):
        k = firsts[i]
        span = slice(low[k], high[k])
        begins.append(behind[k, : high[k] - low[k]] + rows[span, labels[k]])
    begins_at = [int(low[firsts[i]]) for i in range(n)]
    total = float(ends[-1].max())
    if not np.isfinite(total):
        worst = np.full(n, WORST)
        return Evidence(worst, worst, worst[1:], worst[1:], WORST, WORST, WORST, WORST)
    # The ends of the cue: as if symbols were said for sure just outside of the first and the last word.
    nothing = np.zeros(1)
    outside = int(low[0]) if chain.frames[0] is None else chain.frames[0][0] - low_limit - OUTSIDE
    beyond = len(rows) - 1 if chain.frames[-1] is None else chain.frames[-1][1] - 1 - low_limit + OUTSIDE
    ends, ends_at = [nothing, *ends], [min(max(0, outside), len(rows) - 1), *ends_at]
    begins, begins_at = [*begins, nothing], [*begins_at, min(max(0, beyond), len(rows) - 1)]
    replaced, skipped = np.array(
        [free_and_silent(quiet, ends[i], ends_at[i], begins[i + 1], begins_at[i + 1]) for i in range(n)]
    ).T
    inserted = np.array([free_and_silent(quiet, ends[i], ends_at[i], begins[i], begins_at[i])[0] for i in range(1, n)])
    usual = np.array(
        [
            best_insertion(rows, quiet, ends[i], ends_at[i], begins[i], begins_at[i], *chain.usual, blank)
            for i in range(1, n)
        ]
    )
    lead = [_silent_edge(quiet, begins[0], begins_at[0], total, begin) for begin in (0, chain.edges[0] - low_limit)]
    trail = [
        _silent_edge(quiet[::-1], ends[-1][::-1], len(rows) - ends_at[-1] - len(ends[-1]), total, begin)
        for begin in (0, high_limit - chain.edges[1])
    ]
    gains = [np.clip(x - total, -WORST, WORST) for x in (replaced, skipped, inserted, usual)]
    return Evidence(gains[0], gains[1], gains[2], gains[3], lead[0], trail[0], lead[1], trail[1])


def _silent_edge(quiet: F64, masses: F64, at: int, total: float, begin: int) -> float:
    """What is lost by demanding silence from frame `begin` up to where `masses`, from frame `at` on, go on."""
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
    """Frames in which each symbol may be said, from the places of the words that were heard."""
    reach = max(1, round(REACH / shift))
    heard = [(i, place) for i, place in enumerate(chain.frames) if place is not None]
    at = [k for i, _ in heard for k in (firsts[i], lasts[i])]
    where = [float(f) - chain.limits[0] for _, place in heard for f in (place[0], place[1] - 1)]
    symbols = np.arange(count)
    expected = np.interp(symbols, at, where)
    low, high = expected - reach, expected + reach + 1
    # Between heard words lies what was not heard: anywhere between them.
    for (i, before), (j, after) in pairwise(heard):
        if j > i + 1:
            inner = slice(lasts[i] + 1, firsts[j])
            low[inner] = before[1] - chain.limits[0] - reach
            high[inner] = after[0] - chain.limits[0] + reach + 1
    first, last = heard[0][0], heard[-1][0]
    if first > 0:
        low[: firsts[first]] = 0
    if last + 1 < len(chain.labels):
        high[lasts[last] + 1 :] = frames
    low_frames = np.clip(np.floor(low), 0, frames - 1).astype(np.int64)
    high_frames = np.clip(np.ceil(high), 1, frames).astype(np.int64)
    low_frames = np.minimum.accumulate(low_frames[::-1])[::-1]
    return low_frames, np.maximum.accumulate(np.maximum(high_frames, low_frames + 1))
