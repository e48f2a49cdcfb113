"""Compiled kernels of the label-synchronous search: extensions of all prefixes of a beam, each at a cost of O(T).

A prefix has two rows of T + 1 log-probs: `whole`, that the first t frames spell exactly the prefix, and `in_blank`, the
part of it whose last frame is blank.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.jit import jit

Array = npt.NDArray[Any]

FAINT = 1e-246  # sums of products below this may have lost terms by underflow


@jit
def _add(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    if b > a:
        a, b = b, a
    if b == -np.inf:
        return a
    # log(1 + x) instead of log1p: a tiny x is below the rounding error of the sum.
    return a + math.log(1.0 + math.exp(b - a))


@jit
def extension_scores(
    log_probs: Array, probabilities: Array, whole: Array, in_blank: Array, last: Array, blank: int
) -> Array:
    """Log of the prefix probability of each prefix followed by each label; at the blank, of the prefix as whole text.

    Args:
        log_probs: (T, C), float64, rows normalised.  probabilities: their exponentials.
        whole, in_blank: (K, T + 1).
        last: (K,) last label of each prefix, -1 for the empty one.
    Returns:
        (K, C).
    """
    frames, classes = log_probs.shape
    prefixes = len(last)
    found = np.full((prefixes, classes), -np.inf)
    for k in range(prefixes):
        peak = -np.inf
        for t in range(frames):
            peak = max(peak, whole[k, t])
        if peak > -np.inf:
            mass = np.zeros(classes)
            for t in range(frames):
                relative = math.exp(whole[k, t] - peak)
                if relative > 0.0:
                    for v in range(classes):
                        mass[v] += relative * probabilities[t, v]
            for v in range(classes):
                if mass[v] >= FAINT:
                    found[k, v] = peak + math.log(mass[v])
                else:
                    for t in range(frames):
                        if log_probs[t, v] > -np.inf:
                            found[k, v] = _add(found[k, v], whole[k, t] + log_probs[t, v])
            again = last[k]
            if again >= 0:  # a repeated label needs a blank before it
                found[k, again] = -np.inf
                for t in range(frames):
                    found[k, again] = _add(found[k, again], in_blank[k, t] + log_probs[t, again])
        found[k, blank] = whole[k, frames]
    return found


@jit
def extended(
    log_probs: Array, whole: Array, in_blank: Array, last: Array, parents: Array, labels: Array, blank: int
) -> tuple[Array, Array]:
    """The rows `whole` and `in_blank`, each (N, T + 1), of N prefixes: `parents` followed by `labels`.

    Args:
        log_probs, whole, in_blank, last, blank: as in `extension_scores`.
        parents: (N,) places in `whole`.  labels: (N,), not the blank.
    """
    frames = len(log_probs)
    count = len(parents)
    their_whole = np.empty((count, frames + 1))
    their_blank = np.empty((count, frames + 1))
    for n in range(count):
        parent, label = parents[n], labels[n]
        before = in_blank if label == last[parent] else whole
        token = silence = everything = -np.inf
        their_whole[n, 0] = their_blank[n, 0] = -np.inf
        for t in range(frames):
            silence = everything + log_probs[t, blank]
            token = _add(token, before[parent, t]) + log_probs[t, label]
            everything = _add(token, silence)
            their_blank[n, t + 1] = silence
            their_whole[n, t + 1] = everything
    return their_whole, their_blank
