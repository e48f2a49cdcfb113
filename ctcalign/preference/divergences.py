"""Scores of a response under the f-divergence that ties the policy to the reference: f-DPO."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_choice, check_number

DIVERGENCES = ("reverse_kl", "forward_kl", "js_divergence", "alpha_divergence")


def divergence_scores(log_ratios: Tensor, divergence: str = "reverse_kl", alpha: float = 1.0) -> Tensor:
    """f'(policy / reference) of each response, up to a constant.

    reverse_kl: r.  forward_kl: 1 - exp(-r).  js_divergence: log 2 + log sigmoid(r).
    alpha_divergence: (exp((alpha - 1) r) - 1) / (alpha - 1); alpha = 1 is its limit r.

    Args:
        log_ratios: r, log policy - log reference, in nats. Any shape.
        divergence: one of the four.
        alpha: order of the alpha divergence, >= 0.
    Returns:
        Scores of the same shape. Exponents above 80 (700 in float64) are clamped, with gradient 0, since exp overflows
        at 88 (709).
    Raises:
        UsageError: an unknown divergence, or alpha is negative.
    Source: Wang et al. 2023, Beyond Reverse KL, arXiv:2309.16240. Differs from TRL: it clamps alpha_divergence alone.
    """
    check_choice("divergence", divergence, DIVERGENCES)
    check_number("divergence_alpha", alpha)
    most = 700.0 if log_ratios.dtype == torch.float64 else 80.0
    if divergence == "forward_kl":
        return 1.0 - torch.exp((-log_ratios).clamp(max=most))
    if divergence == "js_divergence":
        return math.log(2.0) + logsigmoid(log_ratios)
    if divergence == "alpha_divergence" and abs(alpha - 1.0) >= 1e-6:  # nearer, the quotient is rounding noise
        return torch.expm1(((alpha - 1.0) * log_ratios).clamp(max=most)) / (alpha - 1.0)
    return log_ratios
