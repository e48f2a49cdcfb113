"""Sampled paths have the right distribution, are independent and come from the generator alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ctcalign.lattice import engine
from tests.lattice.enumeration import all_weights, chi_square, weights

DRAWS = 50_000
# (frames, transcript, blank, classes, spread of the scores)
CASES = {
    "two labels": (4, [1, 2], 0, 3, 1.0),
    "equal neighbours, blank last": (5, [0, 0], 2, 3, 1.0),
    "equal neighbours, blank in the middle": (5, [2, 2, 0], 1, 3, 1.0),
    "peaked": (5, [1], 0, 3, 4.0),
    "uniform": (4, [1], 0, 2, 0.0),
    "empty": (3, [], 0, 3, 1.0),
    "one alignment only": (3, [1, 1], 0, 3, 1.0),
}


def emission(frames: int, classes: int, spread: float) -> Tensor:
    random_numbers = torch.Generator().manual_seed(5)
    return (spread * torch.randn(frames, classes, generator=random_numbers)).log_softmax(-1)


def tuples(paths: Tensor) -> list[tuple[int, ...]]:
    return list(map(tuple, paths.flatten(0, -2).tolist()))


@pytest.mark.parametrize("n", [5, 500])
@pytest.mark.parametrize("topology", ["standard", "modified"])
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_alignments_follow_the_posterior(
    name: str, topology: str, n: int, case: tuple[int, list[int], int, int, float]
) -> None:
    """In a padded batch of copies, so that each utterance and each path is a draw of its own."""
    frames, text, blank, classes, spread = case
    log_probs = emission(frames, classes, spread)
    copies = DRAWS // n
    padded = torch.cat([log_probs, torch.full((1, classes), math.nan)]).expand(copies, -1, -1)
    targets = torch.tensor([text], dtype=torch.int64).expand(copies, -1)
    lengths = torch.full((copies,), frames)
    lattices, random_numbers = engine(name, topology, blank), torch.Generator().manual_seed(n)
    paths = lattices.sample_paths(padded, targets, lengths, n, generator=random_numbers)
    assert paths.shape == (copies, n, frames + 1)
    assert (paths[:, :, frames] == blank).all()
    drawn = tuples(paths[:, :, :frames])
    assert len(drawn) == DRAWS
    assert chi_square(drawn, weights(log_probs, text, blank, topology == "modified")) > 0.001


@pytest.mark.parametrize("n", [1, 50, DRAWS])
def test_free_paths_follow_the_emission(name: str, n: int) -> None:
    log_probs = emission(3, 4, 1.5)
    copies = DRAWS // n
    padded = torch.cat([log_probs, log_probs]).expand(copies, -1, -1)
    lattices, random_numbers = engine(name, blank=3), torch.Generator().manual_seed(n)
    paths = lattices.free_paths(padded, n, torch.full((copies,), 3), random_numbers)
    assert paths.shape == (copies, n, 6)
    assert (paths[:, :, 3:] == 3).all()
    drawn = tuples(paths[:, :, :3])
    assert len(drawn) == DRAWS
    assert chi_square(drawn, all_weights(log_probs)) > 0.001


def test_paths_of_one_call_are_independent(name: str) -> None:
    """Pairs of first and second, and of last and first path, are as frequent as the product of their posteriors."""
    log_probs = emission(3, 3, 1.0)
    single = weights(log_probs, [1], 0)
    pairs = {(*a, *b): single[a] * single[b] for a in single for b in single}
    batch, targets = log_probs.expand(1000, -1, -1), torch.ones(1000, 1, dtype=torch.int64)
    random_numbers = torch.Generator().manual_seed(7)
    paths = torch.cat([engine(name).sample_paths(batch, targets, None, 5, generator=random_numbers) for _ in range(10)])
    assert chi_square(tuples(paths[:, :2].flatten(1)), pairs) > 0.001
    assert chi_square(tuples(paths[:, [4, 0]].flatten(1)), pairs) > 0.001
    neighbours = torch.stack([paths[0::2, 2], paths[1::2, 2]], 1)  # of one call, in two utterances
    assert chi_square(tuples(neighbours.flatten(1)), pairs) > 0.001


def frame_statistic(paths: Tensor, shares: Tensor) -> float:
    """Mean square, over frames and labels, of the standardised error of label frequencies: 1 for exact samples."""
    counts = torch.nn.functional.one_hot(paths, shares.shape[1]).double().mean(0)
    possible = (shares > 0.01) & (shares < 0.99)
    errors = (counts - shares) ** 2 / (shares * (1 - shares) / len(paths))
    return float(errors[possible].mean())


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_long_utterances_stay_random_to_their_end(name: str, classes: int, spread: float) -> None:
    """53 bits cannot choose 300 labels: uniform posteriors of 2 or 4 labels use them up in 53 or 26 frames."""
    log_probs = emission(300, classes, spread)
    paths = engine(name).free_paths(log_probs[None], 2000, generator=torch.Generator().manual_seed(2))[0]
    shares = log_probs.double().exp()
    for quarter in range(4):
        part = slice(75 * quarter, 75 * quarter + 75)
        assert frame_statistic(paths[:, part], shares[part]) == pytest.approx(1.0, abs=0.6)
    assert frame_statistic(paths, shares) == pytest.approx(1.0, abs=0.3)
    constrained = engine(name).sample_paths(
        log_probs[None], torch.ones(1, 20, dtype=torch.int64), None, 2000, generator=torch.Generator().manual_seed(3)
    )[0]
    shares = engine("native").occupancy(log_probs[None].double(), torch.ones(1, 20, dtype=torch.int64))[0]
    # Frames of one path hang together, so the mean varies more.
    assert frame_statistic(constrained, shares) == pytest.approx(1.0, abs=0.5)


def test_without_random_cuts_k2_gets_stuck() -> None:
    """What `k2_paths` mends: late frames of a uniform emission all take the first arc."""
    k2 = pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    from ctcalign.lattice.k2_lattices import frame_lattices

    lattices = frame_lattices(torch.zeros(1, 300, 2).log_softmax(-1), [300], 0)
    assert lattices is not None
    drawn = k2.random_paths(lattices.fsas, True, 2000)
    labels = lattices.fsas.labels[drawn.values.long()].view(2000, -1)[:, :-1].long()
    assert frame_statistic(labels[:, 100:], torch.full((200, 2), 0.5).double()) > 100


def test_the_generator_decides(name: str) -> None:
    log_probs, targets = emission(30, 5, 1.0)[None], torch.tensor([[1, 2, 3]])
    lattices = engine(name)

    def draw(generator: torch.Generator | None) -> list[Tensor]:
        return [
            lattices.sample_paths(log_probs, targets, None, 4, generator=generator),
            lattices.free_paths(log_probs, 4, None, generator),
        ]

    first, second = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    steps = [draw(first), draw(first)]
    again = [draw(second), draw(second)]
    for step, same in zip(steps, again, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(step, same, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(*steps, strict=True))
    state = torch.get_rng_state()
    draw(first)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(1)
    globally = draw(None)
    torch.manual_seed(1)
    assert all(torch.equal(a, b) for a, b in zip(globally, draw(None), strict=True))


def test_a_wrong_distribution_is_seen() -> None:
    log_probs = emission(4, 3, 1.0)
    paths = engine("native").sample_paths(log_probs[None], torch.tensor([[1, 2]]), None, DRAWS)
    right = weights(log_probs, [1, 2], 0)
    tilted = {path: weight * (1.5 if path[0] else 1.0) for path, weight in right.items()}
    assert chi_square(tuples(paths), tilted) < 0.001
    assert chi_square([*tuples(paths), (0, 0, 0, 0)], right) == 0.0
