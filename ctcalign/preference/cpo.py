"""Contrastive preference optimisation: DPO with a uniform reference, held to the chosen responses by likelihood."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_choice, check_number
from ctcalign.errors import UsageError
from ctcalign.preference.dpo_variants import smoothed
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


def cpo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 0.1,
    variant: str = "sigmoid",
    label_smoothing: float = 0.0,
    sft_weight: float = 1.0,
    chosen_lengths: Tensor | None = None,
    rejected_lengths: Tensor | None = None,
) -> PairResult:
    """CPO. With S the log-prob of a response, A its log-prob a token, x = beta * (S_chosen - S_rejected):

    sigmoid: -(1 - e) log sigmoid(x) - e log sigmoid(-x), e the label smoothing
    hinge: max(0, 1 - x)
    ipo: (A_chosen - A_rejected - 1 / (2 beta)) ** 2

    plus `sft_weight` times the cross entropy of all chosen tokens of the batch.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same of the rejected ones. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        variant: "sigmoid", "hinge" or "ipo".
        label_smoothing: share of pairs believed to be labelled the wrong way, in [0, 0.5); "sigmoid" alone.
        sft_weight: weight of the cross entropy, >= 0.
        chosen_lengths: what "ipo" divides by instead of the count of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics; `losses` are without the cross entropy. Rewards are beta * S (ipo: beta * A); extras:
        chosen_cost, the cross entropy, a scalar in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range, or one that the variant does not know.
    Source: Xu et al. 2024, Contrastive Preference Optimization, arXiv:2401.08417; variants as in TRL 1.16. Differs from
        TRL: its cross entropy is of the whole chosen row, ours of its scored tokens.
    """
    check_number("beta", beta, positive=True)
    check_choice("variant", variant, ("sigmoid", "hinge", "ipo"))
    check_number("label_smoothing", label_smoothing, below=0.5)
    check_number("sft_weight", sft_weight)
    if label_smoothing and variant != "sigmoid":
        raise UsageError(f"label_smoothing: got {label_smoothing}, but variant {variant!r} has no use for it")
    chosen = responses("chosen", chosen_log_probs, chosen_mask, lengths=chosen_lengths)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, lengths=rejected_lengths)
    check_pairs(chosen, rejected)
    if variant == "ipo":
        scores, other_scores = chosen.averages(), rejected.averages()
        losses = (scores - other_scores - 1.0 / (2.0 * beta)) ** 2
    else:
        scores, other_scores = chosen.sums(), rejected.sums()
        x = beta * (scores - other_scores)
        losses = torch.relu(1.0 - x) if variant == "hinge" else smoothed(x, label_smoothing)
    cost = chosen.token_cost()
    return pair_result(
        losses,
        chosen,
        rejected,
        beta * scores,
        beta * other_scores,
        added=sft_weight * cost if sft_weight else None,
        extras={"chosen_cost": cost},
    )
