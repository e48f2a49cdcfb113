"""Direct preference optimisation and its relatives: pairs, and a frozen reference model."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_choice, check_number
from ctcalign.errors import UsageError
from ctcalign.preference.divergences import DIVERGENCES, divergence_scores
from ctcalign.preference.dpo_variants import VARIANTS, Numbers, Ratios, Variant
from ctcalign.preference.responses import Responses, argument, check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result


def dpo_loss(
    chosen_log_probs: Tensor,
    rejected_log_probs: Tensor,
    chosen_reference_log_probs: Tensor,
    rejected_reference_log_probs: Tensor,
    chosen_mask: Tensor,
    rejected_mask: Tensor,
    *,
    beta: float = 0.1,
    variant: str = "sigmoid",
    label_smoothing: float = 0.0,
    divergence: str = "reverse_kl",
    divergence_alpha: float = 1.0,
    ld_alpha: float = 1.0,
    tau: float = 0.05,
    wpo: bool = False,
    chosen_log_collision: Tensor | None = None,
    rejected_log_collision: Tensor | None = None,
    chosen_lengths: Tensor | None = None,
    rejected_lengths: Tensor | None = None,
) -> PairResult:
    """DPO. With x = beta * (log-ratio of the chosen response - log-ratio of the rejected one): -log sigmoid(x).

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same of the rejected ones. Shape (B, K); K may differ from L.
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L). What stands elsewhere is never used.
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        variant: formula, a key of `VARIANTS`; "aot", "aot_unpaired" and "sft" look at the batch as a whole.
        label_smoothing: share of pairs believed to be labelled the wrong way, in [0, 0.5). "sigmoid" with it is
            "conservative"; "robust", "exo_pair" (needs it), "aot" and "aot_unpaired" know it too.
        divergence: "reverse_kl", "forward_kl", "js_divergence" or "alpha_divergence" (f-DPO).
        divergence_alpha: order of the alpha divergence, >= 0.
        ld_alpha: weight, in [0, 1], of tokens beyond the length of the pair's shorter response (LD-DPO). 1 is DPO.
        tau: temperature of "discopop", > 0, no unit.
        wpo: multiply each loss by the policy's own probability of the pair (WPO); no gradient flows to this weight.
        chosen_log_collision: log of the sum of squared probabilities at each position, (B, L); needed by `wpo`.
        rejected_log_collision: the same. Shape (B, K).
        chosen_lengths: what "ipo" and "sigmoid_norm" divide by instead of the count of scored tokens. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics; rewards are beta * log-ratio.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range, or one that the variant does not know.
    Source: Rafailov et al. 2023, arXiv:2305.18290; variants as in TRL 1.16. Differs from TRL: its "sigmoid" ignores
        label smoothing, and it takes the mean over no token for 0.
    """
    check_number("beta", beta, positive=True)
    check_number("tau", tau, positive=True)
    formula = _variant(variant, label_smoothing, divergence, wpo)
    if not 0.0 <= ld_alpha <= 1.0:
        raise UsageError(f"ld_alpha: got {ld_alpha}, expected a weight in [0, 1]")
    chosen = responses("chosen", chosen_log_probs, chosen_mask, chosen_reference_log_probs, chosen_lengths)
    rejected = responses("rejected", rejected_log_probs, rejected_mask, rejected_reference_log_probs, rejected_lengths)
    check_pairs(chosen, rejected)

    shorter = torch.minimum(chosen.mask.sum(-1), rejected.mask.sum(-1))
    policy, reference = _weighted_sums(chosen, shorter, ld_alpha)
    other_policy, other_reference = _weighted_sums(rejected, shorter, ld_alpha)
    ratios = Ratios(
        policy - reference,
        other_policy - other_reference,
        policy - other_policy,
        reference - other_reference,
        divergence_scores(policy - reference, divergence, divergence_alpha),
        divergence_scores(other_policy - other_reference, divergence, divergence_alpha),
        chosen,
        rejected,
    )
    losses = formula.formula(ratios, Numbers(beta, label_smoothing, tau))
    extras = {}
    if wpo:
        extras["wpo_weight"] = own_probability(chosen, chosen_log_collision) * own_probability(
            rejected, rejected_log_collision
        )
        losses = losses * extras["wpo_weight"]
    return pair_result(losses, chosen, rejected, beta * ratios.chosen, beta * ratios.rejected, extras=extras)


def own_probability(side: Responses, log_collision: Tensor | None) -> Tensor:
    """How much a response is the policy's own: exp of the token mean of log p - log sum of squared p. Shape (B,), no
    gradient.

    Raises:
        UsageError: there is no log_collision.
    Source: Zhou et al. 2024, WPO, arXiv:2406.11827.
    """
    if log_collision is None:
        name = argument(side.name, "log_collision")
        raise UsageError(f"wpo: it needs {name}, the log of the sum of squared probabilities at each position")
    aligned = side.log_probs.detach() - side.own("log_collision", log_collision).detach()
    return torch.exp(aligned.sum(-1) / side.divisors())


def _weighted_sums(side: Responses, shorter: Tensor, ld_alpha: float) -> tuple[Tensor, Tensor]:
    """Sums of policy and reference, (B,) each; scored tokens beyond the first `shorter` weigh ld_alpha."""
    reference = side.reference_scores()
    if ld_alpha == 1.0:
        return side.sums(), reference.sum(-1)
    beyond = side.mask.cumsum(-1) > shorter[:, None]
    weights = torch.ones_like(side.log_probs).masked_fill(beyond, ld_alpha)
    return (weights * side.log_probs).sum(-1), (weights * reference).sum(-1)


def _variant(name: str, smoothing: float, divergence: str, wpo: bool) -> Variant:
    """The variant of a name, once it is sure that it knows the options."""
    check_choice("variant", name, VARIANTS)
    check_number("label_smoothing", smoothing, below=0.5)
    check_choice("divergence", divergence, DIVERGENCES)
    variant = VARIANTS[name]
    if variant.smoothing == "no" and smoothing:
        raise UsageError(f"label_smoothing: got {smoothing}, but variant {name!r} has no use for it; leave it at 0")
    if variant.smoothing == "must" and not smoothing:
        raise UsageError(f"label_smoothing: got 0, but variant {name!r} needs it > 0; 0.1 or 0.001 are usual")
    if divergence != "reverse_kl" and not variant.divergence:
        raise UsageError(f"divergence: got {divergence!r}, but variant {name!r} knows reverse_kl alone")
    if wpo and variant.whole_batch:
        raise UsageError(f"wpo: variant {name!r} has no loss of a single pair to weight")
    return variant
