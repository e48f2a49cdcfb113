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
