"""The n best texts of an emission, each with its exact score."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.ctc.batch_inputs import checked_emissions
from ctcalign.ctc.prefixes.beam import prefixes_kept
from ctcalign.ctc.sums.sampling import check_number_of_paths
from ctcalign.ctc.sums.totals import total_score
from ctcalign.errors import UsageError


@dataclass(frozen=True)
class Hypothesis:
    """A text that the emission may mean.

    Attributes:
        tokens: labels without blanks.
        score: log-probability, the log-sum over all its alignments.
    """

    tokens: tuple[int, ...]
    score: float


def nbest(
    log_probs: Tensor, n: int, input_lengths: Tensor | None = None, blank: int = 0, beam: int = 16
) -> list[list[Hypothesis]]:
    """The best distinct texts of each utterance.

    Prefix beam search finds them; the total CTC score of each, computed anew over all its alignments, orders them.

    Args:
        log_probs: (B, T, C), natural log.
        n: texts wanted, >= 1.
        input_lengths: valid frames, (B,) counts; None means all T.
        blank: label of the blank.
        beam: prefixes kept after each frame; at least n are.
    Returns:
        For each utterance up to n hypotheses, best first; at least one.
    Raises:
        ShapeError, UsageError: see `total_score`; n or beam < 1.
    """
    check_number_of_paths(n)
    if not isinstance(beam, int) or beam < 1:
        raise UsageError(f"beam: got {beam!r}, expected 1 or more")
    scores, frames = checked_emissions(log_probs.detach().cpu(), input_lengths)
    if not 0 <= blank < scores.shape[2]:
        raise UsageError(f"blank: got {blank!r}, expected one of the {scores.shape[2]} labels")
    return [_ranked(row[:count], n, blank, max(beam, n)) for row, count in zip(scores, frames, strict=True)]


def _ranked(emission: Tensor, n: int, blank: int, beam: int) -> list[Hypothesis]:
    texts = [tokens for tokens, _ in prefixes_kept(emission.numpy(), beam, blank)]
    longest = max(map(len, texts))
    targets = torch.tensor([[*tokens, *([0] * (longest - len(tokens)))] for tokens in texts], dtype=torch.int64)
    exact = total_score(
        emission.double()[None].expand(len(texts), -1, -1),
        targets.reshape(len(texts), longest),
        target_lengths=torch.tensor([len(tokens) for tokens in texts]),
        blank=blank,
    ).tolist()
    # Equal scores keep the order of the search.
    order = sorted(range(len(texts)), key=lambda i: -exact[i])
    return [Hypothesis(texts[i], exact[i]) for i in order[:n]]
