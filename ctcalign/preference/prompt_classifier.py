"""Classifier of prompts by whether their response is desirable, for BCO's underlying distribution matching."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import BatchError, ShapeError, UsageError
from ctcalign.preference.responses import check_desirable

_STEPS = 100
_TOLERANCE = 1e-10


class PromptClassifier:
    """Logistic regression from embeddings of prompts to whether their response is desirable. Both classes have the same
    total weight.

    Attributes:
        weights: (D,) float64.  bias: a number.  penalty: the L2 penalty of the fit.
    """

    def __init__(self, weights: Tensor, bias: float, penalty: float = 1.0) -> None:
        self.weights, self.bias, self.penalty = weights.detach().cpu().double(), float(bias), penalty

    @classmethod
    def fitted(cls, embeddings: Tensor, desirable: Tensor, penalty: float = 1.0) -> PromptClassifier:
        """Fit by Newton's method; the optimum is unique.

        Args:
            embeddings: one vector per row, (N, D) floats.
            desirable: True or 1 for rows with a desirable response, (N,).
            penalty: factor of half the squared weights, > 0; the bias has no penalty.
        Raises:
            ShapeError: shapes do not agree.  BatchError: values that are not finite, or only one class.
            UsageError: penalty is not positive.
        Source: Jung et al. 2024, arXiv:2404.04656; equal to scikit-learn's LogisticRegression(class_weight="balanced"),
            C = 1 / penalty, which TRL uses.
        """
        check_number("penalty", penalty, positive=True)
        x = _checked(embeddings)
        good = check_desirable(desirable, len(x)).cpu()
        count = int(good.sum())
        if not 0 < count < len(good):
            raise BatchError(
                f"desirable: {count} of {len(good)} rows are desirable, expected rows of both classes; train without "
                "distribution matching"
            )
        y = good.double()
        row_weights = torch.where(good, len(y) / (2.0 * count), len(y) / (2.0 * (len(y) - count))).double()
        x = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], 1)
        ridge = torch.full((x.shape[1],), penalty, dtype=torch.float64)
        ridge[-1] = 0.0

        def cost(w: Tensor) -> float:
            logits = x @ w
            losses = torch.nn.functional.softplus(logits) - y * logits
            return float((row_weights * losses).sum() + 0.5 * (ridge * w * w).sum())

        w = torch.zeros(x.shape[1], dtype=torch.float64)
        best = cost(w)
        for _ in range(_STEPS):
            p = torch.sigmoid(x @ w)
            gradient = x.T @ (row_weights * (p - y)) + ridge * w
            hessian = (x * (row_weights * p * (1 - p))[:, None]).T @ x + torch.diag(ridge)
            # The bias has no penalty, so its curvature vanishes if all probabilities are 0 or 1.
            hessian[-1, -1] += 1e-12
            step = torch.linalg.solve(hessian, gradient)
            size = 1.0
            while size > 1e-8 and cost(w - size * step) > best:
                size *= 0.5
            w = w - size * step
            now = cost(w)
            if not best - now > _TOLERANCE * max(1.0, abs(best)):
                break
            best = now
        return cls(w[:-1], float(w[-1]), penalty)

    def probability(self, embeddings: Tensor) -> Tensor:
        """The probability that a prompt belongs to a desirable response, for `bco_loss`.

        Args:
            embeddings: (N, D) floats.
        Returns:
            (N,) float32, in [0, 1], on the device of the embeddings.
        Raises:
            ShapeError: D differs from that of the fit.
        """
        x = _checked(embeddings)
        if x.shape[1] != len(self.weights):
            raise ShapeError(f"embeddings: expected {len(self.weights)} values per row, got {x.shape[1]}")
        return torch.sigmoid(x @ self.weights + self.bias).float().to(embeddings.device)

    def state_dict(self) -> dict[str, object]:
        """State for a checkpoint."""
        return {"weights": self.weights.clone(), "bias": self.bias, "penalty": self.penalty}

    @classmethod
    def of_state(cls, state: Mapping[str, object]) -> PromptClassifier:
        """The classifier of a `state_dict`.

        Raises:
            UsageError: not a state of this class.
        """
        weights, bias, penalty = state.get("weights"), state.get("bias"), state.get("penalty")
        if not isinstance(weights, Tensor) or not isinstance(bias, float) or not isinstance(penalty, float):
            raise UsageError(f"state: expected weights, bias and penalty of a PromptClassifier, got {sorted(state)}")
        if not math.isfinite(bias):
            raise UsageError(f"state: expected a finite bias, got {bias}")
        return cls(weights, bias, penalty)


def _checked(embeddings: Tensor) -> Tensor:
    if embeddings.ndim != 2 or not embeddings.is_floating_point() or 0 in embeddings.shape:
        raise ShapeError(
            f"embeddings: expected floats of shape (N, D), got {embeddings.dtype} {tuple(embeddings.shape)}"
        )
    x = embeddings.detach().cpu().double()
    if not bool(torch.isfinite(x.sum())):
        raise BatchError("embeddings: expected finite values, got NaN or infinity; drop those prompts")
    return x
