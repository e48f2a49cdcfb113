"""Prefix beam search: the token sequences with the highest total probability, and n-best lists with exact scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_count
from ctcalign.ctc.batch_inputs import checked_emissions
from ctcalign.ctc.prefixes.kernels import search
from ctcalign.ctc.viterbi.emission_rows import as_numpy, checked_shape
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

# Labels with a smaller log-prob in a frame do not extend a prefix there. This saves most of the work, and the lost
# texts have a negligible probability.
LEAST_LOG_PROB = -9.0
MOST_PREFIXES = 1_000_000  # of a beam; memory is allocated for all of them


def check_beam(beam: int) -> int:
    """The width of a beam must be a whole number from 1 to `MOST_PREFIXES`. Returns it."""
    if isinstance(beam, bool) or not isinstance(beam, int) or not 1 <= beam <= MOST_PREFIXES:
        raise UsageError(f"beam: got {beam!r}, expected 1 to {MOST_PREFIXES:,} prefixes")
    return beam


@checked_arguments
def prefix_beam_search(log_probs: npt.NDArray[np.floating], beam: int = 16, blank: int = 0) -> list[int]:
    """The most probable token sequence of one emission.

    Each prefix has two masses, of its alignments that end in blank and of those that end in its last token; a repeated
    token extends a prefix only from the first (Hannun et al. 2014, Algorithm 1, without a language model).

    Args:
        log_probs: natural log, shape (T, C).
        beam: prefixes kept after each frame, >= 1.
        blank: column of the blank.
    Returns:
        Tokens of the best prefix; [] for silence.
    Raises:
        ShapeError: not floats of shape (T, C).  UsageError: beam < 1, the blank is no column, or NaN or +inf.
    """
    rows = as_numpy(checked_shape(log_probs))
    if np.isnan(rows).any() or np.isposinf(rows).any():
        raise UsageError("log_probs: NaN or +inf; expected natural-log probabilities")
    if not 0 <= blank < rows.shape[1]:
        raise UsageError(f"blank: got {blank}, expected one of the {rows.shape[1]} labels")
    return list(prefixes_kept(rows, beam, blank)[0][0])


def prefixes_kept(log_probs: npt.NDArray[np.floating], beam: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """All prefixes in the final beam, best first, each with the probability mass of its alignments in the beam."""
    check_beam(beam)
    scores = np.ascontiguousarray(log_probs, np.float64)
    nodes, masses, parents, labels = search(scores, beam, blank, LEAST_LOG_PROB)
    found = []
    for start, mass in zip(nodes.tolist(), masses.tolist(), strict=True):
        tokens, node = [], start
        while node > 0:
            tokens.append(int(labels[node]))
            node = parents[node]
        found.append((tuple(reversed(tokens)), mass))
    return found


@dataclass(frozen=True)
class Hypothesis:
    """A text of an n-best list.

    Attributes:
        tokens: labels without blanks.
        score: log-probability, the log-sum over all its alignments.
    """

    tokens: tuple[int, ...]
    score: float


@checked_arguments
def nbest(
    log_probs: Tensor, n: int, input_lengths: Tensor | None = None, blank: int = 0, beam: int = 16
) -> list[list[Hypothesis]]:
    """The n best distinct texts of each utterance.

    Prefix beam search finds candidates; they are ranked by their total CTC score, summed over all alignments.

    Args:
        log_probs: (B, T, C), natural log.
        n: number of texts, >= 1.
        input_lengths: valid frames, (B,) counts; None means all T.
        blank: label of the blank.
        beam: prefixes kept after each frame; at least n are.
    Returns:
        For each utterance up to n hypotheses, best first; at least one.
    Raises:
        ShapeError, UsageError: see `total_score`; n or beam < 1.
    """
    check_count("n", n)
    if not isinstance(beam, int) or beam < 1:
        raise UsageError(f"beam: got {beam!r}, expected 1 or more")
    scores, frames = checked_emissions(log_probs.detach().cpu(), input_lengths)
    if not 0 <= blank < scores.shape[2]:
        raise UsageError(f"blank: got {blank!r}, expected one of the {scores.shape[2]} labels")
    return [_ranked(row[:count], n, blank, max(beam, n)) for row, count in zip(scores, frames, strict=True)]


def _ranked(emission: Tensor, n: int, blank: int, beam: int) -> list[Hypothesis]:
    import torch

    from ctcalign.ctc.sums.totals import total_score

    texts = [tokens for tokens, _ in prefixes_kept(emission.numpy(), beam, blank)]
    longest = max(map(len, texts))
    targets = torch.tensor([[*tokens, *([0] * (longest - len(tokens)))] for tokens in texts], dtype=torch.int64)
    exact = total_score(
        emission.double()[None].expand(len(texts), -1, -1),
        targets.reshape(len(texts), longest),
        target_lengths=torch.tensor([len(tokens) for tokens in texts]),
        blank=blank,
    ).tolist()
    # Ties keep the order of the search.
    order = sorted(range(len(texts)), key=lambda i: -exact[i])
    return [Hypothesis(texts[i], exact[i]) for i in order[:n]]
