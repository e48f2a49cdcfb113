"""Compiled forward, backward and sampling recursions over the trellis of one transcript, in log space.

State 2 u is the blank before token u, state 2 u + 1 is token u; S = 2 L + 1. Scores are float64 whatever the emission.
Only states on complete paths are visited, so that impossible ones stay -inf and never produce NaN.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.jit import jit

Array = npt.NDArray[Any]


class Trellis(NamedTuple):
    """States of each utterance of a batch; S is 2 L + 1 of the longest transcript.

    Attributes:
        labels: label that each state emits. (B, S) int64, blank beyond the states of an utterance.
        skips: whether the blank before a token may be skipped. (B, S) bool.
        frames, states: sizes of each utterance. (B,) int64.
    """

    labels: npt.NDArray[np.int64]
    skips: npt.NDArray[np.bool_]
    frames: npt.NDArray[np.int64]
    states: npt.NDArray[np.int64]


@jit
def _sum3(a: float, b: float, c: float) -> float:
    """log(e^a + e^b + e^c), without the exponential of the largest."""
    if b > a:
        a, b = b, a
    if c > a:
        a, c = c, a
    if a == -np.inf:
        return a
    return a + math.log1p(math.exp(b - a) + math.exp(c - a))


@jit
def _forward(emission: Array, labels: Array, skip: Array, bonus: Array, alpha: Array) -> float:
    """alpha[t, s] = log-sum over the partial paths that are in s at t, emission at t included. Returns the total."""
    frames, states = alpha.shape
    for t in range(frames):
        low = max(0, states - 2 * (frames - t))
        high = min(states, 2 * t + 2)
        for s in range(states):
            alpha[t, s] = -np.inf
        for s in range(low, high):
            if t == 0:
                best = bonus[0] if s == 1 else 0.0
            else:
                stay = alpha[t - 1, s]
                step = alpha[t - 1, s - 1] if s > 0 else -np.inf
                leap = alpha[t - 1, s - 2] if skip[s] else -np.inf
                if s % 2 == 1:
                    step += bonus[t]
                    leap += bonus[t]
                best = _sum3(stay, step, leap)
            alpha[t, s] = best + emission[t, labels[s]]
    if frames == 0:
        return 0.0 if states == 1 else -np.inf
    if states == 1:
        last: float = alpha[frames - 1, 0]
        return last
    return _sum3(alpha[frames - 1, states - 1], alpha[frames - 1, states - 2], -np.inf)


@jit
def totals(emissions: Array, trellis: Trellis, bonuses: Array, scores: Array) -> None:
    """Total score of each utterance into scores (B,)."""
    labels, skips, frames, states = trellis.labels, trellis.skips, trellis.frames, trellis.states
    for b in range(len(frames)):
        alpha = np.empty((frames[b], states[b]))
        scores[b] = _forward(emissions[b], labels[b], skips[b], bonuses[b], alpha)


@jit
def totals_and_occupancies(
    emissions: Array, trellis: Trellis, bonuses: Array, scores: Array, occupancies: Array
) -> None:
    """Total score of each utterance, and the posterior of each label at each frame added to occupancies (B, T, C)."""
    labels, skips, frames, states = trellis.labels, trellis.skips, trellis.frames, trellis.states
    for b in range(len(frames)):
        count, size = frames[b], states[b]
        emission, label, skip, bonus, occupancy = emissions[b], labels[b], skips[b], bonuses[b], occupancies[b]
        alpha = np.empty((count, size))
        total = _forward(emission, label, skip, bonus, alpha)
        scores[b] = total
        if total == -np.inf:
            continue
        after = np.full(size, -np.inf)  # log-sum of all continuations of a state, without its own emission
        before = np.empty(size)
        for t in range(count - 1, -1, -1):
            low, high = max(0, size - 2 * (count - t)), min(size, 2 * t + 2)
            if t == count - 1:
                after[size - 1] = 0.0
                if size > 1:
                    after[size - 2] = 0.0
            else:
                for s in range(size):
                    before[s] = after[s] + emission[t + 1, label[s]] if after[s] > -np.inf else -np.inf
                    after[s] = -np.inf
                for s in range(low, high):
                    step = before[s + 1] if s + 1 < size else -np.inf
                    leap = before[s + 2] if s + 2 < size and skip[s + 2] else -np.inf
                    if s % 2 == 0:
                        step += bonus[t + 1]
                    else:
                        leap += bonus[t + 1]
                    after[s] = _sum3(before[s], step, leap)
            for s in range(low, high):
                occupancy[t, label[s]] += math.exp(alpha[t, s] + after[s] - total)


@jit
def draw_alignments(emissions: Array, trellis: Trellis, systematic: bool, uniforms: Array, paths: Array) -> None:
    """Forward filtering, backward sampling: exact draws from the posterior of each utterance's alignments.

    uniforms (B, n, T) in [0, 1); paths (B, n, T) receives the labels, -1 throughout where no alignment exists.
    Systematic: one offset, uniforms[b, 0, 0], and path i takes quantile (i + offset) / n through nested intervals.
    Every choice uses up bits of the quantile; new random bits are added before they run out, which keeps it exact.
    """
    labels, skips, frames, states = trellis.labels, trellis.skips, trellis.frames, trellis.states
    for b in range(len(frames)):
        count, size = frames[b], states[b]
        emission, label, skip = emissions[b], labels[b], skips[b]
        alpha = np.empty((count, size))
        total = _forward(emission, label, skip, np.zeros(count), alpha)
        if total == -np.inf:
            paths[b] = -1
            continue
        number = paths.shape[1] if count else 0
        for i in range(number):
            s = size + 1  # beyond the end: its predecessors are the two last states
            quantile, grain = (i + uniforms[b, 0, 0]) / number, 2.0**-53
            for t in range(count - 1, -1, -1):
                if systematic:
                    if grain > 2.0**-26:
                        quantile = min(quantile + grain * uniforms[b, i, t], 1.0 - 2.0**-53)
                        grain = 2.0**-53
                else:
                    quantile = uniforms[b, i, t]
                stay = alpha[t, s] if s < size else -np.inf
                step = alpha[t, s - 1] if 0 < s <= size else -np.inf
                leap = -np.inf
                if s > size:  # the end: step to the last state, skip it to the last token
                    step = alpha[t, size - 1]
                    leap = alpha[t, size - 2] if size > 1 else -np.inf
                elif s < size and skip[s]:
                    leap = alpha[t, s - 2]
                whole = _sum3(stay, step, leap)
                p_stay, p_step = math.exp(stay - whole), math.exp(step - whole)
                end = s > size
                low = 0.0
                if quantile < p_stay:
                    width = p_stay
                elif quantile < p_stay + p_step or leap == -np.inf:
                    low, width = p_stay, p_step
                    s = size - 1 if end else s - 1
                else:
                    low, width = p_stay + p_step, math.exp(leap - whole)
                    s = size - 2 if end else s - 2
                quantile = min(max((quantile - low) / width, 0.0), 1.0 - 2.0**-53) if width > 0.0 else 0.0
                grain = grain / width if width > 0.0 else 1.0
                paths[b, i, t] = label[s]
