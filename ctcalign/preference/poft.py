"""PoFT: a single response should be likelier under the policy than under the mean of strong, aligned models."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ctcalign.checks import check_number
from ctcalign.errors import ShapeError
from ctcalign.preference.checks import check_rows
from ctcalign.preference.responses import responses
from ctcalign.preference.results import RowResult, row_result


def poft_loss(
    log_probs: Tensor,
    aligned_scores: Tensor,
    mask: Tensor,
    *,
    beta: float = 1.0,
    gamma: float = 0.0,
    lengths: Tensor | None = None,
) -> RowResult:
    """PoFT. With A the log-prob a token of a response, A_j that of aligned model j:
    -log sigmoid(beta * (A - mean_j A_j) - gamma).

    Its gradient is that of cross entropy, weighted by G / (G + exp(A)), G the geometric mean of the models' exp(A_j):
    a response that they find unlikely, perhaps a bad one, weighs less.

    Args:
        log_probs: log-prob under the policy of each token, in nats. Shape (N, L).
        aligned_scores: log-prob a token of each response under each aligned model, by that model's own tokens, in
            nats. Shape (N, M), or (N,) if the mean is taken already. No gradient flows to it.
        mask: True or 1 where a token is scored: those of the response alone. Shape (N, L).
        beta: scale, > 0, in 1/nats.
        gamma: margin, >= 0, no unit.
        lengths: what to divide by instead of the count of scored tokens, > 0. Shape (N,).
    Returns:
        Loss and metrics. Rewards are beta * (A - mean_j A_j); extras: aligned_scores, (N,), their means.
    Raises:
        ShapeError: shapes do not agree.  BatchError: NaN or infinity where a token is scored, or no token to average.
        UsageError: an option out of range.
    Source: Preference-Oriented Supervised Fine-Tuning, arXiv:2412.12865. Differs from the released code: it scores the
        tokens of the prompt too, and takes the log of a sigmoid that may be 0.
    """
    check_number("beta", beta, positive=True)
    check_number("gamma", gamma)
    rows = responses("", log_probs, mask, lengths=lengths)
    count = len(rows.mask)
    if aligned_scores.ndim not in (1, 2) or 0 in aligned_scores.shape:
        raise ShapeError(
            f"aligned_scores: expected shape ({count},) or ({count}, M), got {tuple(aligned_scores.shape)}; "
            "one mean log-prob a token for each response and model"
        )
    check_rows("aligned_scores", aligned_scores, (count, *aligned_scores.shape[1:]))
    aligned = aligned_scores.detach().to(rows.log_probs)
    aligned = aligned if aligned.ndim == 1 else aligned.mean(-1)
    rewards = beta * (rows.averages() - aligned)
    everywhere = torch.ones_like(aligned, dtype=torch.bool)
    return row_result(-logsigmoid(rewards - gamma), rows, rewards, everywhere, {"aligned_scores": aligned})
