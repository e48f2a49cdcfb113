"""Preference losses of single responses: KTO and BCO (desirable and undesirable ones), PoFT (desirable ones only)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_number
from ctcalign.errors import BatchError, ShapeError, UsageError
from ctcalign.preference.interface import register_preference_loss
from ctcalign.preference.processes import sum_over_processes
from ctcalign.preference.responses import check_desirable, check_rows, check_tokens, responses, widened
from ctcalign.preference.results import RowResult, row_result
from ctcalign.preference.reward_shift import RewardShift


@register_preference_loss(
    "kto",
    needed_if={
        ("variant", "kto"): ("mismatched_log_probs", "mismatched_reference_log_probs", "mismatched_mask"),
    },
)
@checked_arguments
def kto_loss(
    log_probs: Tensor,
    reference_log_probs: Tensor,
    desirable: Tensor,
    mask: Tensor,
    *,
    mismatched_log_probs: Tensor | None = None,
    mismatched_reference_log_probs: Tensor | None = None,
    mismatched_mask: Tensor | None = None,
    beta: float = 0.1,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
    variant: str = "kto",
) -> RowResult:
    """KTO. With r the log-ratio of a response and z = max(0, mean log-ratio of mismatched responses), without gradient:

    desirable: desirable_weight * (1 - sigmoid(beta * (r - z)))
    undesirable: undesirable_weight * (1 - sigmoid(beta * (z - r)))

    Args:
        log_probs: log-prob under the policy of each token, in nats. Shape (N, L).
        reference_log_probs: under the reference model. Shape (N, L). No gradient flows to it.
        desirable: True or 1 for responses to learn, False or 0 for responses to avoid. Shape (N,).
        mask: True or 1 where a token is scored. Shape (N, L).
        mismatched_log_probs: the same as log_probs for prompts paired with the response to another prompt, to estimate
            the KL from the reference. Shape (M, K); if M = 0, z = 0. Needed by "kto".
        mismatched_reference_log_probs: the same under the reference model. Shape (M, K).
        mismatched_mask: the same. Shape (M, K).
        beta: inverse temperature, > 0, in 1/nats.
        desirable_weight: >= 0.
        undesirable_weight: >= 0.
        variant: "kto", or "apo_zero_unpaired" with z = 0.
    Returns:
        Loss and metrics. Rewards are beta * r; extras: kl, z in nats, a scalar. In distributed training z is computed
        from the rows of all processes.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored.
        UsageError: an option out of range, or missing mismatched responses.
    Source: Ethayarajh et al. 2024, KTO, arXiv:2402.01306; D'Oosterlinck et al. 2024, APO, arXiv:2408.06266. Differs
        from TRL 1.16: nothing known.
    """
    check_number("beta", beta, positive=True)
    check_number("desirable_weight", desirable_weight)
    check_number("undesirable_weight", undesirable_weight)
    check_choice("variant", variant, ("kto", "apo_zero_unpaired"))
    rows = responses("", log_probs, mask, reference_log_probs)
    good = check_desirable(desirable, len(rows.mask)).to(rows.mask.device)
    ratios = rows.log_ratios()
    point = torch.zeros_like(ratios[0])
    if variant == "kto":
        if mismatched_log_probs is None or mismatched_reference_log_probs is None or mismatched_mask is None:
            raise UsageError(
                "mismatched_log_probs: kto needs it with its reference and mask: score each prompt with the response "
                'of another row, or use variant="apo_zero_unpaired"'
            )
        point = _reference_point(mismatched_log_probs, mismatched_reference_log_probs, mismatched_mask).to(ratios)
    signs = torch.where(good, torch.ones_like(ratios), -torch.ones_like(ratios))
    weights = torch.where(
        good, torch.full_like(ratios, desirable_weight), torch.full_like(ratios, undesirable_weight)
    ).detach()
    losses = weights * torch.sigmoid(-beta * signs * (ratios - point))
    return row_result(losses, rows, beta * ratios, good, {"kl": point})


@register_preference_loss("bco")
@checked_arguments
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
        desirable: True or 1 for responses to learn, False or 0 for responses to avoid. Shape (N,).
        mask: True or 1 where a token is scored. Shape (N, L).
        shift: the state of d; this batch is added to it before the loss is computed.
        update: False does not change `shift`, for validation.
        beta: inverse temperature, > 0, in 1/nats.
        desirable_probability: p, the probability that the prompt of a row belongs to a desirable response, from a
            classifier of prompts; in [0, 1], (N,). With it an undesirable row has weight p / (1 - p), so that the
            prompts of both classes have the same distribution (underlying distribution matching). Not used for
            desirable rows.
        min_weight: lower bound of these weights, >= 0.
        max_weight: upper bound of these weights, >= min_weight.
    Returns:
        Loss and metrics; extras: shift, a scalar.
    Raises:
        ShapeError: shapes do not agree.  UsageError: an option out of range.
        BatchError: NaN or infinity where a token is scored, or a probability outside [0, 1].
    Source: Jung et al. 2024, Binary Classifier Optimization, arXiv:2404.04656, and TRL 1.10. Differs from TRL: the
        shift is float64, not float32.
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
    check_rows("rewards (beta times log-ratio)", rewards, tuple(good.shape))
    if update:  # after the checks, so that an invalid batch does not change the state
        shift.update(rewards, good)
    signs = torch.where(good, torch.ones_like(rewards), -torch.ones_like(rewards))
    losses = -weights * logsigmoid(signs * (rewards - shift.value))
    return row_result(losses, rows, rewards, good, {"shift": rewards.new_tensor(shift.value)})


@register_preference_loss("poft")
@checked_arguments
def poft_loss(
    log_probs: Tensor,
    aligned_scores: Tensor,
    mask: Tensor,
    *,
    beta: float = 1.0,
    gamma: float = 0.0,
    lengths: Tensor | None = None,
) -> RowResult:
    """PoFT. With A the log-prob per token of a response and A_j that under aligned model j:
    -log sigmoid(beta * (A - mean_j A_j) - gamma).

    Its gradient is that of the cross entropy, weighted by G / (G + exp(A)), where G is the geometric mean of the
    models' exp(A_j): responses that are unlikely under the aligned models have a lower weight.

    Args:
        log_probs: log-prob under the policy of each token, in nats. Shape (N, L).
        aligned_scores: log-prob per token of each response under each aligned model, with the tokens of that model, in
            nats. Shape (N, M), or (N,) for the mean over models. No gradient flows to it.
        mask: True or 1 where a token is scored, which are the tokens of the response only. Shape (N, L).
        beta: scale, > 0, in 1/nats.
        gamma: margin, >= 0, no unit.
        lengths: divisor in place of the number of scored tokens, > 0. Shape (N,).
    Returns:
        Loss and metrics. Rewards are beta * (A - mean_j A_j); extras: aligned_scores, (N,), their means.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range.
    Source: Preference-Oriented Supervised Fine-Tuning, arXiv:2412.12865. Differs from the released code, which also
        scores the tokens of the prompt and takes the log of a sigmoid that may be 0.
    """
    check_number("beta", beta, positive=True)
    check_number("gamma", gamma)
    rows = responses("", log_probs, mask, lengths=lengths)
    count = len(rows.mask)
    if aligned_scores.ndim not in (1, 2) or 0 in aligned_scores.shape:
        raise ShapeError(
            f"aligned_scores: expected shape ({count},) or ({count}, M), got {tuple(aligned_scores.shape)}; "
            "pass the log-prob per token of each response and model"
        )
    check_rows("aligned_scores", aligned_scores, (count, *aligned_scores.shape[1:]))
    aligned = aligned_scores.detach().to(rows.log_probs)
    aligned = aligned if aligned.ndim == 1 else aligned.mean(-1)
    rewards = beta * (rows.averages() - aligned)
    desirable = torch.ones_like(aligned, dtype=torch.bool)
    return row_result(-logsigmoid(rewards - gamma), rows, rewards, desirable, {"aligned_scores": aligned})


@checked_arguments
def matching_weights(probability: Tensor, desirable: Tensor, least: float, most: float) -> Tensor:
    """Weights of rows for underlying distribution matching: p / (1 - p) in [least, most], 1 for desirable rows.

    Args:
        probability: p, (N,), in [0, 1] where a row is undesirable.
        desirable: (N,) bool.
    Raises:
        ShapeError: the two shapes differ, or other types.  BatchError: a probability outside [0, 1].
    """
    check_number("least", least)
    check_number("most", most)
    if desirable.dtype != torch.bool or not probability.is_floating_point():
        raise ShapeError(
            f"probability, desirable: expected floats and bool, got {probability.dtype} and {desirable.dtype}"
        )
    if probability.shape != desirable.shape:
        raise ShapeError(
            "desirable_probability: expected one value per row, shape "
            f"{tuple(desirable.shape)}, got {tuple(probability.shape)}"
        )
    p = widened(probability.detach()).to(desirable.device).masked_fill(desirable, 0.5)  # p / (1 - p) = 1
    if not bool(((p >= 0) & (p <= 1)).all()):
        raise BatchError(f"desirable_probability: expected values in [0, 1], got {p.tolist()}")
    weights = (p / (1.0 - p + 1e-8)).clamp(least, most)  # 1e-8 as in TRL, against division by 0
    return weights.masked_fill(desirable, 1.0)


def _reference_point(log_probs: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """max(0, mean log-ratio) over the rows of all processes; 0 if there are no rows."""
    found = log_probs.new_zeros(2, dtype=torch.float32 if log_probs.device.type == "mps" else torch.float64)
    check_tokens("mismatched_log_probs", log_probs, empty=True)
    if len(log_probs):
        ratios = responses("mismatched", log_probs.detach(), mask, reference).log_ratios()
        found = torch.stack([ratios.to(found.dtype).sum(), found.new_tensor(float(len(ratios)))])
    sums = sum_over_processes(found)
    return (sums[0] / sums[1].clamp(min=1)).clamp(min=0)
