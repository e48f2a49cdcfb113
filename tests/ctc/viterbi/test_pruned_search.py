"""Band and beam: a certificate is never wrong, and is given where it can be."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import WILDCARD, GraphBuilder, best_path, best_path_graph
from ctcalign.errors import NoPathError
from tests.ctc.brute_force import collapsed, integer_log_probs

anything = settings(max_examples=200, deadline=None)


def feasible(rng: random.Random, frames: int, classes: int) -> list[int]:
    tokens: list[int] = []
    while len(tokens) + sum(a == b for a, b in itertools.pairwise(tokens)) < frames * rng.uniform(0.1, 0.8):
        tokens.append(rng.randrange(1, classes))
    return tokens[:-1]


def leaning(rng: random.Random, log_probs: np.ndarray, path: np.ndarray, strength: float) -> np.ndarray:
    """The emission with some path made likely, so that certificates have a chance."""
    log_probs = log_probs - strength
    log_probs[np.arange(len(path)), path] = 0
    return log_probs


@anything
@given(
    seed=st.integers(0, 2**32),
    frames=st.integers(4, 60),
    band=st.one_of(st.none(), st.integers(1, 20)),
    beam=st.one_of(st.none(), st.floats(0.5, 40)),
    strength=st.sampled_from([0.0, 3.0]),
    own_centre=st.booleans(),
)
def test_certified_means_optimal(
    seed: int, frames: int, band: int | None, beam: float | None, strength: float, own_centre: bool
) -> None:
    rng = random.Random(seed)
    targets = feasible(rng, frames, 4)
    log_probs = integer_log_probs(rng, frames, 4)
    exact = best_path(log_probs, targets)
    log_probs = leaning(rng, log_probs, np.asarray(exact.path), strength)
    exact = best_path(log_probs, targets)
    centre = [rng.uniform(-5, frames + 5) for _ in targets] if own_centre and band else None
    try:
        pruned = best_path(log_probs, targets, band=band, beam=beam, centre=centre)
    except NoPathError:
        with pytest.raises(NoPathError, match="no path inside the band or beam; widen or remove it"):
            best_path(log_probs, targets, band=band, beam=beam, centre=centre)
        assert band or beam
        return
    assert collapsed(pruned.path.tolist(), 0) == tuple(targets)
    assert log_probs[np.arange(frames), np.asarray(pruned.path)].sum() == pruned.score <= exact.score
    if pruned.certified:
        assert pruned.score == exact.score
    if band is None and beam is None:
        assert pruned.certified


@anything
@given(seed=st.integers(0, 2**32), band=st.integers(1, 15), beam=st.one_of(st.none(), st.floats(1, 30)))
def test_certificates_of_graphs(seed: int, band: int, beam: float | None) -> None:
    rng = random.Random(seed)
    builder = GraphBuilder()
    for _ in range(rng.randrange(1, 6)):
        words = [
            [rng.choice([WILDCARD, 1, 2, 3]) for _ in range(rng.randrange(1, 4))] for _ in range(rng.randrange(1, 4))
        ]
        builder.alternatives(words, [float(rng.randrange(3)) for _ in words])
        builder.optional([4], float(rng.randrange(2)))
    log_probs = integer_log_probs(rng, rng.randrange(30, 60), 5)
    exact = best_path_graph(log_probs, builder.build(), wildcard_penalty=1.0)
    try:
        pruned = best_path_graph(log_probs, builder.build(), wildcard_penalty=1.0, band=band, beam=beam)
    except NoPathError:
        return
    assert pruned.score <= exact.score
    if pruned.certified:
        assert pruned.score == exact.score


def sure_case(frames: int = 3000, length: int = 400) -> tuple[torch.Tensor, np.ndarray]:
    """Speech at an uneven rate, heard clearly."""
    rng = np.random.default_rng(11)
    targets = rng.integers(1, 9, length)
    starts = np.sort(rng.choice(np.arange(frames // 2 - 2), length, replace=False)) * 2 + 1
    logits = torch.from_numpy(rng.standard_normal((frames, 9)))
    logits[:, 0] += 6
    logits[starts, torch.from_numpy(targets)] += 14
    return logits.log_softmax(1), targets


@pytest.mark.parametrize("options", [{"band": 400}, {"beam": 60.0}, {"band": 400, "beam": 60.0}])
def test_clear_speech_is_certified(options: dict[str, float]) -> None:
    log_probs, targets = sure_case()
    exact, pruned = best_path(log_probs, targets), best_path(log_probs, targets, **options)
    assert pruned.certified
    assert np.array_equal(pruned.path, exact.path)


@pytest.mark.parametrize("options", [{"band": 5}, {"beam": 0.5}])
def test_what_is_pruned_too_hard_is_not_certified(options: dict[str, float]) -> None:
    rng = np.random.default_rng(12)
    log_probs, targets = torch.from_numpy(rng.standard_normal((900, 9))).log_softmax(1), rng.integers(1, 9, 200)
    pruned = best_path(log_probs, targets, **options)
    assert pruned.score < best_path(log_probs, targets).score
    assert not pruned.certified


def test_a_band_around_the_truth_finds_it() -> None:
    log_probs, targets = sure_case()
    exact = best_path(log_probs, targets)
    centre = np.array([start for start, _ in exact.spans])
    narrow = best_path(log_probs, targets, band=3, centre=centre)
    assert np.array_equal(narrow.path, exact.path)


def test_a_wide_band_is_the_exact_search() -> None:
    log_probs, targets = sure_case(400, 60)
    exact, wide = best_path(log_probs, targets), best_path(log_probs, targets, band=400)
    assert wide.certified
    assert np.array_equal(wide.path, exact.path)


@pytest.mark.parametrize("frames", [10, 11, 17, 200])
def test_the_narrowest_even_band_has_a_path(frames: int) -> None:
    targets = [1, 1, 2, 3, 3, 1, 2]  # 9 frames at least
    best = best_path(-np.ones((frames, 4)), targets, band=1)
    assert collapsed(best.path.tolist(), 0) == tuple(targets)
