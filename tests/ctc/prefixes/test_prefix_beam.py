"""Prefix beam search against the sum over all paths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc.prefixes.beam import prefix_beam_search
from ctcalign.errors import UsageError


def totals(log_probs: np.ndarray, blank: int) -> dict[tuple[int, ...], float]:
    """The total log-probability of every token sequence, path by path."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        text = tuple(label for label, _ in itertools.groupby(path) if label != blank)
        score = float(sum(log_probs[t, label] for t, label in enumerate(path)))
        found[text] = np.logaddexp(found.get(text, -np.inf), score)
    return found


@settings(deadline=None)
@given(frames=st.integers(0, 5), blank=st.integers(0, 2), seed=st.integers(0, 2**16))
def test_a_wide_beam_finds_the_most_probable_sequence(frames, blank, seed):
    logits = np.random.default_rng(seed).normal(0, 1.5, (frames, 3))
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True) if frames else logits
    every = totals(log_probs, blank)
    found = tuple(prefix_beam_search(log_probs, beam=200, blank=blank))
    assert every[found] == pytest.approx(max(every.values()))


def test_it_beats_the_best_path_where_alignments_add_up():
    # Greedy takes blank twice (0.36); "a" has three alignments that together weigh 0.64.
    log_probs = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert prefix_beam_search(log_probs, beam=4) == [1]


def test_a_beam_of_nothing_is_refused():
    with pytest.raises(UsageError, match="beam: got 0"):
        prefix_beam_search(np.zeros((1, 2)), beam=0)
