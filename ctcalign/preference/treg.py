"""T-REG: a sequence-level loss, and token rewards that pull each token where a contrast of prompts says."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_choice, check_number
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


def treg_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_reference_log_probs: Tensor | None,
    rejected_reference_log_probs: Tensor | None,
    chosen_token_rewards: Tensor,
    rejected_token_rewards: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 0.1,
    alpha: float = 0.25,
    base: str = "dpo",
    gamma: float = 0.5,
    chosen_lengths: Tensor | None = None,
    rejected_lengths: Tensor | None = None,
) -> PairResult:
    """T-REG. With g the token rewards and R(y) = -sum_t beta * g_t * log policy(y_t):

    base + alpha * stop_grad(sigmoid(reward_rejected - reward_chosen)) * (R(chosen) + R(rejected))

    base "dpo": -log sigmoid(reward_chosen - reward_rejected), rewards beta * log-ratio.
    base "simpo": -log sigmoid(reward_chosen - reward_rejected - gamma), rewards beta * log-prob a token.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same of the rejected ones. Shape (B, K).
        chosen_reference_log_probs: under the reference model, (B, L); no gradient flows to it. "simpo" ignores it.
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_token_rewards: g, in [-0.5, 0.5], for example of `contrast_rewards`. Shape (B, L). No gradient.
        rejected_token_rewards: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats; with "simpo" 2 is usual.
        alpha: weight of the token rewards, >= 0; the paper tries 0.1, 0.25, 0.5.
        base: "dpo" or "simpo".
        gamma: margin of "simpo", >= 0. It is in its loss, not in the weight of the token rewards.
        chosen_lengths: what "simpo" divides by instead of the count of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics. Extras, (B,) each: regulariser, R(chosen) + R(rejected); weight, the sigmoid before it.
    Raises:
        ShapeError: shapes do not agree.  UsageError: an option out of range, or "dpo" without a reference.
        BatchError: NaN or infinity where a token is scored, or a token reward outside [-0.5, 0.5].
    Source: Zhou et al. 2024, T-REG, arXiv:2412.02685. No code of the authors was there to compare with; that the weight
        has no gradient is our reading.
    """
    check_number("beta", beta, positive=True)
    check_number("alpha", alpha)
    check_number("gamma", gamma)
    check_choice("base", base, ("dpo", "simpo"))
    plain = base == "simpo"
    chosen = responses(
        "chosen", chosen_log_probs, chosen_mask, None if plain else chosen_reference_log_probs, chosen_lengths
    )
    rejected = responses(
        "rejected", rejected_log_probs, rejected_mask, None if plain else rejected_reference_log_probs, rejected_lengths
    )
    check_pairs(chosen, rejected)
    if plain:
        rewards, other_rewards, margin = beta * chosen.averages(), beta * rejected.averages(), gamma
    else:
        rewards, other_rewards, margin = beta * chosen.log_ratios(), beta * rejected.log_ratios(), 0.0
    guides = (
        chosen.constants("token_rewards", chosen_token_rewards, -0.5, 0.5),
        rejected.constants("token_rewards", rejected_token_rewards, -0.5, 0.5),
    )
    regulariser = -beta * ((guides[0] * chosen.log_probs).sum(-1) + (guides[1] * rejected.log_probs).sum(-1))
    weight = torch.sigmoid(other_rewards - rewards).detach()
    losses = -logsigmoid(rewards - other_rewards - margin) + alpha * weight * regulariser
    extras = {"regulariser": regulariser, "weight": weight}
    return pair_result(losses, chosen, rejected, rewards, other_rewards, extras=extras)


def contrast_rewards(better_log_probs: Tensor, worse_log_probs: Tensor) -> Tensor:
    """Token rewards from two conditions: sigmoid(better - worse) - 0.5.

    Args:
        better_log_probs: log-prob of each token by one model asked for a good answer, or given the clean input, or by
            the stronger of two models; in nats. Shape (B, L).
        worse_log_probs: the same, asked for a bad answer, given the noisy input, or by the weaker model.
    Returns:
        Rewards in [-0.5, 0.5], (B, L), without gradient. Masked positions may hold NaN, before and after.
    """
    return torch.sigmoid(better_log_probs.detach() - worse_log_probs.detach()) - 0.5
