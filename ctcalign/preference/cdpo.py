"""Critical-token DPO: in a rejected response the tokens that led it astray weigh most."""

from __future__ import annotations

from torch import Tensor

from ctcalign.checks import check_choice, check_number
from ctcalign.errors import ShapeError
from ctcalign.preference.dpo_variants import smoothed
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


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
        rejected_log_probs: the same of the rejected ones. Shape (B, K).
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        rejected_scores: probability of each token under the contrast of a good and a bad model, in [0, 1], for example
            of `critical_token_scores`. Shape (B, K). No gradient flows to it.
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        chosen_scores: the same as rejected_scores for the chosen responses. Shape (B, L). Only with
            `only_rejected=False`.
        beta: inverse temperature, > 0, in 1/nats.
        label_smoothing: share of pairs believed to be labelled the wrong way, in [0, 0.5).
        only_rejected: leave the tokens of chosen responses unweighted.
        reduction: "sequence", the paper's, as above; "token_released", what the released code computes: the sigmoid is
            taken of each position, of the chosen against the rejected token that happens to stand there, and the mean
            goes over all L = K positions, masked ones included.
    Returns:
        Loss and metrics. Rewards are beta times the weighted log-ratio; extras: rejected_weight, the mean weight of a
        scored rejected token, (B,).
    Raises:
        ShapeError: shapes do not agree, or L and K differ for "token_released".
        BatchError: NaN or infinity where a token is scored, or a score outside [0, 1].
        UsageError: an option out of range, or no chosen_scores.
    Source: Lin et al. 2024, Critical Tokens Matter, arXiv:2411.19943. Differs from the released code: see `reduction`;
        there the last token of a response has no score and weighs 1.
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
                f"rejected_log_probs: shape {tuple(other_ratios.shape)} beside {tuple(ratios.shape)} chosen; "
                "token_released compares position with position: pad both to one length"
            )
        losses = smoothed(beta * (ratios - other_ratios), label_smoothing).mean(-1)
    else:
        losses = smoothed(rewards - other_rewards, label_smoothing)
    weight = (weights * rejected.mask).sum(-1) / rejected.mask.sum(-1).clamp(min=1)
    return pair_result(losses, chosen, rejected, rewards, other_rewards, extras={"rejected_weight": weight})
