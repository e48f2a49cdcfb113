"""Optimiser and learning rates."""

from __future__ import annotations

import pytest

from ctcalign.errors import UsageError
from ctcalign.models.encoders import ConvEncoder
from ctcalign.train import OptimiserConfig


def test_learning_rates():
    assert [OptimiserConfig(warmup_steps=3).rate_factor(step, -1) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    falling = OptimiserConfig(warmup_steps=0, decay="linear")
    assert [falling.rate_factor(step, 10) for step in (0, 5, 10)] == [1, 0.5, 0]
    assert OptimiserConfig(warmup_steps=0, decay="cosine").rate_factor(5, 10) == pytest.approx(0.5)
    with pytest.raises(UsageError, match="needs an end"):
        falling.rate_factor(1, -1)
    optimiser = OptimiserConfig(weight_decay=0.1).optimiser(ConvEncoder(dim=8, blocks=1, kernel=3))
    assert {p.ndim > 1: group["weight_decay"] for group in optimiser.param_groups for p in group["params"]} == {
        True: 0.1, False: 0.0,
    }  # fmt: skip
