"""The trellis of a batch as arrays for the kernels: labels, allowed skips, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.sums.kernels import Trellis

if TYPE_CHECKING:
    from torch import Tensor

    from ctcalign.ctc.batch_inputs import Utterances


def build_trellis(batch: Utterances) -> Trellis:
    """States and skips of a batch. In the "modified" topology equal neighbours need no blank between them."""
    targets = batch.targets.numpy()
    rows, longest = len(batch.tokens), max(batch.tokens)
    labels = np.full((rows, 2 * longest + 1), batch.blank, np.int64)
    skips = np.zeros(labels.shape, np.bool_)
    for row, count in enumerate(batch.tokens):
        tokens = targets[row, :count]
        labels[row, 1 : 2 * count : 2] = tokens
        skips[row, 3 : 2 * count : 2] = (tokens[1:] != tokens[:-1]) if batch.repeats_need_blank else True
    states = 2 * np.asarray(batch.tokens, np.int64) + 1
    return Trellis(labels, skips, np.asarray(batch.frames, np.int64), states)


def emission_array(log_probs: Tensor) -> npt.NDArray[Any]:
    """(B, T, C) as a contiguous array for the kernels."""
    return log_probs.detach().cpu().contiguous().numpy()


def bonus_array(bonus: Tensor | None, batch: Utterances) -> npt.NDArray[np.float64]:
    """(B, T) float64; zeros without a bonus."""
    if bonus is None:
        return np.zeros(batch.log_probs.shape[:2])
    return np.ascontiguousarray(bonus.detach().cpu().double().numpy())
