"""Direct preference optimisation (DPO) of pairs with a reference model, and its options f-DPO, LD-DPO and WPO."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_number
from ctcalign.errors import UsageError
from ctcalign.preference.interface import register_preference_loss
from ctcalign.preference.losses.dpo_variants import VARIANTS, Coefficients, Ratios, Variant
from ctcalign.preference.responses import Responses, argument, check_pairs, responses
from ctcalign.preference.results import PairResult, pair_result

DIVERGENCES = ("reverse_kl", "forward_kl", "js_divergence", "alpha_divergence")


@register_preference_loss("dpo", needed_if={("wpo", True): ("chosen_log_collision", "rejected_log_collision")})
@checked_arguments
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
    """DPO. With x = beta * (log-ratio of the chosen response - log-ratio of the rejected response): -log sigmoid(x).

    Args:
        chosen_log_probs: log-prob under the policy of each token of the chosen responses, in nats. Shape (B, L).
        rejected_log_probs: the same for the rejected responses. Shape (B, K); K may differ from L.
        chosen_reference_log_probs: under the reference model. Shape (B, L). No gradient flows to it.
        rejected_reference_log_probs: the same. Shape (B, K).
        chosen_mask: True or 1 where a token is scored. Shape (B, L). Values at other positions are never used.
        rejected_mask: the same. Shape (B, K).
        beta: inverse temperature, > 0, in 1/nats.
        variant: formula, a key of `VARIANTS`; in "aot", "aot_unpaired" and "sft" the losses depend on the whole batch.
        label_smoothing: assumed fraction of pairs with swapped labels, in [0, 0.5). "sigmoid" with label smoothing is
            "conservative"; "robust", "exo_pair" (requires it), "aot" and "aot_unpaired" support it too.
        divergence: "reverse_kl", "forward_kl", "js_divergence" or "alpha_divergence" (f-DPO).
        divergence_alpha: order of the alpha divergence, >= 0.
        ld_alpha: weight, in [0, 1], of tokens beyond the length of the shorter response of the pair (LD-DPO). 1 is DPO.
        tau: temperature of "discopop", > 0, no unit.
        wpo: multiply each loss by the length-normalised probability of the pair under the policy (WPO); no gradient
            flows to this weight.
        chosen_log_collision: log of the sum of squared probabilities at each position, (B, L); needed by `wpo`.
        rejected_log_collision: the same. Shape (B, K).
        chosen_lengths: divisor of "ipo" and "sigmoid_norm" in place of the number of scored tokens. Shape (B,).
        rejected_lengths: the same.
    Returns:
        Loss and metrics; rewards are beta * log-ratio.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range, or one that the variant does not support.
    Source: Rafailov et al. 2023, arXiv:2305.18290; variants as in TRL 1.16. Differs from TRL: there "sigmoid" ignores
        label smoothing, and the mean over no tokens is 0.
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
    losses = formula.formula(ratios, Coefficients(beta, label_smoothing, tau))
    extras = {}
    if wpo:
        extras["wpo_weight"] = wpo_weight(chosen, chosen_log_collision) * wpo_weight(rejected, rejected_log_collision)
        losses = losses * extras["wpo_weight"]
    return pair_result(losses, chosen, rejected, beta * ratios.chosen, beta * ratios.rejected, extras=extras)


def divergence_scores(log_ratios: Tensor, divergence: str = "reverse_kl", alpha: float = 1.0) -> Tensor:
    """Scores of f-DPO: f'(policy / reference) of each response, up to a constant.

    reverse_kl: r.  forward_kl: 1 - exp(-r).  js_divergence: log 2 + log sigmoid(r).
    alpha_divergence: (exp((alpha - 1) r) - 1) / (alpha - 1); alpha = 1 is its limit r.

    Args:
        log_ratios: r, log policy - log reference, in nats. Any shape.
        divergence: a member of `DIVERGENCES`.
        alpha: order of the alpha divergence, >= 0.
    Returns:
        Scores of the same shape. Exponents are clamped to 80 (700 in float64), with gradient 0 beyond, since exp
        overflows at 88 (709).
    Raises:
        UsageError: an unknown divergence, or alpha is negative.
    Source: Wang et al. 2023, Beyond Reverse KL, arXiv:2309.16240. Differs from TRL, which clamps only alpha_divergence.
    """
    check_choice("divergence", divergence, DIVERGENCES)
    check_number("divergence_alpha", alpha)
    most = 700.0 if log_ratios.dtype == torch.float64 else 80.0
    if divergence == "forward_kl":
        return 1.0 - torch.exp((-log_ratios).clamp(max=most))
    if divergence == "js_divergence":
        return math.log(2.0) + logsigmoid(log_ratios)
    if divergence == "alpha_divergence" and abs(alpha - 1.0) >= 1e-6:  # closer to 1 rounding errors dominate
        return torch.expm1(((alpha - 1.0) * log_ratios).clamp(max=most)) / (alpha - 1.0)
    return log_ratios


def wpo_weight(side: Responses, log_collision: Tensor | None) -> Tensor:
    """WPO weight of a response: exp of the mean over tokens of log p - log sum of squared p. Shape (B,), no gradient.

    Raises:
        UsageError: no log_collision.
    Source: Zhou et al. 2024, WPO, arXiv:2406.11827.
    """
    if log_collision is None:
        name = argument(side.name, "log_collision")
        raise UsageError(f"wpo: it needs {name}, the log of the sum of squared probabilities at each position")
    normalised = side.log_probs.detach() - side.token_values("log_collision", log_collision).detach()
    return torch.exp(normalised.sum(-1) / side.divisors())


def _weighted_sums(side: Responses, shorter: Tensor, ld_alpha: float) -> tuple[Tensor, Tensor]:
    """Sums of policy and reference, (B,) each; scored tokens beyond the first `shorter` have the weight ld_alpha."""
    reference = side.reference_scores()
    if ld_alpha == 1.0:
        return side.sums(), reference.sum(-1)
    beyond = side.mask.cumsum(-1) > shorter[:, None]
    weights = torch.ones_like(side.log_probs).masked_fill(beyond, ld_alpha)
    return (weights * side.log_probs).sum(-1), (weights * reference).sum(-1)


def _variant(name: str, smoothing: float, divergence: str, wpo: bool) -> Variant:
    """The variant of a name, after checking that it supports the options."""
    check_choice("variant", name, VARIANTS)
    check_number("label_smoothing", smoothing, below=0.5)
    check_choice("divergence", divergence, DIVERGENCES)
    variant = VARIANTS[name]
    if variant.smoothing == "no" and smoothing:
        raise UsageError(f"label_smoothing: got {smoothing}, but variant {name!r} does not support it; use 0")
    if variant.smoothing == "must" and not smoothing:
        raise UsageError(f"label_smoothing: got 0, but variant {name!r} needs a value > 0; 0.1 or 0.001 are common")
    if divergence != "reverse_kl" and not variant.divergence:
        raise UsageError(f"divergence: got {divergence!r}, but variant {name!r} supports reverse_kl only")
    if wpo and variant.whole_batch:
        raise UsageError(f"wpo: variant {name!r} has no separate loss of each pair to weight")
    return variant
