"""The best CTC path of a token sequence (forced alignment)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctcalign.arguments import checked_arguments, label_array
from ctcalign.ctc.viterbi.emission_rows import checked_shape
from ctcalign.ctc.viterbi.graph import chain
from ctcalign.ctc.viterbi.graph_path import best_path_graph
from ctcalign.errors import ShapeError, UsageError

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike

    from ctcalign.ctc.viterbi.emission_rows import LogProbs
    from ctcalign.ctc.viterbi.graph_path import Values


@dataclass(frozen=True)
class BestPath:
    """The most probable path of a token sequence; arrays for log-probs in an array, tensors for a tensor.

    Attributes:
        path: label of each frame. (T,) int64.
        score: sum of its log-probs, in nats, added in float64.
        spans: frames [start, end) of each target; blanks lie between the spans. L pairs.
        certified: whether no path of the targets has a higher score. Always true without band and beam; with
            them only if it is proved, so False means unknown, not wrong.
        frame_scores: log-prob of each frame's label. (T,) float32.
    """

    path: Values
    score: float
    spans: list[tuple[int, int]]
    certified: bool
    frame_scores: Values


@checked_arguments
def best_path(
    log_probs: LogProbs,
    targets: ArrayLike | torch.Tensor,
    blank: int = 0,
    band: float | None = None,
    beam: float | None = None,
    *,
    centre: ArrayLike | None = None,
    max_memory: int | None = None,
) -> BestPath:
    """The most probable path among all that collapse to `targets` (Viterbi), exact unless a band or beam is given.

    Scores are added in float64 whatever the input, so the result is the true optimum up to float64 rounding; ties are
    broken deterministically without loss of score. About 1 ns per frame and token on one core; only cells on complete
    paths are visited. Not differentiable.

    Args:
        log_probs: natural-log probabilities, (T, C), float16 to float64, tensor, array or memory map (which is read in
            blocks). -inf is allowed, NaN and values above 0 are not; the rows need not be normalised.
        targets: tokens without blanks, (L,) ints in [0, C).
        blank: index of the blank.
        band: search only frames within this distance of where each target is expected. > 0, in frames.
        beam: prune states at the window edges that are this much below the best of their frame. > 0, in nats.
        centre: frame at which each target is expected, (L,); needs `band`. By default targets are spread evenly.
        max_memory: bytes for checkpoints, 2 GiB by default; usually 512 per frame are used. With less, down to
            O(sqrt(T)) per target, the search takes longer with the same result. The minimum needed is always used.
    Returns:
        BestPath.
    Raises:
        ShapeError: log_probs is not (T, C) floating point or targets not (L,) integers.
        UsageError: log_probs has NaN or positive values, targets contain blank or leave [0, C), a bad band or beam.
        NoPathError: T < L + number of equal neighbours in targets, every path has score -inf, or none fits the band.

        >>> import torch
        >>> best = best_path(torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]).log(), [1, 1])
        >>> best.path.tolist(), best.spans, best.certified
        ([1, 0, 1], [(0, 1), (2, 3)], True)
    """
    checked_shape(log_probs)
    tokens = label_array("targets", targets)
    if tokens.ndim != 1:
        raise ShapeError(f"targets must be integers of shape (L,), got {tokens.dtype} of shape {tokens.shape}")
    if tokens.size and tokens.min() < 0:
        raise UsageError(f"targets must lie in [0, {log_probs.shape[1]}), got {tokens.min()}")
    found = best_path_graph(log_probs, chain(tokens), blank, band=band, beam=beam, centre=centre, max_memory=max_memory)
    return BestPath(found.path, found.score, found.spans, found.certified, found.frame_scores)
