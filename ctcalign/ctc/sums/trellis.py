"""The trellis of a batch as arrays for the kernels: labels, allowed leaps, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

    from ctcalign.ctc.batch_inputs import Utterances


@dataclass(frozen=True)
class Trellis:
    """States of each utterance; S is 2 L + 1 of the longest transcript.

    Attributes:
        labels: what a state emits. (B, S) int64, blank beyond an utterance's states.
        skips: whether the blank before a token may be leapt over. (B, S) bool.
        frames, states: sizes of each utterance, (B,) int64.
    """

    labels: npt.NDArray[np.int64]
    skips: npt.NDArray[np.bool_]
    frames: npt.NDArray[np.int64]
    states: npt.NDArray[np.int64]


def build_trellis(batch: Utterances) -> Trellis:
    """States and leaps of a batch. Topology "modified" lets equal neighbours follow each other without a blank."""
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
    """(B, T, C) as a contiguous array that the kernels read."""
    return log_probs.detach().cpu().contiguous().numpy()


def bonus_array(bonus: Tensor | None, batch: Utterances) -> npt.NDArray[np.float64]:
    """(B, T) float64; zeros when nothing is given."""
    if bonus is None:
        return np.zeros(batch.log_probs.shape[:2])
    return np.ascontiguousarray(bonus.detach().cpu().double().numpy())
