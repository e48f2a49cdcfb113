"""The formulas of the DPO family: from log-ratios of a batch of pairs to one loss a pair."""

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
    """What a formula sees of a batch, in nats; (B,) each.

    Attributes:
        chosen: log policy - log reference of the chosen responses, token weights included.
        rejected: the same of the rejected ones.
        policy_gap: log policy of the chosen response - that of the rejected one.
        reference_gap: the same of the reference.
        chosen_score: `chosen` after the f-divergence.
        rejected_score: `rejected` after it.
        chosen_side: the chosen responses themselves.
        rejected_side: the rejected ones.
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
        """Score of the chosen response above that of the rejected one."""
        return self.chosen_score - self.rejected_score

    def delta_a_token(self) -> Tensor:
        """The same, each score divided by its own length."""
        return self.chosen_score / self.chosen_side.divisors() - self.rejected_score / self.rejected_side.divisors()


@dataclass(frozen=True)
class Numbers:
    """beta > 0; smoothing in [0, 0.5): share of pairs believed to be labelled the wrong way; tau > 0 (discopop)."""

    beta: float
    smoothing: float
    tau: float


def smoothed(x: Tensor, smoothing: float) -> Tensor:
    """-(1 - e) log sigmoid(x) - e log sigmoid(-x)."""
    if not smoothing:
        return -logsigmoid(x)
    return -(1.0 - smoothing) * logsigmoid(x) - smoothing * logsigmoid(-x)


def sigmoid(r: Ratios, n: Numbers) -> Tensor:
    return smoothed(n.beta * r.delta(), n.smoothing)


def robust(r: Ratios, n: Numbers) -> Tensor:
    x = n.beta * r.delta()
    return (-(1.0 - n.smoothing) * logsigmoid(x) + n.smoothing * logsigmoid(-x)) / (1.0 - 2.0 * n.smoothing)


def hinge(r: Ratios, n: Numbers) -> Tensor:
    return torch.relu(1.0 - n.beta * r.delta())


def ipo(r: Ratios, n: Numbers) -> Tensor:
    return (r.delta_a_token() - 1.0 / (2.0 * n.beta)) ** 2


def sigmoid_norm(r: Ratios, n: Numbers) -> Tensor:
    return -logsigmoid(n.beta * r.delta_a_token())


def exo_pair(r: Ratios, n: Numbers) -> Tensor:
    x = n.beta * r.delta()
    chosen, rejected = logsigmoid(x), logsigmoid(-x)
    return chosen.exp() * (chosen - math.log1p(-n.smoothing)) + rejected.exp() * (rejected - math.log(n.smoothing))


def nca_pair(r: Ratios, n: Numbers) -> Tensor:
    chosen, rejected = n.beta * r.chosen, n.beta * r.rejected
    return -logsigmoid(chosen) - 0.5 * logsigmoid(-chosen) - 0.5 * logsigmoid(-rejected)


def bco_pair(r: Ratios, n: Numbers) -> Tensor:
    return -logsigmoid(n.beta * r.chosen) - logsigmoid(-n.beta * r.rejected)


def sppo_hard(r: Ratios, n: Numbers) -> Tensor:
    return (r.chosen - 0.5 / n.beta) ** 2 + (r.rejected + 0.5 / n.beta) ** 2


def aot(r: Ratios, n: Numbers) -> Tensor:
    return smoothed(n.beta * (r.policy_gap.sort().values - r.reference_gap.sort().values), n.smoothing)


def aot_unpaired(r: Ratios, n: Numbers) -> Tensor:
    return smoothed(n.beta * (r.chosen.sort().values - r.rejected.sort().values), n.smoothing)


def apo_zero(r: Ratios, n: Numbers) -> Tensor:
    return torch.sigmoid(-n.beta * r.chosen) + torch.sigmoid(n.beta * r.rejected)


def apo_down(r: Ratios, n: Numbers) -> Tensor:
    return torch.sigmoid(n.beta * r.chosen) + torch.sigmoid(-n.beta * (r.chosen - r.rejected))


def discopop(r: Ratios, n: Numbers) -> Tensor:
    # m * exp(-x) as one exponential: exp(-x) alone overflows where m underflows.
    x = n.beta * r.delta()
    m = logsigmoid(x / n.tau)
    return -torch.sigmoid(-x / n.tau) * logsigmoid(x) + torch.exp(m - x)


def sft(r: Ratios, n: Numbers) -> Tensor:
    # Each row's share of the token mean over the whole batch, times B, so that the mean over rows is that mean.
    side = r.chosen_side
    return -side.sums() * len(side.lengths) / side.mask.sum().clamp(min=1)


@dataclass(frozen=True)
class Variant:
    """A formula, and what goes with it.

    Attributes:
        formula: ratios to losses (B,).
        divergence: whether an f-divergence other than reverse KL may be asked for.
        smoothing: "no", "may" or "must" have label smoothing.
        whole_batch: the losses of rows depend on each other.
    """

    formula: Callable[[Ratios, Numbers], Tensor]
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
