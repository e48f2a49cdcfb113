"""The prompt classifier: agreement with scikit-learn, optimality, state, and invalid input."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import BatchError, matching_weights
from ctcalign.preference.prompt_classifier import PromptClassifier


def prompts(count: int = 80, dim: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, dim, generator=generator, dtype=torch.float64)
    chance = torch.sigmoid(2 * x[:, 0] - x[:, 1] - 1.0)
    return x, torch.rand(count, generator=generator, dtype=torch.float64) < chance


@pytest.mark.parametrize("penalty", [0.1, 1.0, 20.0])
def test_the_fit_equals_scikit_learn(penalty):
    linear = pytest.importorskip("sklearn.linear_model", reason="needs scikit-learn")
    x, good = prompts()
    ours = PromptClassifier.fitted(x, good, penalty)
    peer = linear.LogisticRegression(class_weight="balanced", C=1 / penalty, tol=1e-10, max_iter=5000)
    peer.fit(x.numpy(), good.numpy())
    torch.testing.assert_close(ours.weights, torch.from_numpy(peer.coef_[0]), rtol=1e-4, atol=1e-5)
    assert ours.bias == pytest.approx(float(peer.intercept_[0]), abs=1e-4)
    expected = torch.from_numpy(peer.predict_proba(x.numpy())[:, 1]).float()
    torch.testing.assert_close(ours.probability(x), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_is_zero_at_the_optimum():
    """At the optimum the weighted residuals of each feature equal the gradient of the penalty."""
    x, good = prompts(seed=3)
    found = PromptClassifier.fitted(x, good)
    weights = torch.where(good, len(x) / (2.0 * good.sum()), len(x) / (2.0 * (~good).sum())).double()
    residual = weights * (torch.sigmoid(x @ found.weights + found.bias) - good.double())
    torch.testing.assert_close(x.T @ residual, -found.weights, rtol=0, atol=1e-5)
    assert float(residual.sum()) == pytest.approx(0, abs=1e-5)


def test_separable_classes_and_uninformative_embeddings():
    x = torch.tensor([[-5.0], [-4.0], [4.0], [5.0]])
    found = PromptClassifier.fitted(x, torch.tensor([False, False, True, True]))
    assert bool((found.probability(x)[2:] > 0.8).all())
    same = PromptClassifier.fitted(torch.zeros(6, 2), torch.tensor([1, 0, 0, 0, 0, 0]))
    torch.testing.assert_close(same.probability(torch.zeros(1, 2)), torch.tensor([0.5]))
    good = torch.tensor([True, False])
    assert matching_weights(same.probability(torch.zeros(2, 2)), good, 0.5, 10.0).tolist() == pytest.approx([1.0, 1.0])


def test_state_survives_a_checkpoint():
    x, good = prompts()
    found = PromptClassifier.fitted(x, good)
    again = PromptClassifier.of_state(found.state_dict())
    assert torch.equal(again.probability(x), found.probability(x))
    with pytest.raises(UsageError, match="expected weights, bias and penalty"):
        PromptClassifier.of_state({"weights": 3})


def test_invalid_input():
    x, good = prompts(6)
    with pytest.raises(BatchError, match="0 of 6 rows are desirable"):
        PromptClassifier.fitted(x, torch.zeros(6))
    with pytest.raises(ShapeError, match="one label per row"):
        PromptClassifier.fitted(x, good[:5])
    with pytest.raises(BatchError, match="NaN or infinity"):
        PromptClassifier.fitted(x / 0, torch.tensor([0, 1, 0, 1, 0, 1]))
    with pytest.raises(ShapeError, match="expected 5 values per row, got 2"):
        PromptClassifier.fitted(*prompts()).probability(x[:, :2])
    with pytest.raises(UsageError, match="penalty"):
        PromptClassifier.fitted(x, good, 0.0)


def test_one_feature_by_hand():
    """Two prompts at -1 and +1: the bias is 0 and the slope solves w = 2 sigmoid(-w) / penalty."""
    x, good = torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1])
    for penalty in (0.5, 2.0):
        found = PromptClassifier.fitted(x, good, penalty)
        slope = float(found.weights[0])
        assert slope == pytest.approx(2 / (1 + math.exp(slope)) / penalty, rel=1e-6)
        assert found.bias == pytest.approx(0.0, abs=1e-9)
        assert found.penalty == penalty
        chance = 1 / (1 + math.exp(-slope * 3))
        assert found.probability(torch.tensor([[3.0]])).tolist() == pytest.approx([chance])
    assert PromptClassifier.fitted(x, good).penalty == 1.0
    assert PromptClassifier(found.weights, 0.25).penalty == 1.0


def test_classes_have_equal_weight_whatever_their_number():
    x = torch.tensor([[-1.0]] + [[1.0]] * 9)
    good = torch.tensor([0] + [1] * 9)
    few, many = PromptClassifier.fitted(x[:2], good[:2], 0.2), PromptClassifier.fitted(x, good, 1.0)
    assert many.bias == pytest.approx(0.0, abs=1e-6)  # the same problem, five times as heavy
    assert float(many.weights[0]) == pytest.approx(float(few.weights[0]), rel=1e-6)


def test_states_and_inputs_at_the_edge():
    state = PromptClassifier(torch.ones(2), 0.5, 2.0).state_dict()
    again = PromptClassifier.of_state(state)
    assert (again.weights.tolist(), again.bias, again.penalty) == ([1.0, 1.0], 0.5, 2.0)
    for key, wrong in (("weights", [1.0, 1.0]), ("bias", None), ("penalty", 2)):
        with pytest.raises(UsageError, match=r"^state: expected weights, bias and penalty of a PromptClassifier"):
            PromptClassifier.of_state({**state, key: wrong})
    with pytest.raises(UsageError, match=r"^state: expected a finite bias, got inf"):
        PromptClassifier.of_state({**state, "bias": math.inf})
    x = torch.ones(3, 2)
    with pytest.raises(BatchError, match="3 of 3 rows are desirable, expected rows of both classes"):
        PromptClassifier.fitted(x, torch.ones(3))
    for wrong in (x[0], x.long(), x[:0], x[:, :0]):
        with pytest.raises(ShapeError, match=r"^embeddings: expected floats of shape \(N, D\), got"):
            PromptClassifier.fitted(wrong, torch.tensor([1, 0, 1]))
    assert again.probability(x).dtype == torch.float32
    assert again.probability(x).tolist() == pytest.approx([1 / (1 + math.exp(-2.5))] * 3)
