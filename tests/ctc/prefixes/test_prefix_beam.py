"""Prefix beam search against the sum over all paths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.ctc.prefixes.beam import prefix_beam_search, prefixes_kept
from ctcalign.ctc.prefixes.kernels import smallest
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


def plain_search(log_probs: np.ndarray, beam: int, blank: int, least: float = -9.0) -> list[tuple[tuple, float]]:
    """The same algorithm with dictionaries: prefix -> probabilities of ending in blank and in its last token."""
    kept = {(): (1.0, 0.0)}
    for row in log_probs:
        found: dict[tuple, list[float]] = {}
        for prefix, (in_blank, in_token) in kept.items():
            here = found.setdefault(prefix, [0.0, 0.0])
            here[0] += (in_blank + in_token) * np.exp(row[blank])
            if prefix:
                here[1] += in_token * np.exp(row[prefix[-1]])
            for label, score in enumerate(row):
                if label != blank and score > least:
                    source = in_blank if prefix and prefix[-1] == label else in_blank + in_token
                    found.setdefault((*prefix, label), [0.0, 0.0])[1] += source * np.exp(score)
        order = sorted(found, key=lambda prefix: -sum(found[prefix]))[:beam]
        kept = {prefix: (found[prefix][0], found[prefix][1]) for prefix in order}
    return [(prefix, sum(masses)) for prefix, masses in kept.items()]


@settings(deadline=None, max_examples=60)
@given(frames=st.integers(0, 9), beam=st.integers(1, 6), blank=st.integers(0, 3), seed=st.integers(0, 2**16))
def test_a_narrow_beam_keeps_what_a_plain_search_keeps(frames, beam, blank, seed):
    logits = np.random.default_rng(seed).normal(0, 3, (frames, 4))  # some labels are below the least log-prob
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True) if frames else logits
    expected = plain_search(log_probs, beam, blank)
    found = prefixes_kept(log_probs, beam, blank)
    assert [prefix for prefix, _ in found] == [prefix for prefix, _ in expected]
    assert np.exp([mass for _, mass in found]) == pytest.approx([mass for _, mass in expected])
    assert prefix_beam_search(log_probs, beam, blank) == list(expected[0][0])


@pytest.mark.parametrize(("score", "found"), [(-8.99, {(), (1,)}), (-9.0, {()}), (-9.01, {()})])
def test_labels_that_are_very_unlikely_extend_nothing(score, found):
    assert {prefix for prefix, _ in prefixes_kept(np.array([[0.0, score]]), 4, 0)} == found


def test_impossible_labels_are_no_prefixes():
    log_probs = np.array([[-np.inf, 0.0], [-np.inf, 0.0]])
    assert prefixes_kept(log_probs, 9, 0)[0] == ((1,), 0.0)
    assert [prefix for prefix, mass in prefixes_kept(log_probs, 9, 0) if mass > -np.inf] == [(1,)]


def test_beams_and_blanks_at_the_edge():
    log_probs = np.log(np.array([[0.3, 0.7]]))
    assert prefix_beam_search(log_probs, 1, 0) == [1]
    assert prefix_beam_search(log_probs, 1, 1) == []
    assert prefix_beam_search(log_probs) == [1]
    assert prefix_beam_search(np.zeros((0, 2)), 1_000_000) == []
    for beam in (0, -1, 1_000_001, True):
        with pytest.raises(UsageError, match=r"^beam: got .*, expected 1 to 1,000,000 prefixes"):
            prefixes_kept(log_probs, beam, 0)
    for blank in (-1, 2):
        with pytest.raises(UsageError, match=rf"^blank: got {blank}, expected one of the 2 labels"):
            prefix_beam_search(log_probs, 4, blank)
    for value in (np.nan, np.inf):
        with pytest.raises(UsageError, match=r"^log_probs: NaN or \+inf"):
            prefix_beam_search(np.array([[0.0, value]]))


def test_sixteen_prefixes_are_kept_by_default():
    log_probs = np.full((1, 41), np.log(1 / 41))
    text = torch.from_numpy(log_probs)[None]
    assert len(ctc.nbest(text, 20)[0]) == 20  # at least n
    assert len(ctc.nbest(text, 3, beam=5)[0]) == 3
    assert len(prefixes_kept(log_probs, 16, 0)) == 16
    second = np.log(np.array([[0.2, 0.15, 0.65], [0.3, 0.55, 0.15]]))  # a beam of one is misled
    assert prefix_beam_search(second, 1) == list(plain_search(second, 1, 0)[0][0])


def test_ties_of_the_n_best_keep_the_order_of_the_search():
    even = torch.full((1, 1, 4), 0.25).log()
    assert [one.tokens for one in ctc.nbest(even, 4)[0]] == [(), (1,), (2,), (3,)]
    for beam in (0, -1):
        with pytest.raises(UsageError, match=r"^beam: got .*, expected 1 or more"):
            ctc.nbest(even, 1, beam=beam)
    for blank in (-1, 4):
        with pytest.raises(UsageError, match=rf"^blank: got {blank}, expected one of the 4 labels"):
            ctc.nbest(even, 1, blank=blank)
    assert [one.tokens for one in ctc.nbest(even, 1, blank=3, beam=1)[0]] == [()]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 12))
def test_the_smallest_values_are_those_of_a_stable_sort(values: list[int], count: int) -> None:
    given_values = np.array([np.inf if value == 4 else float(value) for value in values])
    assert smallest(given_values, count).tolist() == np.argsort(given_values, kind="stable")[:count].tolist()
