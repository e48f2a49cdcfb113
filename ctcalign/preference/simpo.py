"""SimPO: the average log-prob of a token is the reward; no reference model. With AlphaPO's shape of the reward."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.preference.dpo_variants import smoothed
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


def simpo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 2.0,
    gamma: float = 0.5,
    label_smoothing: float = 0.0,
    alpha: float = 0.0,
    sft_weight: float = 0.0,
    chosen_lengths: Tensor | None = None,
    rejected_lengths: Tensor | None = None,
) -> PairResult:
    """SimPO. With A the log-prob a token of a response: -log sigmoid(beta * (A_chosen - A_rejected) - gamma).

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same of the rejected ones. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: scale of the rewards, > 0, in 1/nats.
        gamma: margin that the rewards should have, >= 0, no unit.
        label_smoothing: share of pairs believed to be labelled the wrong way, in [0, 0.5).
        alpha: AlphaPO: the reward is (1 - exp(-alpha A)) / alpha instead of A; 0 is SimPO. Any finite number.
        sft_weight: weight of the cross entropy of the chosen tokens of the batch, >= 0 (CPO-SimPO).
        chosen_lengths: what to divide by instead of the count of scored tokens, > 0: frames, labels, or ones. Shape
            (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics. Rewards are beta * A, or AlphaPO's; extras: chosen_cost, the cross entropy, a scalar in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range.
    Source: Meng et al. 2024, SimPO, arXiv:2405.14734; Gupta et al. 2025, AlphaPO, arXiv:2501.03884. Differs from TRL
        1.16: nothing known.
    """
    check_number("beta", beta, positive=True)
    check_number("gamma", gamma)
    check_number("label_smoothing", label_smoothing, below=0.5)
    check_number("sft_weight", sft_weight)
    check_number("alpha", abs(alpha))
    chosen = responses("chosen", chosen_log_probs, chosen_mask, lengths=chosen_lengths)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, lengths=rejected_lengths)
    check_pairs(chosen, rejected)
    rewards = beta * alpha_reward(chosen.averages(), alpha)
    other_rewards = beta * alpha_reward(rejected.averages(), alpha)
    losses = smoothed(rewards - other_rewards - gamma, label_smoothing)
    cost = chosen.token_cost()
    added = sft_weight * cost if sft_weight else None
    return pair_result(losses, chosen, rejected, rewards, other_rewards, added=added, extras={"chosen_cost": cost})


def alpha_reward(averages: Tensor, alpha: float) -> Tensor:
    """AlphaPO's reward of an average log-prob: (1 - exp(-alpha A)) / alpha, and A itself for alpha = 0.

    Raises:
        UsageError: alpha is so large that the reward overflows.
    """
    if alpha == 0.0:
        return averages
    rewards = -torch.expm1(-alpha * averages) / alpha
    if not bool(torch.isfinite(rewards.detach()).all()):
        raise UsageError(f"alpha: {alpha} makes exp(-alpha * average log-prob) overflow; take it nearer to 0")
    return rewards
