"""Formulas of the DPO variants: from log-ratios of a batch of pairs to one loss per pair."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.preference.responses import Responses


@dataclass(frozen=True)
class Ratios:
    """Input of a formula, in nats; (B,) each.

    Attributes:
        chosen: log policy - log reference of the chosen responses, token weights included.
        rejected: the same for the rejected responses.
        policy_gap: log policy of the chosen response - log policy of the rejected response.
        reference_gap: the same for the reference.
        chosen_score: `chosen` after the f-divergence.
        rejected_score: `rejected` after the f-divergence.
        chosen_side: the chosen responses.
        rejected_side: the rejected responses.
    """

    chosen: Tensor
    rejected: Tensor
    policy_gap: Tensor
    reference_gap: Tensor
    chosen_score: Tensor
    rejected_score: Tensor
    chosen_side: Responses
    rejected_side: Responses

    def delta(self) -> Tensor:
        """Score of the chosen response minus score of the rejected response."""
        return self.chosen_score - self.rejected_score

    def delta_per_token(self) -> Tensor:
        """The same, with each score divided by the length of its response."""
        return self.chosen_score / self.chosen_side.divisors() - self.rejected_score / self.rejected_side.divisors()


@dataclass(frozen=True)
class Coefficients:
    """beta > 0; smoothing in [0, 0.5): assumed fraction of pairs with swapped labels; tau > 0 (discopop)."""

    beta: float
    smoothing: float
    tau: float


def smoothed(x: Tensor, smoothing: float) -> Tensor:
    """-(1 - e) log sigmoid(x) - e log sigmoid(-x), where e is the smoothing."""
    if not smoothing:
        return -logsigmoid(x)
    return -(1.0 - smoothing) * logsigmoid(x) - smoothing * logsigmoid(-x)


def sigmoid(r: Ratios, c: Coefficients) -> Tensor:
    return smoothed(c.beta * r.delta(), c.smoothing)


def robust(r: Ratios, c: Coefficients) -> Tensor:
    x = c.beta * r.delta()
    return (-(1.0 - c.smoothing) * logsigmoid(x) + c.smoothing * logsigmoid(-x)) / (1.0 - 2.0 * c.smoothing)


def hinge(r: Ratios, c: Coefficients) -> Tensor:
    return torch.relu(1.0 - c.beta * r.delta())


def ipo(r: Ratios, c: Coefficients) -> Tensor:
    return (r.delta_per_token() - 1.0 / (2.0 * c.beta)) ** 2


def sigmoid_norm(r: Ratios, c: Coefficients) -> Tensor:
    return -logsigmoid(c.beta * r.delta_per_token())


def exo_pair(r: Ratios, c: Coefficients) -> Tensor:
    x = c.beta * r.delta()
    chosen, rejected = logsigmoid(x), logsigmoid(-x)
    return chosen.exp() * (chosen - math.log1p(-c.smoothing)) + rejected.exp() * (rejected - math.log(c.smoothing))


def nca_pair(r: Ratios, c: Coefficients) -> Tensor:
    chosen, rejected = c.beta * r.chosen, c.beta * r.rejected
    return -logsigmoid(chosen) - 0.5 * logsigmoid(-chosen) - 0.5 * logsigmoid(-rejected)


def bco_pair(r: Ratios, c: Coefficients) -> Tensor:
    return -logsigmoid(c.beta * r.chosen) - logsigmoid(-c.beta * r.rejected)


def sppo_hard(r: Ratios, c: Coefficients) -> Tensor:
    return (r.chosen - 0.5 / c.beta) ** 2 + (r.rejected + 0.5 / c.beta) ** 2


def aot(r: Ratios, c: Coefficients) -> Tensor:
    return smoothed(c.beta * (r.policy_gap.sort().values - r.reference_gap.sort().values), c.smoothing)


def aot_unpaired(r: Ratios, c: Coefficients) -> Tensor:
    return smoothed(c.beta * (r.chosen.sort().values - r.rejected.sort().values), c.smoothing)


def apo_zero(r: Ratios, c: Coefficients) -> Tensor:
    return torch.sigmoid(-c.beta * r.chosen) + torch.sigmoid(c.beta * r.rejected)


def apo_down(r: Ratios, c: Coefficients) -> Tensor:
    return torch.sigmoid(c.beta * r.chosen) + torch.sigmoid(-c.beta * (r.chosen - r.rejected))


def discopop(r: Ratios, c: Coefficients) -> Tensor:
    x = c.beta * r.delta()
    log_gate = logsigmoid(x / c.tau)
    # gate * exp(-x) as one exponential: exp(-x) alone overflows where the gate underflows.
    return -torch.sigmoid(-x / c.tau) * logsigmoid(x) + torch.exp(log_gate - x)


def sft(r: Ratios, c: Coefficients) -> Tensor:
    # Scaled so that the mean over rows is the mean over all tokens of the batch.
    side = r.chosen_side
    return -side.sums() * len(side.lengths) / side.mask.sum().clamp(min=1)


@dataclass(frozen=True)
class Variant:
    """A formula and the options that it supports.

    Attributes:
        formula: maps ratios to losses (B,).
        divergence: whether f-divergences other than reverse KL are supported.
        smoothing: whether label smoothing is supported: "no", "may" (optional) or "must" (required).
        whole_batch: whether the loss of a pair depends on the other pairs.
    """

    formula: Callable[[Ratios, Coefficients], Tensor]
    divergence: bool = False
    smoothing: str = "no"
    whole_batch: bool = False


VARIANTS = {
    "sigmoid": Variant(sigmoid, divergence=True, smoothing="may"),
    "conservative": Variant(sigmoid, divergence=True, smoothing="must"),
    "robust": Variant(robust, divergence=True, smoothing="may"),
    "hinge": Variant(hinge, divergence=True),
    "ipo": Variant(ipo, divergence=True),
    "sigmoid_norm": Variant(sigmoid_norm, divergence=True),
    "exo_pair": Variant(exo_pair, divergence=True, smoothing="must"),
    "nca_pair": Variant(nca_pair),
    "bco_pair": Variant(bco_pair),
    "sppo_hard": Variant(sppo_hard),
    "aot": Variant(aot, smoothing="may", whole_batch=True),
    "aot_unpaired": Variant(aot_unpaired, smoothing="may", whole_batch=True),
    "apo_zero": Variant(apo_zero),
    "apo_down": Variant(apo_down),
    "discopop": Variant(discopop, divergence=True),
    "sft": Variant(sft, whole_batch=True),
}
