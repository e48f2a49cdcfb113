"""Scores, occupancies, gradients and best paths of both engines against every path tried, and against each other."""

from __future__ import annotations

import math
import random

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from ctcalign import ctc
from ctcalign.lattice import engine
from tests.lattice.enumeration import occupancies, ways, weights

CLOSE = {"rtol": 0.0, "atol": 1e-5}


def random_batch(seed: int) -> tuple[Tensor, list[list[int]], list[int], int]:
    """log_probs (B, T, C), transcripts, frames in no order, blank; some transcripts empty, repeated or too long."""
    rng = random.Random(seed)
    classes, rows = rng.choice([2, 3, 4]), rng.choice([1, 2, 4])
    blank = rng.randrange(classes)
    frames = [rng.randint(0, 5) for _ in range(rows)]
    longest = max(frames) + rng.randint(0, 2)
    tokens = [label for label in range(classes) if label != blank]
    texts = [[rng.choice(tokens) for _ in range(rng.randint(0, 4))] for _ in range(rows)]
    values = torch.randn(rows, longest, classes, generator=torch.Generator().manual_seed(seed)) * rng.choice(
        [0.1, 1, 4]
    )
    return values.log_softmax(-1), texts, frames, blank


def padded(texts: list[list[int]], fill: int = -1) -> tuple[Tensor, Tensor]:
    longest = max(map(len, texts))
    rows = [[*text, *([fill] * (longest - len(text)))] for text in texts]
    return torch.tensor(rows, dtype=torch.int64).reshape(len(texts), longest), torch.tensor([len(t) for t in texts])


@pytest.mark.parametrize("topology", ["standard", "modified"])
@pytest.mark.parametrize("seed", range(40))
def test_everything_agrees_with_all_paths_tried(name: str, topology: str, seed: int) -> None:
    log_probs, texts, frames, blank = random_batch(seed)
    targets, lengths = padded(texts)
    lattices = engine(name, topology, blank)
    arguments = (targets, torch.tensor(frames), lengths)
    leaf = log_probs.clone().requires_grad_()
    totals = lattices.total_score(leaf, *arguments)
    shares = lattices.occupancy(log_probs, *arguments)
    best = lattices.best_path(log_probs, *arguments)
    if leaf.numel():
        totals.masked_fill(totals.isinf(), 0.0).sum().backward()
    assert totals.shape == (len(texts),)
    assert totals.dtype == torch.float32
    for row, text in enumerate(texts):
        emission = log_probs[row, : frames[row]]
        exact = weights(emission, text, blank, topology == "modified")
        score = math.log(sum(exact.values())) if exact else -math.inf
        expected = occupancies(exact, len(emission), log_probs.shape[2])
        assert float(totals[row].detach()) == pytest.approx(score, abs=1e-5)
        assert_close(shares[row, : frames[row]].double(), expected, **CLOSE)
        assert not shares[row, frames[row] :].any()
        if leaf.numel():
            assert leaf.grad is not None
            assert_close(leaf.grad[row], shares[row], **CLOSE)
        path = best[row].tolist()
        if not exact:
            assert path == [-1] * len(path)
            continue
        assert path[frames[row] :] == [blank] * (len(path) - frames[row])
        inside = tuple(path[: frames[row]])
        per_way = {one: weight / ways(one, text, blank, topology == "modified") for one, weight in exact.items()}
        assert per_way[inside] == pytest.approx(max(per_way.values()), rel=1e-5)


@pytest.mark.parametrize("topology", ["standard", "modified"])
def test_the_engines_agree_on_long_utterances(topology: str) -> None:
    pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    random_numbers = torch.Generator().manual_seed(3)
    log_probs = (2 * torch.randn(4, 200, 20, generator=random_numbers)).log_softmax(-1)
    targets = torch.randint(0, 19, (4, 40), generator=random_numbers)
    arguments = (targets, torch.tensor([120, 200, 7, 199]), torch.tensor([40, 30, 40, 0]))
    ours, theirs = (engine(one, topology, 19) for one in ("native", "k2"))
    scores = ours.total_score(log_probs, *arguments)
    assert scores.isinf().tolist() == [False, False, True, False]
    assert_close(theirs.total_score(log_probs, *arguments), scores, rtol=1e-6, atol=0.0)
    shares, same_shares = (one.occupancy(log_probs, *arguments) for one in (ours, theirs))
    assert_close(same_shares, shares, rtol=0.0, atol=2e-5)
    best, same_best = (one.best_path(log_probs, *arguments) for one in (ours, theirs))
    assert torch.equal(best, same_best)


def test_labels_of_probability_zero(name: str) -> None:
    minus = -math.inf
    log_probs = torch.tensor(
        [
            [[-1.0, -1.0, minus], [minus, -1.0, -2.0], [-0.5, minus, -0.5]],
            [[-1.0, -1.0, minus], [-1.0, -1.0, minus], [-0.5, -0.5, minus]],
        ]
    ).requires_grad_()
    targets = torch.tensor([[1, 2], [1, 2]])  # the second utterance never says 2
    lattices = engine(name)
    scores = lattices.total_score(log_probs, targets)
    exact = weights(log_probs[0].detach(), [1, 2], 0)
    assert float(scores[0].detach()) == pytest.approx(math.log(sum(exact.values())), abs=1e-5)
    assert float(scores[1].detach()) == -math.inf
    scores.sum().backward()
    shares = lattices.occupancy(log_probs, targets)
    assert_close(shares[0].double(), occupancies(exact, 3, 3), **CLOSE)
    assert log_probs.grad is not None
    assert_close(log_probs.grad[0], shares[0], **CLOSE)
    assert not log_probs.grad[1].any()
    assert not shares[1].any()
    assert lattices.best_path(log_probs, targets)[1].tolist() == [-1, -1, -1]
    paths = lattices.sample_paths(log_probs, targets, None, 50, generator=torch.Generator().manual_seed(0))
    assert {tuple(path) for path in paths[0].tolist()} <= exact.keys()
    assert (paths[1] == -1).all()


def test_nothing_but_infeasible_utterances(name: str) -> None:
    log_probs = torch.randn(2, 2, 3).log_softmax(-1).requires_grad_()
    targets, lattices = torch.tensor([[1, 1], [2, 2]]), engine(name)
    scores = lattices.total_score(log_probs, targets)
    assert scores.tolist() == [-math.inf, -math.inf]
    scores.sum().backward()
    assert log_probs.grad is not None
    assert not log_probs.grad.any()
    assert not lattices.occupancy(log_probs, targets).any()
    assert lattices.best_path(log_probs, targets).tolist() == [[-1, -1]] * 2
    assert lattices.sample_paths(log_probs, targets, None, 3).tolist() == [[[-1, -1]] * 3] * 2


def test_padding_may_hold_anything(name: str) -> None:
    log_probs = torch.randn(1, 5, 3).log_softmax(-1)
    soiled, lattices = log_probs.clone(), engine(name)
    soiled[:, 3:] = math.nan
    arguments = (torch.tensor([[1, 77]]), torch.tensor([3]), torch.tensor([1]))
    whole = log_probs[:, :3]
    assert_close(lattices.total_score(soiled, *arguments), lattices.total_score(whole, torch.tensor([[1]])))
    assert lattices.best_path(soiled, *arguments)[:, 3:].tolist() == [[0, 0]]
    shares = lattices.occupancy(soiled, *arguments)
    assert_close(shares[:, :3], lattices.occupancy(whole, torch.tensor([[1]])))
    assert not shares[:, 3:].any()


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_types_of_log_probs(name: str, kind: torch.dtype) -> None:
    log_probs = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1)).log_softmax(-1).to(kind)
    targets = torch.tensor([[1, 2], [3, 3]])
    wide = torch.float64 if kind == torch.float64 else torch.float32
    scores = engine(name).total_score(log_probs, targets)
    assert scores.dtype == wide
    assert_close(scores.float(), engine("native").total_score(log_probs.float(), targets), **CLOSE)
    assert engine(name).occupancy(log_probs, targets).dtype == wide


def test_rows_need_not_be_normalised(name: str) -> None:
    values = 5 * torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(2))
    exact = weights(values[0], [1], 0)
    lattices = engine(name)
    score = lattices.total_score(values, torch.tensor([[1]]))
    assert float(score) == pytest.approx(math.log(sum(exact.values())), rel=1e-6)
    assert tuple(lattices.best_path(values, torch.tensor([[1]]))[0].tolist()) == max(exact, key=exact.__getitem__)


def test_nbest_has_the_exact_scores(name: str) -> None:
    log_probs = torch.randn(3, 5, 3, generator=torch.Generator().manual_seed(4)).log_softmax(-1)
    found = engine(name, blank=2).nbest(log_probs, 4, torch.tensor([5, 0, 3]), 200)
    assert [len(texts) for texts in found] == [4, 1, 4]
    assert [(text.tokens, text.score) for text in found[1]] == [((), 0.0)]
    for row, frames in ((0, 5), (2, 3)):
        scores = [text.score for text in found[row]]
        assert scores == sorted(scores, reverse=True)
        for text in found[row]:
            exact = weights(log_probs[row, :frames], list(text.tokens), 2)
            assert text.score == pytest.approx(math.log(sum(exact.values())), abs=1e-5)
    same = ctc.nbest(log_probs, 4, torch.tensor([5, 0, 3]), 2, 200)
    assert [[text.tokens for text in texts] for texts in found] == [[text.tokens for text in texts] for texts in same]
