"""Sampled paths follow the exact distributions; chi-square tests against enumeration at p > 0.001."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from ctcalign import ctc
from ctcalign.ctc.batch_inputs import checked
from ctcalign.ctc.sums import tensors as trellis_tensors
from ctcalign.ctc.sums.trellis import build_trellis
from ctcalign.errors import ShapeError, UsageError
from tests.ctc.brute_force import log_sum, walk_scores

DRAWS = 50_000
CASES = {
    "two tokens": ([1, 2], 5, 0, "standard"),
    "repeat": ([1, 1], 5, 0, "standard"),
    "repeat without blank": ([2, 2], 4, 0, "modified"),
    "blank last": ([0, 1], 5, 2, "standard"),
    "silence": ([], 3, 0, "standard"),
    "no room to spare": ([1, 2, 1], 3, 0, "standard"),
}


def emission_of(frames: int, classes: int = 3, seed: int = 3) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (1.5 * torch.randn(1, frames, classes, dtype=torch.float64, generator=rng)).log_softmax(-1)


def frequencies_fit(paths: torch.Tensor, probabilities: dict[tuple[int, ...], float]) -> bool:
    counts = Counter(map(tuple, paths.tolist()))
    assert set(counts) <= set(probabilities), "a path was drawn that has probability zero"
    expected = np.array([probability * len(paths) for probability in probabilities.values()])
    observed = np.array([counts[path] for path in probabilities], float)
    rare = expected < 5  # the test needs five expected draws a cell: pool what is rarer
    if rare.any():
        expected = np.append(expected[~rare], expected[rare].sum())
        observed = np.append(observed[~rare], observed[rare].sum())
    if len(expected) == 1 or expected[-1] == 0:
        return bool(observed.sum() == len(paths))
    return bool(chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 0.001)


def posterior(emission: torch.Tensor, targets: list[int], blank: int, topology: str) -> dict[tuple[int, ...], float]:
    walks = walk_scores(emission[0].numpy(), targets, blank, topology == "modified")
    total = log_sum(score for _, score in walks)
    found: Counter[tuple[int, ...]] = Counter()
    for path, score in walks:
        found[path] += np.exp(score - total)
    return dict(found)


def draw(emission: torch.Tensor, targets: list[int], blank: int, topology: str, how: str) -> torch.Tensor:
    rng = torch.Generator().manual_seed(11)
    labels = torch.tensor([targets], dtype=torch.int64).reshape(1, -1)
    if how == "tensors":
        trellis = build_trellis(checked(emission, labels, None, None, blank, topology))
        uniforms = torch.rand(1, DRAWS, emission.shape[1], dtype=torch.float64, generator=rng)
        return trellis_tensors.draw_alignments(emission, trellis, False, uniforms, blank)[0]
    if how == "systematic, one path a call":
        many = emission.expand(DRAWS, -1, -1)
        rows = ctc.sample_alignments(
            many, labels.expand(DRAWS, -1), 1, blank=blank, topology=topology, generator=rng, systematic=True
        )
        return rows[:, 0]
    return ctc.sample_alignments(emission, labels, DRAWS, blank=blank, topology=topology, generator=rng)[0]


@pytest.mark.parametrize("how", ["independent", "tensors", "systematic, one path a call"])
@pytest.mark.parametrize("name", CASES)
def test_alignments_follow_the_exact_posterior(name: str, how: str) -> None:
    targets, frames, blank, topology = CASES[name]
    emission = emission_of(frames)
    paths = draw(emission, targets, blank, topology, how)
    assert frequencies_fit(paths, posterior(emission, targets, blank, topology))


def test_the_check_fails_for_a_slightly_wrong_distribution() -> None:
    targets, frames, blank, topology = CASES["two tokens"]
    paths = draw(emission_of(frames), targets, blank, topology, "independent")
    wrong = posterior(emission_of(frames) * 0.9, targets, blank, topology)
    assert not frequencies_fit(paths, wrong)


@pytest.mark.parametrize("tensors", [False, True])
def test_systematic_paths_spread_evenly(tensors: bool) -> None:
    emission, labels, n = emission_of(5), torch.tensor([[1, 2]]), 1000
    rng = torch.Generator().manual_seed(0)
    if tensors:
        trellis = build_trellis(checked(emission, labels, None, None, 0))
        uniforms = torch.rand(1, n, 5, dtype=torch.float64, generator=rng)
        paths = trellis_tensors.draw_alignments(emission, trellis, True, uniforms, 0)[0]
    else:
        paths = ctc.sample_alignments(emission, labels, n, generator=rng, systematic=True)[0]
    counts = Counter(map(tuple, paths.tolist()))
    for path, probability in posterior(emission, [1, 2], 0, "standard").items():
        # Stratified: an interval of the quantile holds its share to within one path; independent draws are off by 15.
        assert abs(counts[path] - n * probability) <= 1


def test_systematic_paths_stay_exact_over_many_frames() -> None:
    """One offset has 53 bits; 300 free frames use up hundreds. Marginals must still be the occupancies at the start,
    which is drawn last."""
    emission = emission_of(300, classes=4) * 0.2
    emission = emission.log_softmax(-1)
    labels = torch.tensor([[1, 2, 3] * 20])
    rng = torch.Generator().manual_seed(1)
    paths = ctc.sample_alignments(emission, labels, 4000, generator=rng, systematic=True)[0]
    wanted = ctc.occupancy(emission, labels)[0]
    for t in (0, 3, 10, 150):
        share = torch.bincount(paths[:, t], minlength=4) / len(paths)
        assert float((share - wanted[t]).abs().max()) < 0.035
    assert len({tuple(path) for path in paths.tolist()}) == len(paths)


def test_alignments_collapse_to_the_transcript_and_padding_is_blank() -> None:
    torch.manual_seed(2)
    emission = torch.randn(3, 12, 5).log_softmax(-1)
    targets, tokens = torch.tensor([[1, 2, 2], [3, 3, 0], [2, 2, 2]]), torch.tensor([3, 2, 3])
    frames = torch.tensor([12, 6, 4])
    paths = ctc.sample_alignments(emission, targets, 7, frames, tokens, blank=4)
    assert paths.shape == (3, 7, 12)
    for row in (0, 1):
        for path in paths[row].tolist():
            assert ctc.collapse(path[: frames[row]], blank=4) == targets[row, : tokens[row]].tolist()
            assert set(path[frames[row] :]) <= {4}
    assert (paths[2] == -1).all()  # three equal tokens need five frames


@pytest.mark.parametrize("temperature", [1.0, 2.0, 0.5])
def test_free_paths_follow_the_frames(temperature: float) -> None:
    emission = emission_of(3)
    rng = torch.Generator().manual_seed(5)
    paths = ctc.sample_paths(emission, DRAWS, generator=rng, temperature=temperature)[0]
    frames = (emission[0] / temperature).softmax(-1).numpy()
    wanted = {
        path: float(np.prod([frames[t, label] for t, label in enumerate(path)]))
        for path in itertools.product(range(3), repeat=3)
    }
    assert frequencies_fit(paths, wanted)


def test_labels_of_probability_zero_are_never_drawn() -> None:
    emission = torch.full((1, 4, 6), -torch.inf)
    emission[0, :, 2] = emission[0, :, 4] = float(np.log(0.5))
    paths = ctc.sample_paths(emission, 20_000, generator=torch.Generator().manual_seed(0))
    assert set(paths.unique().tolist()) == {2, 4}


def test_a_generator_makes_draws_repeatable_and_each_call_new() -> None:
    emission, labels = emission_of(40), torch.tensor([[1, 2]])
    for sample in (
        lambda rng: ctc.sample_paths(emission, 3, generator=rng),
        lambda rng: ctc.sample_alignments(emission, labels, 3, generator=rng),
        lambda rng: ctc.sample_alignments(emission, labels, 3, generator=rng, systematic=True),
    ):
        rng = torch.Generator().manual_seed(1)
        first, second = sample(rng), sample(rng)
        assert torch.equal(first, sample(torch.Generator().manual_seed(1)))
        assert not torch.equal(first, second)


def test_no_frames_and_no_gradient() -> None:
    emission = torch.zeros(2, 0, 3, requires_grad=True)
    assert ctc.sample_paths(emission, 2).shape == (2, 2, 0)
    assert ctc.sample_alignments(emission, torch.zeros(2, 0, dtype=torch.int64), 2).shape == (2, 2, 0)


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_a_wrong_number_of_paths_is_named(n: object) -> None:
    with pytest.raises(UsageError, match="n: got"):
        ctc.sample_paths(emission_of(2), n)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="n: got"):
        ctc.sample_alignments(emission_of(2), torch.tensor([[1]]), n)  # type: ignore[arg-type]


def test_wrong_temperature_and_nan() -> None:
    with pytest.raises(UsageError, match="temperature"):
        ctc.sample_paths(emission_of(2), 1, temperature=0.0)
    with pytest.raises(UsageError, match="NaN"):
        ctc.sample_paths(emission_of(2) * float("nan"), 1)
    with pytest.raises(ShapeError, match="log_probs"):
        ctc.sample_paths(emission_of(2)[0], 1)
