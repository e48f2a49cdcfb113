"""From frame labels to tokens: the collapse map of CTC, token spans, and scores of given paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctcalign.arguments import checked_arguments, label_array
from ctcalign.errors import ShapeError, UsageError

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike
    from torch import Tensor


@checked_arguments
def token_spans(path: ArrayLike | Tensor, blank: int = 0) -> list[tuple[int, int, int]]:
    """Runs of one label in a path, without blanks: (token, start, end) with end exclusive.

    Args:
        path: label of each frame, (T,) ints.

        >>> token_spans([0, 3, 3, 0, 3, 5])
        [(3, 1, 3), (3, 4, 5), (5, 5, 6)]
    """
    labels = label_array("path", path)
    if labels.ndim != 1:
        raise ShapeError(f"path must have shape (T,), got {labels.shape}; pass one path at a time")
    if not labels.size:
        return []
    starts = np.append(0, np.flatnonzero(labels[1:] != labels[:-1]) + 1)
    ends = np.append(starts[1:], labels.size)
    tokens = labels[starts]
    keep = tokens != blank
    return list(zip(tokens[keep].tolist(), starts[keep].tolist(), ends[keep].tolist(), strict=True))


@checked_arguments
def collapse(path: ArrayLike | Tensor, blank: int = 0) -> list[int]:
    """The tokens of a path: runs of equal labels are merged, then blanks removed.

    Args:
        path: label of each frame, (T,) ints.

        >>> collapse([0, 3, 3, 0, 3, 5])
        [3, 3, 5]
    """
    return [token for token, _, _ in token_spans(path, blank)]


@checked_arguments
def path_log_prob(log_probs: Tensor, path: Tensor) -> Tensor:
    """Log-probability of one path: the sum over frames of its labels' log-probs. Differentiable.

    Args:
        log_probs: (T, C), natural log.  path: (T,) ints.
    Returns:
        Scalar tensor of the type of log_probs.
    Raises:
        ShapeError: the shapes or types do not fit.  UsageError: a label outside [0, C).
    """
    if log_probs.ndim != 2 or path.shape != log_probs.shape[:1]:
        raise ShapeError(f"expected log_probs (T, C) and path (T,), got {tuple(log_probs.shape)}, {tuple(path.shape)}")
    if path.is_floating_point() or not log_probs.is_floating_point():
        raise ShapeError(f"expected floats log_probs and an integer path, got {log_probs.dtype} and {path.dtype}")
    classes = log_probs.shape[1]
    if ((path < 0) | (path >= classes)).any():
        raise UsageError(f"path must hold labels in [0, {classes}), got {int(path.min())} to {int(path.max())}")
    return log_probs.gather(1, path.to(log_probs.device).long()[:, None]).sum()


@checked_arguments
def path_log_probs(log_probs: Tensor, paths: Tensor, input_lengths: Tensor | None = None) -> Tensor:
    """Log-probabilities of several paths of each utterance. Differentiable.

    Args:
        log_probs: (B, T, C), natural log.
        paths: label of each frame, (B, n, T) ints; frames from input_lengths on are ignored.
        input_lengths: valid frames of each utterance, (B,) counts in [0, T]; None means all T.
    Returns:
        (B, n), sums over the valid frames, of the type of log_probs.
    Raises:
        ShapeError: the shapes do not fit.  UsageError: a length exceeds T, or a label of a valid frame leaves [0, C).
    """
    import torch

    if log_probs.ndim != 3 or paths.ndim != 3 or (paths.shape[0], paths.shape[2]) != tuple(log_probs.shape[:2]):
        raise ShapeError(
            f"expected log_probs (B, T, C) and paths (B, n, T), got {tuple(log_probs.shape)} and {tuple(paths.shape)}"
        )
    if paths.is_floating_point() or not log_probs.is_floating_point():
        raise ShapeError(f"expected floats log_probs and integer paths, got {log_probs.dtype} and {paths.dtype}")
    classes = log_probs.shape[2]
    paths = paths.to(log_probs.device).long()
    valid = _valid_frames(input_lengths, log_probs)[:, None, :]
    if ((paths < 0) | (paths >= classes)).logical_and(valid).any():
        raise UsageError(f"paths must hold labels in [0, {classes}) in every frame before input_lengths")
    index = torch.where(valid, paths, torch.zeros_like(paths))
    # (B, T, C) gathered at (B, T, n): no copy of log_probs for each path
    scores = log_probs.gather(2, index.transpose(1, 2)).transpose(1, 2)
    return torch.where(valid, scores, torch.zeros_like(scores)).sum(-1)


def _valid_frames(input_lengths: Tensor | None, log_probs: Tensor) -> torch.Tensor:
    import torch

    batch, frames, _ = log_probs.shape
    time = torch.arange(frames, device=log_probs.device)
    if input_lengths is None:
        return torch.ones(batch, frames, dtype=torch.bool, device=log_probs.device)
    lengths = torch.as_tensor(input_lengths, device=log_probs.device)
    if lengths.shape != (batch,) or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ShapeError(f"input_lengths must be {batch} integer counts, got {lengths.dtype} {tuple(lengths.shape)}")
    if batch and (int(lengths.max()) > frames or int(lengths.min()) < 0):
        raise UsageError(f"input_lengths must lie in [0, {frames}], got {lengths.tolist()}")
    return time[None, :] < lengths[:, None]
