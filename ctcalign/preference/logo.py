"""LOGO: SimPO against several dispreferred responses at once, held to the chosen ones by likelihood."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_choice, check_number
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


def logo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 10.0,
    gamma_beta_ratio: float = 0.3,
    sft_weight: float = 0.1,
    variant: str = "sigmoid",
    chosen_lengths: Tensor | None = None,
    rejected_lengths: Tensor | None = None,
) -> PairResult:
    """LOGO. With A the log-prob a token of a response and x = beta * (A_chosen - mean_j A_rejected_j) - gamma:

    -log sigmoid(x), or max(0, 1 - x) for "hinge"; plus `sft_weight` times the cross entropy of all chosen tokens.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same of M rejected responses to each chosen one. Shape (B, M, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, M, K).
        beta: scale of the rewards, > 0, in 1/nats. The authors' settings of beta and ratio: 10 and 0.3 (Llama-3), 2.5
            and 0.1 (Mistral), 3 and 0.2 (Llama-2).
        gamma_beta_ratio: margin between the averages, >= 0, in nats; gamma is beta times it.
        sft_weight: weight of the cross entropy, >= 0.
        variant: "sigmoid" or "hinge".
        chosen_lengths: what to divide by instead of the count of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same. Shape (B, M).
    Returns:
        Loss and metrics; `losses` are without the cross entropy. Rewards are beta * A, values of the rejected side
        means over the M; extras: chosen_cost, the cross entropy, a scalar in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range.
    Source: Tang et al. 2024, LOGO, arXiv:2410.18533. Differs from the released code: there, M = 2, the second set of
        rejected rows is cut wrongly out of the batch.
    """
    check_number("beta", beta, positive=True)
    check_number("gamma_beta_ratio", gamma_beta_ratio)
    check_number("sft_weight", sft_weight)
    check_choice("variant", variant, ("sigmoid", "hinge"))
    chosen = responses("chosen", chosen_log_probs, chosen_mask, lengths=chosen_lengths)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, lengths=rejected_lengths, axes="B, M, L")
    check_pairs(chosen, rejected)
    rewards, other_rewards = beta * chosen.averages(), beta * rejected.averages()
    x = rewards - other_rewards.mean(-1) - beta * gamma_beta_ratio
    cost = chosen.token_cost()
    return pair_result(
        torch.relu(1.0 - x) if variant == "hinge" else -logsigmoid(x),
        chosen,
        rejected,
        rewards,
        other_rewards,
        added=sft_weight * cost if sft_weight else None,
        extras={"chosen_cost": cost},
    )
