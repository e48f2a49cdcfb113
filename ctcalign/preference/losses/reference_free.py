"""Preference losses without a reference model: CPO, SimPO (with AlphaPO) and LOGO."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_number
from ctcalign.errors import UsageError
from ctcalign.preference.interface import register_preference_loss
from ctcalign.preference.losses.dpo_variants import smoothed
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


@register_preference_loss("cpo")
@checked_arguments
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
    """CPO. With S the log-prob of a response, A its log-prob per token, x = beta * (S_chosen - S_rejected):

    sigmoid: -(1 - e) log sigmoid(x) - e log sigmoid(-x), e the label smoothing
    hinge: max(0, 1 - x)
    ipo: (A_chosen - A_rejected - 1 / (2 beta)) ** 2

    plus `sft_weight` times the cross entropy of all chosen tokens of the batch.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        variant: "sigmoid", "hinge" or "ipo".
        label_smoothing: assumed fraction of pairs with swapped labels, in [0, 0.5); for "sigmoid" only.
        sft_weight: weight of the cross entropy, >= 0.
        chosen_lengths: divisor of "ipo" in place of the number of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics; `losses` do not include the cross entropy. Rewards are beta * S (ipo: beta * A); extras:
        chosen_cost, the cross entropy, a scalar in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range, or one that the variant does not support.
    Source: Xu et al. 2024, Contrastive Preference Optimization, arXiv:2401.08417; variants as in TRL 1.16. Differs from
        TRL: there the cross entropy covers the whole chosen row, here its scored tokens.
    """
    check_number("beta", beta, positive=True)
    check_choice("variant", variant, ("sigmoid", "hinge", "ipo"))
    check_number("label_smoothing", label_smoothing, below=0.5)
    check_number("sft_weight", sft_weight)
    if label_smoothing and variant != "sigmoid":
        raise UsageError(f"label_smoothing: got {label_smoothing}, but variant {variant!r} does not support it; use 0")
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


@register_preference_loss("simpo")
@checked_arguments
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
    """SimPO. With A the log-prob per token of a response: -log sigmoid(beta * (A_chosen - A_rejected) - gamma).

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: scale of the rewards, > 0, in 1/nats.
        gamma: target margin of the rewards, >= 0, no unit.
        label_smoothing: assumed fraction of pairs with swapped labels, in [0, 0.5).
        alpha: AlphaPO: the reward is (1 - exp(-alpha A)) / alpha in place of A; 0 is SimPO. Any finite number.
        sft_weight: weight of the cross entropy of the chosen tokens of the batch, >= 0 (CPO-SimPO).
        chosen_lengths: divisor in place of the number of scored tokens, > 0: frames, labels, or ones. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics. Rewards are beta times A or AlphaPO's reward; extras: chosen_cost, the cross entropy, a scalar
        in nats.
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


@register_preference_loss("logo")
@checked_arguments
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
    """LOGO. With A the log-prob per token of a response and x = beta * (A_chosen - mean_j A_rejected_j) - gamma:

    -log sigmoid(x), or max(0, 1 - x) for "hinge"; plus `sft_weight` times the cross entropy of all chosen tokens.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for M rejected responses per chosen one. Shape (B, M, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, M, K).
        beta: scale of the rewards, > 0, in 1/nats. Values of beta and ratio used by the authors: 10 and 0.3 (Llama-3),
            2.5 and 0.1 (Mistral), 3 and 0.2 (Llama-2).
        gamma_beta_ratio: margin between the averages, >= 0, in nats; gamma = beta * gamma_beta_ratio.
        sft_weight: weight of the cross entropy, >= 0.
        variant: "sigmoid" or "hinge".
        chosen_lengths: divisor in place of the number of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same. Shape (B, M).
    Returns:
        Loss and metrics; `losses` do not include the cross entropy. Rewards are beta * A; values of the rejected side
        are means over the M responses; extras: chosen_cost, the cross entropy, a scalar in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range.
    Source: Tang et al. 2024, LOGO, arXiv:2410.18533. Differs from the released code: there (M = 2) the second set of
        rejected rows is sliced incorrectly from the batch.

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


def alpha_reward(averages: Tensor, alpha: float) -> Tensor:
    """AlphaPO's reward of an average log-prob: (1 - exp(-alpha A)) / alpha, or A itself for alpha = 0.

    Raises:
        UsageError: alpha is so large that the reward overflows.
    """
    if alpha == 0.0:
        return averages
    rewards = -torch.expm1(-alpha * averages) / alpha
    if not bool(torch.isfinite(rewards.detach()).all()):
        raise UsageError(f"alpha: {alpha} makes exp(-alpha * average log-prob) overflow; use a value closer to 0")
    return rewards
