"""Consistency of two views: the loss against a loop over single numbers, its gradient, and what does not count."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import BatchError, ShapeError
from ctcalign.objectives import consistency_loss


def view(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(2, 6, 4, generator=generator, dtype=torch.float64)).log_softmax(-1)


LENGTHS, LABELS = torch.tensor([6, 4]), torch.tensor([3, 0])


def by_hand(first: torch.Tensor, second: torch.Tensor) -> list[float]:
    found = []
    for row, (frames, labels) in enumerate(zip(LENGTHS.tolist(), LABELS.tolist(), strict=True)):
        total = 0.0
        for t in range(frames):
            for one, other in ((first, second), (second, first)):
                for goal, own in zip(other[row, t].tolist(), one[row, t].tolist(), strict=True):
                    total += math.exp(goal) * (goal - own) if goal > -math.inf else 0.0
        found.append(total / 2 / max(1, labels))
    return found


def test_the_loss_is_the_divergence_per_label():
    first, second = view(1), view(2)
    assert consistency_loss(first, second, LENGTHS, LABELS).tolist() == pytest.approx(by_hand(first, second))
    assert consistency_loss(second, first, LENGTHS, LABELS).tolist() == pytest.approx(by_hand(first, second))
    assert consistency_loss(first, first, LENGTHS, LABELS).tolist() == [0.0, 0.0]


def test_a_label_that_both_views_exclude_costs_nothing():
    first, second = view(1), view(2)
    first[0, 2, 1] = second[0, 2, 1] = -math.inf
    first, second = first.log_softmax(-1).requires_grad_(), second.log_softmax(-1)
    found = consistency_loss(first, second, LENGTHS, LABELS)
    assert found.tolist() == pytest.approx(by_hand(first.detach(), second))
    found.sum().backward()
    assert torch.isfinite(first.grad).all()


def test_each_view_is_drawn_to_the_other_one_as_it_is():
    """The gradient is that of two divergences whose goals are constants."""
    first, second = view(1).requires_grad_(), view(2).requires_grad_()
    consistency_loss(first, second, None, torch.tensor([1, 1])).sum().backward()
    assert torch.allclose(first.grad, -second.detach().exp() / 2)
    assert torch.allclose(second.grad, -first.detach().exp() / 2)


def test_padding_changes_nothing():
    first, second = view(1).requires_grad_(), view(2)
    whole = consistency_loss(first, second, LENGTHS, LABELS)
    whole.sum().backward()
    assert not first.grad[1, 4:].any()
    assert first.grad[1, :4].any()
    changed = first.detach().clone()
    changed[1, 4:] = math.nan
    assert torch.equal(consistency_loss(changed, second, LENGTHS, LABELS), whole.detach())


def test_half_precision():
    found = consistency_loss(view(1).half(), view(2).half(), LENGTHS, LABELS)
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx(by_hand(view(1), view(2)), rel=2e-2)


def test_wrong_shapes():
    with pytest.raises(ShapeError, match=r"second: expected the shape \(2, 6, 4\) of first, got \(2, 5, 4\)"):
        consistency_loss(view(1), view(2)[:, :5], LENGTHS, LABELS)
    with pytest.raises(BatchError, match=r"target_lengths: expected counts in \[0, 6\]"):
        consistency_loss(view(1), view(2), LENGTHS, torch.tensor([7, 1]))
