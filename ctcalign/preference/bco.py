"""Binary classifier optimisation: unpaired responses, told apart from each other by their implicit reward."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_number
from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference.checks import BatchError, check_desirable
from ctcalign.preference.responses import responses
from ctcalign.preference.results import RowResult, row_result
from ctcalign.preference.reward_shift import RewardShift


def bco_loss(
    log_probs: Tensor,
    reference_log_probs: Tensor,
    desirable: Tensor,
    mask: Tensor,
    *,
    shift: RewardShift,
    update: bool = True,
    beta: float = 0.1,
    desirable_probability: Tensor | None = None,
    min_weight: float = 0.5,
    max_weight: float = 10.0,
) -> RowResult:
    """BCO. With r = beta * log-ratio of a response and d the running mean of rewards:

    desirable: -log sigmoid(r - d).  undesirable: -weight * log sigmoid(d - r).

    Args:
        log_probs: log-prob under the policy of each token, in nats. Shape (N, L).
        reference_log_probs: under the reference model. Shape (N, L). No gradient flows to it.
        desirable: True or 1 for the responses to learn, False or 0 for those to avoid. Shape (N,).
        mask: True or 1 where a token is scored. Shape (N, L).
        shift: d and how it came about; this batch is added to it before the loss is taken.
        update: False leaves `shift` as it is: validation.
        beta: inverse temperature, > 0, in 1/nats.
        desirable_probability: p, the probability that the prompt of a row belongs to a desirable response, by a
            classifier of prompts; in [0, 1], (N,). With it an undesirable row weighs p / (1 - p), so that both classes
            are as if drawn from the same prompts (underlying distribution matching). Not looked at in desirable rows.
        min_weight: least of these weights, >= 0.
        max_weight: most of them, >= min_weight.
    Returns:
        Loss and metrics; extras: shift, a scalar.
    Raises:
        ShapeError: shapes do not agree.  UsageError: an option out of range.
        BatchError: NaN or infinity where a token is scored, or a probability outside [0, 1].
    Source: Jung et al. 2024, Binary Classifier Optimization, arXiv:2404.04656, and TRL 1.10. Differs from TRL: the
        shift has float64, not float32.
    """
    check_number("beta", beta, positive=True)
    check_number("min_weight", min_weight)
    check_number("max_weight", max_weight)
    if max_weight < min_weight:
        raise UsageError(f"max_weight: got {max_weight}, expected at least min_weight, {min_weight}")
    rows = responses("", log_probs, mask, reference_log_probs)
    good = check_desirable(desirable, len(rows.mask)).to(rows.mask.device)
    rewards = beta * rows.log_ratios()
    weights = torch.ones_like(rewards)
    if desirable_probability is not None:
        weights = matching_weights(desirable_probability, good, min_weight, max_weight).to(rewards)
    if update:  # after the checks: a batch that is refused leaves no trace
        shift.update(rewards, good)
    signs = torch.where(good, torch.ones_like(rewards), -torch.ones_like(rewards))
    losses = -weights * logsigmoid(signs * (rewards - shift.value))
    return row_result(losses, rows, rewards, good, {"shift": rewards.new_tensor(shift.value)})


def matching_weights(probability: Tensor, desirable: Tensor, least: float, most: float) -> Tensor:
    """Weights of rows for underlying distribution matching: p / (1 - p) in [least, most], 1 for desirable rows.

    Args:
        probability: p, (N,), in [0, 1] where a row is undesirable.
        desirable: (N,) bool.
    Raises:
        ShapeError: the two shapes differ.  BatchError: a probability outside [0, 1].
    """
    if probability.shape != desirable.shape:
        raise ShapeError(
            f"desirable_probability: expected one a row, shape {tuple(desirable.shape)}, got {tuple(probability.shape)}"
        )
    p = probability.detach().to(desirable.device).masked_fill(desirable, 0.5)  # p / (1 - p) = 1
    if not bool(((p >= 0) & (p <= 1)).all()):
        raise BatchError(f"desirable_probability: expected values in [0, 1], got {p.tolist()}")
    weights = (p / (1.0 - p + 1e-8)).clamp(least, most)  # TRL's term against division by 0
    return weights.masked_fill(desirable, 1.0)
