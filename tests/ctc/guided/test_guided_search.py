"""The guided search against enumeration of all texts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.ctc.guided.search import guided_beam_search
from ctcalign.errors import NoPathError, ShapeError, UsageError
from tests.ctc.brute_force import collapsed

ALL = -math.inf
Texts = dict[tuple[int, ...], float]


def random_emission(rng: np.random.Generator, frames: int, classes: int, scale: float = 1.0) -> np.ndarray:
    logits = scale * rng.standard_normal((frames, classes))
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def log_probs_of_texts(emission: np.ndarray, blank: int) -> Texts:
    frames, classes = emission.shape
    found: Texts = {}
    for path in itertools.product(range(classes), repeat=frames):
        text = collapsed(path, blank)
        found[text] = found.get(text, 0.0) + math.exp(sum(emission[t, label] for t, label in enumerate(path)))
    return {text: math.log(mass) for text, mass in found.items()}


def check(found: list[ctc.Hypothesis], expected: Texts) -> None:
    """The hypotheses are the best texts, in order, with their scores."""
    best = sorted(expected.values(), reverse=True)[: len(found)]
    assert [one.score for one in found] == pytest.approx(best, abs=1e-9)
    assert [expected[one.tokens] for one in found] == pytest.approx(best, abs=1e-9)
    assert len({one.tokens for one in found}) == len(found)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**16),
    lengths=st.tuples(*[st.integers(1, 4)] * 3),
    blank=st.integers(0, 2),
    weight=st.sampled_from([0.0, 0.3, 1.0]),
    based=st.booleans(),
)
def test_a_wide_beam_finds_the_texts_with_the_highest_guided_scores(seed, lengths, blank, weight, based):
    rng = np.random.default_rng(seed)
    big, guide, base = (random_emission(rng, frames, 3) for frames in lengths)
    texts, liked, disliked = (log_probs_of_texts(emission, blank) for emission in (big, guide, base))
    expected = {
        text: score + weight * (liked[text] - (disliked[text] if based else 0.0)) if weight else score
        for text, score in texts.items()
        if not weight or (text in liked and (not based or text in disliked))
    }
    found = guided_beam_search(
        big, guide, base if based else None, weight=weight, beam=60, blank=blank, least_log_prob=ALL
    )
    assert len(found) == len(expected)
    check(found, expected)


def test_a_guide_that_is_its_own_base_changes_nothing():
    rng = np.random.default_rng(1)
    big, guide = random_emission(rng, 30, 6, 3.0), random_emission(rng, 50, 6, 3.0)
    unguided = guided_beam_search(big, guide, weight=0.0, beam=8)
    same = guided_beam_search(big, guide, guide, weight=1.5, beam=8)
    assert [one.tokens for one in same[:4]] == [one.tokens for one in unguided[:4]]
    assert [one.score for one in same[:4]] == pytest.approx([one.score for one in unguided[:4]])


def test_without_weight_it_is_the_most_probable_text():
    """Against another search, with scores that are sums over all alignments."""
    import torch

    for seed in range(4):
        emission = random_emission(np.random.default_rng(seed), 40, 8, 5.0)
        found = guided_beam_search(emission, emission, weight=0.0, beam=64)
        peer = ctc.nbest(torch.from_numpy(emission)[None], 1, beam=256)[0][0]
        assert found[0].tokens == peer.tokens
        assert found[0].score == pytest.approx(peer.score)


def test_the_scores_of_a_narrow_beam_are_exact():
    import torch

    rng = np.random.default_rng(2)
    big, guide, base = (random_emission(rng, frames, 7, 4.0) for frames in (60, 41, 33))
    for one in guided_beam_search(big, guide, base, weight=0.7, beam=4):
        totals = [
            ctc.total_score(torch.from_numpy(emission)[None], torch.tensor([one.tokens])).item()
            for emission in (big, guide, base)
        ]
        assert one.score == pytest.approx(totals[0] + 0.7 * (totals[1] - totals[2]))


def test_the_guide_decides_between_texts_that_the_recogniser_finds_equal():
    big = np.log([[0.02, 0.49, 0.49]])
    guide = np.log([[0.2, 0.3, 0.5], [0.8, 0.1, 0.1]])
    assert guided_beam_search(big, guide)[0].tokens == (2,)
    base = np.log([[0.2, 0.1, 0.7], [0.8, 0.1, 0.1]])  # the guide has learned to say 1
    assert guided_beam_search(big, guide, base)[0].tokens == (1,)


def test_improbable_labels_are_not_chosen_whatever_the_ratio():
    """The guide says 2 with e^-30, its base with e^-90: the ratio alone would be worth 60 nats."""
    big = np.array([[-1e-9, -25.0, -25.0]])
    guide = np.array([[-1e-9, -30.0, -30.0]])
    base = np.array([[-1e-9, -30.0, -90.0]])
    assert guided_beam_search(big, guide, base)[0].tokens == ()
    assert guided_beam_search(big, guide, base, least_log_prob=ALL)[0].tokens == (2,)


def test_improbable_prefixes_keep_their_precision():
    """Sums of products that underflow: the guide gives the only probable text e^-2000."""
    big = np.full((4, 2), -math.inf)
    big[[0, 1, 2, 3], [1, 0, 1, 1]] = 0.0
    guide = np.array([[-1000.0, 0.0], [-1000.0, 0.0], [0.0, -1000.0]])
    liked = {(1, 1): -np.inf}
    for path in itertools.product(range(2), repeat=3):
        if collapsed(path, 0) == (1, 1):
            liked[(1, 1)] = np.logaddexp(liked[(1, 1)], sum(guide[t, label] for t, label in enumerate(path)))
    found = guided_beam_search(big, guide)
    assert [one.tokens for one in found] == [(1, 1)]
    assert found[0].score == pytest.approx(liked[(1, 1)])


def test_texts_that_do_not_fit_the_guide():
    """The recogniser is certain of two labels; the guide has frames for one."""
    big = np.log([[0.01, 0.98, 0.01], [0.01, 0.01, 0.98]])
    guide = np.log([[0.1, 0.6, 0.3]])
    assert guided_beam_search(big, guide, least_log_prob=-3.0)[0].tokens == (1,)
    assert guided_beam_search(big, guide, weight=0.0)[0].tokens == (1, 2)
    assert guided_beam_search(big, np.zeros((0, 3)))[0].tokens == ()
    assert guided_beam_search(np.zeros((0, 3)), guide)[0].tokens == ()
    certain = np.full((1, 3), -math.inf)
    certain[0, 1] = 0.0
    with pytest.raises(NoPathError, match="no text is possible under all recognisers"):
        guided_beam_search(certain, certain[:, [0, 2, 1]])


def test_wrong_arguments_are_named():
    emission = np.log(np.full((3, 3), 1 / 3))
    for error, message, arguments, options in (
        (ShapeError, "guide: has 2 columns, expected the 3 of log_probs", (emission, emission[:, :2]), {}),
        (ShapeError, "guide_base: has 2 columns", (emission, emission, emission[:, :2]), {}),
        (ShapeError, "must have shape", (emission[None], emission), {}),
        (UsageError, "guide: NaN or", (emission, emission * np.nan), {}),
        (UsageError, "weight: got -1", (emission, emission), {"weight": -1}),
        (UsageError, "weight: got inf", (emission, emission), {"weight": math.inf}),
        (UsageError, "beam: got 0", (emission, emission), {"beam": 0}),
        (UsageError, "blank: got 3", (emission, emission), {"blank": 3}),
        (UsageError, "least_log_prob: got -1", (emission, emission), {"least_log_prob": -1.0}),
    ):
        with pytest.raises(error, match=message):
            guided_beam_search(*arguments, **options)
