"""Learning rates, and the loss and log row of a step by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.train import OptimiserConfig
from ctcalign.train.base import StepLosses, TrainingModule, Weighted
from ctcalign.train.data.batch import Batch
from tests.train.preference.cases import trained


def test_learning_rates():
    assert [OptimiserConfig(warmup_steps=3).rate_factor(step, -1) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    falling = OptimiserConfig(warmup_steps=0, decay="linear")
    assert [falling.rate_factor(step, 10) for step in (0, 5, 10)] == [1, 0.5, 0]
    assert OptimiserConfig(warmup_steps=0, decay="cosine").rate_factor(5, 10) == pytest.approx(0.5)
    with pytest.raises(UsageError, match="needs an end"):
        falling.rate_factor(1, -1)


class Line(TrainingModule):
    """A single weight w with the losses w (a mean of utterances) and w * w (of the batch of all processes)."""

    def __init__(self) -> None:
        super().__init__(OptimiserConfig(), seed=1)
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.network.weight, 3.0)
        self.skipped = {"too_short": 0}
        self.gradients: list[float] = []

    @property
    def trained_network(self) -> nn.Module:
        return self.network

    def losses(self, batch: Batch) -> StepLosses:
        w = self.network.weight.sum()
        terms = {"mean": Weighted(w, 0.5), "whole": Weighted(w * w, 2.0, whole=True)}
        return StepLosses(terms, 4, w, {"too_short": 2}, {"infeasible": 1})

    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        return {"loss": sum(term.weight * means[name] for name, term in step.terms.items()), "count": float(count)}

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        gradient = self.network.weight.grad
        assert isinstance(gradient, Tensor)
        self.gradients.append(float(gradient))


def test_a_step_adds_its_weighted_terms():
    module = Line()
    empty = Batch(torch.zeros(1, 1, 80), torch.tensor([1]), ["a"], ["x"])
    row = trained(module, [empty])[0]
    assert module.gradients == [0.5 + 2.0 * 2 * 3.0]
    assert (row["loss"], row["count"], row["epoch"]) == (0.5 * 3.0 + 2.0 * 9.0, 4.0, 0.0)
    assert module.skipped == {"too_short": 2}
    assert module.dropped == {"infeasible": 1}
