"""Kahneman-Tversky optimisation: unpaired responses, whose value is felt against a point of reference."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_choice, check_number
from ctcalign.errors import UsageError
from ctcalign.preference.checks import check_desirable
from ctcalign.preference.processes import sum_over_processes
from ctcalign.preference.responses import responses
from ctcalign.preference.results import RowResult, row_result


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
    """KTO. With r the log-ratio of a response, z = max(0, mean log-ratio of mismatched responses), no gradient:

    desirable: desirable_weight * (1 - sigmoid(beta * (r - z)))
    undesirable: undesirable_weight * (1 - sigmoid(beta * (z - r)))

    Args:
        log_probs: log-prob under the policy of each token, in nats. Shape (N, L).
        reference_log_probs: under the reference model. Shape (N, L). No gradient flows to it.
        desirable: True or 1 for the responses to learn, False or 0 for those to avoid. Shape (N,).
        mask: True or 1 where a token is scored. Shape (N, L).
        mismatched_log_probs: the same as log_probs for prompts with the response to another one: an estimate of the
            KL from the reference. Shape (M, K); M may be 0, then z = 0. Needed by "kto".
        mismatched_reference_log_probs: the same under the reference model. Shape (M, K).
        mismatched_mask: the same. Shape (M, K).
        beta: inverse temperature, > 0, in 1/nats.
        desirable_weight: >= 0.
        undesirable_weight: >= 0.
        variant: "kto", or "apo_zero_unpaired", which takes z = 0.
    Returns:
        Loss and metrics. Rewards are beta * r; extras: kl, z in nats, a scalar. In a distributed training z is over
        the rows of all processes.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored.
        UsageError: an option out of range, or no mismatched responses.
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
                "mismatched_log_probs: kto needs it with its reference and mask: score each prompt with another "
                'row\'s response, or use variant="apo_zero_unpaired"'
            )
        point = _reference_point(mismatched_log_probs, mismatched_reference_log_probs, mismatched_mask).to(ratios)
    signs = torch.where(good, torch.ones_like(ratios), -torch.ones_like(ratios))
    weights = torch.where(
        good, torch.full_like(ratios, desirable_weight), torch.full_like(ratios, undesirable_weight)
    ).detach()
    losses = weights * torch.sigmoid(-beta * signs * (ratios - point))
    return row_result(losses, rows, beta * ratios, good, {"kl": point})


def _reference_point(log_probs: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """max(0, mean log-ratio) over the rows of all processes; 0 if none has a row."""
    found = log_probs.new_zeros(2, dtype=torch.float32 if log_probs.device.type == "mps" else torch.float64)
    if len(log_probs):
        ratios = responses("mismatched", log_probs.detach(), mask, reference).log_ratios()
        found = torch.stack([ratios.to(found.dtype).sum(), found.new_tensor(float(len(ratios)))])
    sums = sum_over_processes(found)
    return (sums[0] / sums[1].clamp(min=1)).clamp(min=0)
