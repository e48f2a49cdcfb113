"""Compiled kernels of the evidence: sums over the CTC paths of a cue, and scores of single words in one place.

The symbols of a cue are those of its words in order, with optional separators between words. Each symbol is limited to
a band of frames. Frames before the first and after the last symbol cost nothing: the probabilities of all labels there
sum to one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

WORST = 60.0  # nats: larger differences to competitors count as this


@jit
def _add(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    if b > a:
        a, b = b, a
    if not b > a - 30.0:  # also where both are -inf
        return a
    return a + math.log1p(math.exp(b - a))


@jit
def _at(table: F64, row: int, low: I64, high: I64, t: int) -> float:
    """Entry at frame t of a table whose rows cover frames [low, high); -inf outside."""
    if t < low[row] or t >= high[row]:
        return -np.inf
    return float(table[row, t - low[row]])


@jit
def forward_backward(
    rows: F32, labels: I64, optional: NDArray[np.bool_], low: I64, high: I64, blank: int
) -> tuple[F64, F64]:
    """Forward and backward log-masses of each symbol and frame.

    Args:
        rows: natural-log probabilities, (T, C).   labels: (L,), not blank.
        optional: symbols that may be skipped, (L,); neither the first nor the last, no two in a row.
        low, high: frames [low, high) in which each symbol may be emitted, (L,); both non-decreasing.
    Returns:
        before: log-mass of the paths that are at symbol k in frame t, frame t included. (L, width), frame low[k] in
            column 0.
        behind: log-mass of their continuations, frame t excluded. (L, width)
    """
    count = labels.size
    width = 0
    for k in range(count):
        width = max(width, high[k] - low[k])
    before = np.full((count, width), -np.inf)
    behind = np.full((count, width), -np.inf)
    # The blank before symbol k may be emitted from the first frame of symbol k - 1 to the last frame of symbol k.
    from_ = low.copy()
    to = high.copy()
    from_[1:] = low[:-1]
    wide = 0
    for k in range(count):
        wide = max(wide, to[k] - from_[k])
    pause = np.full((count, wide), -np.inf)
    for k in range(count):
        if k > 0:
            for t in range(from_[k], to[k]):
                mass = _at(before, k - 1, low, high, t - 1)
                if t > from_[k]:
                    mass = _add(mass, pause[k, t - 1 - from_[k]])
                pause[k, t - from_[k]] = mass + rows[t, blank]
        for t in range(low[k], high[k]):
            mass = 0.0 if k == 0 else -np.inf
            if t > low[k]:
                mass = _add(mass, before[k, t - 1 - low[k]])
            if k > 0:
                mass = _add(mass, _at(pause, k, from_, to, t - 1))
                if labels[k] != labels[k - 1]:
                    mass = _add(mass, _at(before, k - 1, low, high, t - 1))
                if optional[k - 1]:
                    mass = _add(mass, _at(pause, k - 1, from_, to, t - 1))
                    if labels[k] != labels[k - 2]:
                        mass = _add(mass, _at(before, k - 2, low, high, t - 1))
            before[k, t - low[k]] = mass + rows[t, labels[k]]
    pause[:] = -np.inf
    for k in range(count - 1, -1, -1):
        for t in range(high[k] - 1, low[k] - 1, -1):
            if k == count - 1:
                behind[k, t - low[k]] = 0.0
                continue
            mass = -np.inf
            if t + 1 < high[k]:
                mass = behind[k, t + 1 - low[k]] + rows[t + 1, labels[k]]
            if t + 1 < to[k + 1]:
                mass = _add(mass, _at(pause, k + 1, from_, to, t + 1) + rows[t + 1, blank])
            if labels[k] != labels[k + 1] and t + 1 < high[k + 1]:
                mass = _add(mass, _at(behind, k + 1, low, high, t + 1) + rows[t + 1, labels[k + 1]])
            if optional[k + 1] and labels[k] != labels[k + 2] and t + 1 < high[k + 2]:
                mass = _add(mass, _at(behind, k + 2, low, high, t + 1) + rows[t + 1, labels[k + 2]])
            behind[k, t - low[k]] = mass
        if k == 0:
            break
        for t in range(to[k] - 1, from_[k] - 1, -1):
            mass = -np.inf
            if t + 1 < to[k]:
                mass = pause[k, t + 1 - from_[k]] + rows[t + 1, blank]
            if t + 1 < high[k]:
                mass = _add(mass, _at(behind, k, low, high, t + 1) + rows[t + 1, labels[k]])
            if optional[k] and t + 1 < high[k + 1]:
                mass = _add(mass, _at(behind, k + 1, low, high, t + 1) + rows[t + 1, labels[k + 1]])
            pause[k, t - from_[k]] = mass
    return before, behind


@jit
def free_and_silent(quiet: F64, left: F64, left_low: int, right: F64, right_low: int) -> tuple[float, float]:
    """Log-masses of two connections between the end of one symbol and the start of another: anything, or silence only.

    Args:
        quiet: log-probability of silence in each frame, (T,).
        left: log-masses of the paths whose last symbol is in frame left_low, left_low + 1, ...
        right: log-masses of the paths that continue in frame right_low, right_low + 1, ..., that frame included.
    Returns:
        The log-mass at the best position for either connection, -inf where there is none.
    """
    free = -np.inf
    silent = -np.inf
    best_end = -np.inf  # of all ends so far
    still = -np.inf  # mass of the ends that only silence followed so far
    for t in range(left_low, right_low + right.size):
        # Only ends before frame t can continue in it.
        if t >= right_low:
            free = max(free, best_end + right[t - right_low])
            silent = max(silent, still + right[t - right_low])
        still += quiet[t]
        if t - left_low < left.size:
            best_end = max(best_end, left[t - left_low])
            still = _add(still, left[t - left_low])
    return free, silent


@jit
def word_scores(rows: F32, quiet: F64, words: I64, begins: I64, chosen: I64, blank: int) -> F64:
    """Log-probability of the best CTC path of each word over all frames, with silence before and after it.

    Args:
        rows: natural-log probabilities, (T, C).   quiet: log-probability of silence in each frame, (T,).
        words: symbols of all words, concatenated; word w is words[begins[w] : begins[w + 1]].
        chosen: numbers of the words to score, (n,).
    Returns:
        (n,), -inf for a word that does not fit.
    """
    frames = len(rows)
    found = np.full(chosen.size, -np.inf)
    longest = 0
    for w in chosen:
        longest = max(longest, begins[w + 1] - begins[w])
    symbol = np.empty(longest)
    pause = np.empty(longest + 1)
    for place in range(chosen.size):
        first, stop = begins[chosen[place]], begins[chosen[place] + 1]
        count = stop - first
        symbol[:count] = -np.inf
        pause[: count + 1] = -np.inf
        pause[0] = 0.0
        for t in range(frames):
            # From the last symbol to the first, so that every state still holds the value of the previous frame.
            pause[count] = max(pause[count], symbol[count - 1]) + quiet[t]
            for k in range(count - 1, -1, -1):
                label = words[first + k]
                best = max(symbol[k], pause[k])
                if k > 0 and label != words[first + k - 1]:
                    best = max(best, symbol[k - 1])
                symbol[k] = best + rows[t, label]
                if k > 0:
                    pause[k] = max(pause[k], symbol[k - 1]) + rows[t, blank]
            pause[0] += quiet[t]
        found[place] = max(pause[count], symbol[count - 1])
    return found


@jit
def compared(
    rows: F32,
    quiet: F64,
    words: I64,
    begins: I64,
    low: I64,
    high: I64,
    own: I64,
    others: I64,
    counts: I64,
    blank: int,
) -> F64:
    """Each of n words compared with other words in the same frames; see `competitors.against_competitors`.

    Args:
        rows, quiet, words, begins: see `word_scores`.
        low, high: frames [low, high) of each word, (n,).
        own: number of each word, (n,).
        others: numbers of the words that each is compared with, concatenated; `counts` of them belong to each, (n,).
    Returns:
        (n, 3)
    """
    found = np.empty((low.size, 3))
    at = 0
    for i in range(low.size):
        chosen = np.empty(counts[i] + 1, np.int64)
        chosen[0] = own[i]
        chosen[1:] = others[at : at + counts[i]]
        at += counts[i]
        found[i, 0], found[i, 1], found[i, 2] = -WORST, -3.0, 1.0
        if high[i] <= low[i]:
            continue
        scores = word_scores(rows[low[i] : high[i]], quiet[low[i] : high[i]], words, begins, chosen, blank)
        mine = scores[0]
        if not np.isfinite(mine):
            continue
        rest = scores[1:][np.isfinite(scores[1:])]
        if rest.size < 2:
            found[i, 0], found[i, 1], found[i, 2] = WORST, 3.0, 0.0
            continue
        spread = max(rest.std(), 1.0)
        found[i, 0] = min(max(mine - rest.max(), -WORST), WORST)
        found[i, 1] = min(max((mine - rest.mean()) / spread, -6.0), 6.0)
        found[i, 2] = (rest > mine).sum() / rest.size
    return found


@jit
def best_insertion(
    rows: F32,
    quiet: F64,
    left: F64,
    left_low: int,
    right: F64,
    right_low: int,
    words: I64,
    begins: I64,
    blank: int,
) -> float:
    """Log-mass of the best connection between the end of one symbol and the start of another through one of the words.

    Args:
        rows, quiet, words, begins: see `word_scores`; all words are tried.
        left, right: see `free_and_silent`.
    Returns:
        -inf where no word fits.
    """
    found = -np.inf
    longest = 0
    for w in range(begins.size - 1):
        longest = max(longest, begins[w + 1] - begins[w])
    symbol = np.empty(longest)
    pause = np.empty(longest + 1)
    for w in range(begins.size - 1):
        first = begins[w]
        count = begins[w + 1] - first
        symbol[:count] = -np.inf
        pause[: count + 1] = -np.inf
        for t in range(left_low, right_low + right.size):
            if t >= right_low:
                found = max(found, max(pause[count], symbol[count - 1]) + right[t - right_low])
            pause[count] = max(pause[count], symbol[count - 1]) + quiet[t]
            for k in range(count - 1, -1, -1):
                label = words[first + k]
                best = max(symbol[k], pause[k])
                if k > 0 and label != words[first + k - 1]:
                    best = max(best, symbol[k - 1])
                symbol[k] = best + rows[t, label]
                if k > 0:
                    pause[k] = max(pause[k], symbol[k - 1]) + rows[t, blank]
            pause[0] += quiet[t]
            if t - left_low < left.size:
                pause[0] = max(pause[0], left[t - left_low])
    return found


@jit
def connections(
    rows: F32,
    quiet: F64,
    labels: I64,
    before: F64,
    behind: F64,
    low: I64,
    high: I64,
    firsts: I64,
    lasts: I64,
    outside: int,
    beyond: int,
    words: I64,
    begins: I64,
    blank: int,
) -> F64:
    """Log-masses of the paths in which something else is in place of each of n words, or before it.

    Args:
        rows, labels, before, behind, low, high: see `forward_backward`.   quiet: see `free_and_silent`.
        firsts, lasts: the first and the last symbol of each word, (n,).
        outside, beyond: frames of virtual symbols before the first and after the last word.
        words, begins: see `best_insertion`.
    Returns:
        (4, n): anything in place of the word; silence there; anything between the word and the one before; the best of
        `words` there. Nothing is before the first word: 0 there.
    """
    n = firsts.size
    found = np.zeros((4, n))
    left, left_low = np.zeros(1), outside
    for i in range(n):
        k = firsts[i]
        here = behind[k, : high[k] - low[k]].copy()
        for t in range(low[k], high[k]):
            here[t - low[k]] += rows[t, labels[k]]
        if i > 0:
            found[2, i] = free_and_silent(quiet, left, left_low, here, low[k])[0]
            found[3, i] = best_insertion(rows, quiet, left, left_low, here, low[k], words, begins, blank)
        if i + 1 < n:
            k = firsts[i + 1]
            after = behind[k, : high[k] - low[k]].copy()
            for t in range(low[k], high[k]):
                after[t - low[k]] += rows[t, labels[k]]
            found[0, i], found[1, i] = free_and_silent(quiet, left, left_low, after, low[k])
        else:
            found[0, i], found[1, i] = free_and_silent(quiet, left, left_low, np.zeros(1), beyond)
        k = lasts[i]
        left, left_low = before[k, : high[k] - low[k]].copy(), low[k]
    return found
