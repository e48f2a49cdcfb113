"""The interface of encoders, and the subsampling stem that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError


class Encoder(nn.Module, ABC):
    """Maps features to hidden frames. Output frame t belongs to the feature frames from t * subsampling on.

    Attributes:
        name: name of this kind of encoder in checkpoints.
        options: the constructor's arguments, plain numbers and strings, from which a checkpoint rebuilds it.
        dim: width of a hidden frame.
        subsampling: feature frames per output frame.
        look_ahead_frames: largest number of feature frames after its own that an output frame depends on; None: all.
        look_behind_frames: largest number of feature frames before its own that it depends on; None: unbounded.
        longest_frames: largest number of feature frames of an input; None: no limit.
        useful_context: seconds on either side of a frame that a window needs, if its output depends on the whole input.
        features: the features that it takes, a name in `ctcalign.models.features.kinds`.
        shift_invariant: shifting the input by whole output frames shifts the output (not so with chunks or positions).
    """

    name: ClassVar[str]
    features: ClassVar[str] = "log_mel"
    longest_frames: int | None = None
    shift_invariant: ClassVar[bool] = True
    useful_context: ClassVar[float | None] = None
    options: dict[str, Any]
    dim: int
    subsampling: int
    look_ahead_frames: int | None
    look_behind_frames: int | None

    @abstractmethod
    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, F) features and (B,) lengths -> (B, ceil(T / subsampling), dim) and (B,) lengths.

        Frames beyond `lengths` do not change the valid frames.
        """

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """Numbers of output frames for (B,) numbers of feature frames."""
        return torch.div(lengths + self.subsampling - 1, self.subsampling, rounding_mode="floor")


class Stem(nn.Module):
    """Subsampling without look-ahead: a strided convolution over the frames of an output frame and as many before."""

    def __init__(self, features: int, dim: int, subsampling: int) -> None:
        super().__init__()
        self.subsampling = subsampling
        self.convolution = nn.Conv1d(features, dim, 2 * subsampling, stride=subsampling)
        self.norm = nn.LayerNorm(dim)

    def forward(self, features: Tensor, before: Tensor | None = None) -> Tensor:
        """(B, T, F) -> (B, ceil(T / subsampling), dim). `before`: the `subsampling` frames before, else zero."""
        batch, frames, width = features.shape
        if before is None:
            before = features.new_zeros((batch, self.subsampling, width))
        missing = -frames % self.subsampling
        x = torch.cat([before, features, features.new_zeros((batch, missing, width))], 1)
        hidden: Tensor = nn.functional.silu(self.norm(self.convolution(x.transpose(1, 2)).transpose(1, 2)))
        return hidden


def inside(lengths: Tensor, frames: int) -> Tensor:
    """True for the valid frames of each utterance, False for padding. (B,) -> (B, frames)."""
    return torch.arange(frames, device=lengths.device)[None] < lengths[:, None]


def at_least(least: int, **sizes: int) -> None:
    """Check sizes of a network.

    Raises:
        UsageError: a size is smaller than `least`.
    """
    for name, size in sizes.items():
        if size < least:
            raise UsageError(f"{name}: got {size}, expected {least} or more")
