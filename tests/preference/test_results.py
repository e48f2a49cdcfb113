"""Results: the loss, what is detached, and the metrics of pairs and of single rows by hand."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import BatchError
from ctcalign.preference.responses import responses
from ctcalign.preference.results import pair_result, row_result
from tests.preference.batches import doubles


def sides():
    good = responses("chosen", doubles([[-1.0, -2.0], [-3.0, 0.0]]).requires_grad_(), torch.tensor([[1, 1], [1, 0]]))
    bad = responses("rejected", doubles([[-4.0, 0.0], [-5.0, -6.0]]).requires_grad_(), torch.tensor([[1, 0], [1, 1]]))
    return good, bad


def test_metrics_of_pairs():
    good, bad = sides()
    losses = doubles([1.0, 3.0]).requires_grad_()
    rewards = doubles([0.5, 0.25]).requires_grad_(), doubles([0.0, 1.0]).requires_grad_()
    extras = {"kl": doubles([2.0, 6.0]).requires_grad_(), "cost": doubles(7.0)}
    found = pair_result(losses, good, bad, *rewards, extras=extras)
    assert found.loss.item() == 2.0
    assert found.loss.requires_grad
    assert found.losses is losses
    assert found.margins.tolist() == [0.5, -0.75]
    assert found.accuracy.item() == 0.5
    assert {name: value.item() for name, value in found.metrics.items()} == {
        "loss": 2.0, "chosen_log_probs": -3.0, "rejected_log_probs": -7.5, "chosen_rewards": 0.375,
        "rejected_rewards": 0.5, "margins": -0.125, "accuracy": 0.5, "chosen_lengths": 1.5, "rejected_lengths": 1.5,
        "kl": 4.0, "cost": 7.0}  # fmt: skip
    tie = pair_result(losses, good, bad, doubles([1.0, 1.0]), doubles([1.0, 0.5]))
    assert tie.accuracy.item() == 0.5  # a tie does not count
    kept = (found.chosen_log_probs, found.rejected_log_probs, found.chosen_rewards, found.rejected_rewards)
    assert not any(value.requires_grad for value in (*kept, *found.extras.values(), *found.metrics.values()))
    assert pair_result(losses, good, bad, *rewards).extras == {}
    assert pair_result(losses, good, bad, *rewards, added=doubles(0.5)).loss.item() == 2.5


def test_values_of_several_rejected_responses_are_means():
    good, _ = sides()
    several = responses("rejected", doubles([[[-1.0], [-4.0]], [[-2.0], [-8.0]]]), torch.ones(2, 2, 1), axes="B, M, L",
                        lengths=torch.tensor([[1, 2], [3, 5]]))  # fmt: skip
    found = pair_result(doubles([0.0, 0.0]), good, several, doubles([2.0, 0.0]), doubles([[1.0, 2.0], [3.0, 5.0]]))
    assert found.rejected_log_probs.tolist() == [-2.5, -5.0]
    assert found.rejected_rewards.tolist() == [1.5, 4.0]
    assert found.rejected_lengths.tolist() == [1.5, 4.0]
    assert found.chosen_lengths.tolist() == [2.0, 1.0]
    assert found.accuracy.item() == 0.5


def rows_result(desirable, rewards=(1.0, 2.0, 2.0, 4.0)):
    rows = responses("", doubles([[-1.0], [-2.0], [-4.0], [-8.0]]).requires_grad_(), torch.ones(4, 1),
                     lengths=torch.tensor([1, 2, 3, 5]))  # fmt: skip
    return row_result(
        doubles([1.0, 2.0, 3.0, 6.0]),
        rows,
        doubles(rewards).requires_grad_(),
        torch.tensor(desirable),
        {"kl": doubles(3.0).requires_grad_()},
    )


def test_metrics_of_rows():
    found = rows_result([False, True, False, True])
    assert found.loss.item() == 3.0
    # Pairs of a desirable and an undesirable reward: 2 > 1, 2 = 2, 4 > 1, 4 > 2.
    assert {name: value.item() for name, value in found.metrics.items()} == {
        "loss": 3.0, "chosen_log_probs": -5.0, "chosen_rewards": 3.0, "chosen_lengths": 3.5, "rejected_log_probs": -2.5,
        "rejected_rewards": 1.5, "rejected_lengths": 2.0, "margins": 1.5, "accuracy": 0.75, "kl": 3.0}  # fmt: skip
    kept = (found.log_probs, found.rewards, *found.extras.values(), *found.metrics.values())
    assert not any(value.requires_grad for value in kept)


@pytest.mark.parametrize(("label", "name", "other"), [(True, "chosen", "rejected"), (False, "rejected", "chosen")])
def test_metrics_of_rows_of_one_class(label, name, other):
    found = rows_result([label] * 4).metrics
    assert set(found) == {"loss", f"{name}_log_probs", f"{name}_rewards", f"{name}_lengths", "kl"}
    assert found[f"{name}_rewards"].item() == 2.25


def test_a_loss_that_is_nan_is_an_error():
    good, bad = sides()
    zeros = doubles([0.0, 0.0])
    with pytest.raises(BatchError, match=r"^preference loss: NaN"):
        pair_result(doubles([math.nan, 1.0]), good, bad, zeros, zeros)
    with pytest.raises(BatchError, match=r"^preference loss: NaN"):
        row_result(doubles([math.nan, 1.0]), good, zeros, torch.tensor([True, True]))
