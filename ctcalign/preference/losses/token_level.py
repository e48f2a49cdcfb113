"""Token-level preference losses: TDPO, critical-token DPO and T-REG. They need further values of each token."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_number
from ctcalign.errors import ShapeError
from ctcalign.preference.interface import register_preference_loss
from ctcalign.preference.losses.dpo_variants import smoothed
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


@register_preference_loss("tdpo")
@checked_arguments
def tdpo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_reference_log_probs: Tensor,
    rejected_reference_log_probs: Tensor,
    chosen_kl: Tensor,
    rejected_kl: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 0.1,
    alpha: float = 0.5,
    variant: str = "tdpo2",
) -> PairResult:
    """TDPO. With r the log-ratio and K the KL of a response, both summed over its scored tokens, w chosen, l rejected:

    tdpo2: -log sigmoid(beta * (r_w - r_l - alpha * (K_l - stop_grad(K_w))))
    tdpo1: -log sigmoid(beta * (r_w - r_l - (K_l - K_w)))

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K).
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_kl: KL(reference || policy) over the whole vocabulary at the position that predicts each token, in nats.
            Shape (B, L).
        rejected_kl: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        alpha: weight of the difference of the KLs, >= 0; for tdpo2 only. With 0 the loss is DPO.
        variant: "tdpo2" or "tdpo1".
    Returns:
        Loss and metrics. Rewards are beta * (r + K); extras: chosen_kl, rejected_kl, (B,) each, in nats.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored.
        UsageError: an option out of range.
    Source: Zeng et al. 2024, Token-level Direct Preference Optimization, arXiv:2404.11999. Differs from the authors'
        code: nothing known.
    """
    check_number("beta", beta, positive=True)
    check_number("alpha", alpha)
    check_choice("variant", variant, ("tdpo2", "tdpo1"))
    chosen = responses("chosen", chosen_log_probs, chosen_mask, chosen_reference_log_probs)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, rejected_reference_log_probs)
    check_pairs(chosen, rejected)
    kl, other_kl = chosen.token_values("kl", chosen_kl).sum(-1), rejected.token_values("kl", rejected_kl).sum(-1)
    ratio, other_ratio = chosen.log_ratios(), rejected.log_ratios()
    gap = other_kl - kl if variant == "tdpo1" else alpha * (other_kl - kl.detach())
    return pair_result(
        -logsigmoid(beta * (ratio - other_ratio - gap)),
        chosen,
        rejected,
        beta * (ratio + kl),
        beta * (other_ratio + other_kl),
        extras={"chosen_kl": kl, "rejected_kl": other_kl},
    )


@register_preference_loss("cdpo", needed_if={("only_rejected", False): ("chosen_scores",)})
@checked_arguments
def cdpo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_reference_log_probs: Tensor,
    rejected_reference_log_probs: Tensor,
    rejected_scores: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    chosen_scores: Tensor | None = None,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    only_rejected: bool = True,
    reduction: str = "sequence",
) -> PairResult:
    """Critical-token DPO. With rho_t the log-ratio of a token and s_t its score, low where a token is critical:

    -log sigmoid(beta * (sum_t w_t rho_t of the chosen response - sum_t (1 - s_t) rho_t of the rejected one))

    where w_t = 1, or s_t with `only_rejected=False`.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K).
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        rejected_scores: probability of each token under the contrast of a good and a bad model, in [0, 1], for example
            from `critical_token_scores`. Shape (B, K). No gradient flows to it.
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        chosen_scores: the same as rejected_scores for the chosen responses. Shape (B, L). Only with
            `only_rejected=False`.
        beta: inverse temperature, > 0, in 1/nats.
        label_smoothing: assumed fraction of pairs with swapped labels, in [0, 0.5).
        only_rejected: weight the tokens of rejected responses only.
        reduction: "sequence": the formula of the paper, as above. "token_released": the formula of the released code;
            it compares the chosen with the rejected token at each position and averages over all L = K positions,
            masked ones included.
    Returns:
        Loss and metrics. Rewards are beta times the weighted log-ratio; extras: rejected_weight, the mean weight of a
        scored rejected token, (B,).
    Raises:
        ShapeError: shapes do not agree, or L and K differ for "token_released".
        BatchError: NaN or infinity where a token is scored, or a score outside [0, 1].
        UsageError: an option out of range, or no chosen_scores.
    Source: Lin et al. 2024, Critical Tokens Matter, arXiv:2411.19943. Differs from the released code: see `reduction`;
        there the last token of a response has no score and has weight 1.
    """
    check_number("beta", beta, positive=True)
    check_number("label_smoothing", label_smoothing, below=0.5)
    check_choice("reduction", reduction, ("sequence", "token_released"))
    chosen = responses("chosen", chosen_log_probs, chosen_mask, chosen_reference_log_probs)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, rejected_reference_log_probs)
    check_pairs(chosen, rejected)
    ratios = chosen.token_log_ratios()
    if not only_rejected:
        ratios = ratios * chosen.constants("scores", chosen_scores, 0.0, 1.0)
    weights = 1.0 - rejected.constants("scores", rejected_scores, 0.0, 1.0)
    other_ratios = weights * rejected.token_log_ratios()
    rewards, other_rewards = beta * ratios.sum(-1), beta * other_ratios.sum(-1)
    if reduction == "token_released":
        if ratios.shape != other_ratios.shape:
            raise ShapeError(
                f"rejected_log_probs: expected shape {tuple(ratios.shape)} like chosen_log_probs, got "
                f"{tuple(other_ratios.shape)}; token_released compares both sides by position: pad them to one length"
            )
        losses = smoothed(beta * (ratios - other_ratios), label_smoothing).mean(-1)
    else:
        losses = smoothed(rewards - other_rewards, label_smoothing)
    weight = (weights * rejected.mask).sum(-1) / rejected.mask.sum(-1).clamp(min=1)
    return pair_result(losses, chosen, rejected, rewards, other_rewards, extras={"rejected_weight": weight})


@register_preference_loss(
    "treg", optional_if={("base", "simpo"): ("chosen_reference_log_probs", "rejected_reference_log_probs")}
)
@checked_arguments
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
    base "simpo": -log sigmoid(reward_chosen - reward_rejected - gamma), rewards beta * log-prob per token.

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K).
        chosen_reference_log_probs: under the reference model, (B, L); no gradient flows to it. Not used by "simpo".
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_token_rewards: g, in [-0.5, 0.5], for example from `contrast_rewards`. Shape (B, L). No gradient.
        rejected_token_rewards: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats; 2 is common with "simpo".
        alpha: weight of the token rewards, >= 0; the paper tries 0.1, 0.25, 0.5.
        base: "dpo" or "simpo".
        gamma: margin of "simpo", >= 0. It enters the base loss, but not the weight of the token rewards.
        chosen_lengths: divisor of "simpo" in place of the number of scored tokens, > 0. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics. Extras, (B,) each: regulariser, R(chosen) + R(rejected); weight, the sigmoid factor.
    Raises:
        ShapeError: shapes do not agree.  UsageError: an option out of range, or "dpo" without a reference.
        BatchError: NaN or infinity where a token is scored, or a token reward outside [-0.5, 0.5].
    Source: Zhou et al. 2024, T-REG, arXiv:2412.02685. The authors released no code; that no gradient flows through the
        weight is our interpretation.
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
