"""Compiled recursions over the prefixes of one transcript: the probability that the frames so far spell exactly a
prefix, and the backward pass.

Prefix u is the first u tokens. After t frames it ends in blank or in its last token. Unlike in the trellis of a
complete transcript, states that cannot reach the end are kept: a prefix may be followed by anything.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.jit import jit

Array = npt.NDArray[Any]


@jit
def prefix_scores(scores: Array, repeats: Array, in_blank: Array, whole: Array, spoken: Array, stay: Array) -> None:
    """Scores of all prefixes after any number of frames, float64, and the shares needed by the backward pass.

    Args:
        scores: (T, U) log-probs: column 0 of the blank, column u of token u.
        repeats: (U,) bool, whether token u equals token u - 1, so that a blank must come between.
        in_blank: (T + 1, U), afterwards the score of prefix u after t frames, the last of them blank.
        whole: (T + 1, U), the same whatever the last frame.
        spoken: (T + 1, U), share of `whole` that ends in the token.
        stay: (T + 1, U), share of that which was in the token one frame before.
    """
    frames, prefixes = scores.shape
    in_token = np.full(prefixes, -np.inf)
    for u in range(prefixes):
        in_blank[0, u] = whole[0, u] = -np.inf
        spoken[0, u] = stay[0, u] = 0.0
    in_blank[0, 0] = whole[0, 0] = 0.0
    for t in range(1, frames + 1):
        reached = min(prefixes, t + 1)
        for u in range(reached):
            rest = whole[t - 1, u] + scores[t - 1, 0]
            token, kept = -np.inf, 0.0
            if u > 0:
                enter = in_blank[t - 1, u - 1] if repeats[u] else whole[t - 1, u - 1]
                token = in_token[u]
                # log(1 + x) instead of log1p: a tiny x is below the rounding error of the sum.
                if token >= enter:
                    if token > -np.inf:
                        small = math.exp(enter - token)
                        token += math.log(1.0 + small)
                        kept = 1.0 / (1.0 + small)
                else:
                    small = math.exp(token - enter)
                    token = enter + math.log(1.0 + small)
                    kept = small / (1.0 + small)
                token += scores[t - 1, u]
                in_token[u] = token
            stay[t, u] = kept
            in_blank[t, u] = rest
            if token > rest:
                small = math.exp(rest - token)
                whole[t, u] = token + math.log(1.0 + small)
                spoken[t, u] = 1.0 / (1.0 + small)
            elif rest > -np.inf:
                small = math.exp(token - rest)
                whole[t, u] = rest + math.log(1.0 + small)
                spoken[t, u] = small / (1.0 + small)
            else:
                whole[t, u] = -np.inf
                spoken[t, u] = 0.0
        for u in range(reached, prefixes):
            in_blank[t, u] = whole[t, u] = -np.inf
            spoken[t, u] = stay[t, u] = 0.0


@jit
def carry_back(spoken: Array, stay: Array, repeats: Array, to_whole: Array, to_blank: Array, occupancy: Array) -> None:
    """Propagate weights, of either sign, to earlier frames: derivatives with respect to the log-probs of the frames.

    A weight is a derivative with respect to a score; it is divided among the predecessors by their shares, so that sums
    of weights are conserved.

    Args:
        spoken, stay, repeats: as in `prefix_scores`.
        to_whole: (T + 1, U) weights on `whole`.  to_blank: (T + 1, U) weights on `in_blank`.
        occupancy: (T, U); added to: column 0 gets the weight of the blank in each frame, column u that of token u.
    """
    steps, prefixes = spoken.shape
    blank = np.zeros(prefixes)
    token = np.zeros(prefixes)
    for t in range(steps - 1, 0, -1):
        silence = 0.0
        for u in range(prefixes):
            both = to_whole[t, u] + blank[u]  # on `whole`: given, and from its blank one frame later
            rest = to_blank[t, u]
            kept = stay[t + 1, u] * token[u] if t + 1 < steps else 0.0
            if u + 1 < prefixes and t + 1 < steps:
                enter = (1.0 - stay[t + 1, u + 1]) * token[u + 1]  # token[u + 1] is still that of one frame later
                if repeats[u + 1]:
                    rest += enter
                else:
                    both += enter
            blank[u] = rest + (1.0 - spoken[t, u]) * both
            token[u] = kept + spoken[t, u] * both
            silence += blank[u]
            if u > 0:
                occupancy[t - 1, u] += token[u]
        occupancy[t - 1, 0] += silence
