"""Compiled scores of many words in one place of an emission."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@jit
def word_scores(rows: F32, quiet: F64, words: I64, begins: I64, chosen: I64, blank: int) -> F64:
    """Log-probability of the best CTC path of each word, silence around it, over all of the frames.

    Args:
        rows: natural-log probabilities, (T, C).   quiet: log-probability of saying nothing in each frame, (T,).
        words: symbols of all words, one word behind the other; word w is words[begins[w] : begins[w + 1]].
        chosen: numbers of the words to score, (n,).
    Returns:
        (n,), -inf for a word that does not fit.
    """
    frames = len(rows)
    found = np.full(chosen.size, -np.inf)
    longest = 0
    for w in chosen:
        longest = max(longest, begins[w + 1] - begins[w])
    said = np.empty(longest)
    pause = np.empty(longest + 1)
    for place in range(chosen.size):
        first, stop = begins[chosen[place]], begins[chosen[place] + 1]
        count = stop - first
        said[:count] = -np.inf
        pause[: count + 1] = -np.inf
        pause[0] = 0.0
        for t in range(frames):
            # From the last symbol to the first, so that every state still holds the frame before.
            pause[count] = max(pause[count], said[count - 1]) + quiet[t]
            for k in range(count - 1, -1, -1):
                label = words[first + k]
                best = max(said[k], pause[k])
                if k > 0 and label != words[first + k - 1]:
                    best = max(best, said[k - 1])
                said[k] = best + rows[t, label]
                if k > 0:
                    pause[k] = max(pause[k], said[k - 1]) + rows[t, blank]
            pause[0] += quiet[t]
        found[place] = max(pause[count], said[count - 1])
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
    """Log-mass of the best way from the end of one symbol to the beginning of another over one of some words.

    Args:
        rows, quiet, words, begins: see `word_scores`; all of the words are tried.
        left: log-masses of the paths whose last symbol is in frame left_low, left_low + 1, ...
        right: of those that go on in frame right_low, right_low + 1, ..., that frame included.
    Returns:
        -inf where no word fits.
    """
    found = -np.inf
    longest = 0
    for w in range(begins.size - 1):
        longest = max(longest, begins[w + 1] - begins[w])
    said = np.empty(longest)
    pause = np.empty(longest + 1)
    for w in range(begins.size - 1):
        first = begins[w]
        count = begins[w + 1] - first
        said[:count] = -np.inf
        pause[: count + 1] = -np.inf
        for t in range(left_low, right_low + right.size):
            if t >= right_low:
                found = max(found, max(pause[count], said[count - 1]) + right[t - right_low])
            pause[count] = max(pause[count], said[count - 1]) + quiet[t]
            for k in range(count - 1, -1, -1):
                label = words[first + k]
                best = max(said[k], pause[k])
                if k > 0 and label != words[first + k - 1]:
                    best = max(best, said[k - 1])
                said[k] = best + rows[t, label]
                if k > 0:
                    pause[k] = max(pause[k], said[k - 1]) + rows[t, blank]
            pause[0] += quiet[t]
            if t - left_low < left.size:
                pause[0] = max(pause[0], left[t - left_low])
    return found
