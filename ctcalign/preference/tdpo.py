"""Token-level DPO: the drift from the reference counts at every position, not only at the tokens that were chosen."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_choice, check_number
from ctcalign.preference.responses import check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


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
        rejected_log_probs: the same of the rejected ones. Shape (B, K).
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_kl: KL(reference || policy) over the whole vocabulary at the position that predicts each token, in nats.
            Shape (B, L).
        rejected_kl: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L).
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        alpha: weight of the gap between the KLs, >= 0; tdpo2 alone. With 0 it is DPO.
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
    drift, other_drift = chosen.own("kl", chosen_kl).sum(-1), rejected.own("kl", rejected_kl).sum(-1)
    ratio, other_ratio = chosen.log_ratios(), rejected.log_ratios()
    gap = other_drift - drift if variant == "tdpo1" else alpha * (other_drift - drift.detach())
    return pair_result(
        -logsigmoid(beta * (ratio - other_ratio - gap)),
        chosen,
        rejected,
        beta * (ratio + drift),
        beta * (other_ratio + other_drift),
        extras={"chosen_kl": drift, "rejected_kl": other_drift},
    )
