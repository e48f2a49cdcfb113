"""What an encoder promises, and the entrance that all of ours share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError


class Encoder(nn.Module, ABC):
    """Features to hidden frames. Output frame t belongs to the feature frames from t * subsampling on.

    Attributes:
        name: what a checkpoint calls this kind of encoder.
        options: the constructor's arguments, plain numbers and strings: what a checkpoint needs to build it again.
        dim: width of a hidden frame.
        subsampling: feature frames to an output frame.
        look_ahead_frames: feature frames after the output frame's own that it depends on at most; None: all of them.
        look_behind_frames: feature frames before the output frame's own that it depends on at most; None: no bound.
        shift_invariant: input moved by whole output frames gives the same output, moved (but for chunks and positions).
    """

    name: ClassVar[str]
    shift_invariant: ClassVar[bool] = True
    options: dict[str, Any]
    dim: int
    subsampling: int
    look_ahead_frames: int | None
    look_behind_frames: int | None

    @abstractmethod
    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, F) features and (B,) lengths -> (B, ceil(T / subsampling), dim) and (B,) lengths.

        What lies beyond `lengths` changes nothing in the valid frames.
        """

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """Output frames of (B,) feature frames."""
        return torch.div(lengths + self.subsampling - 1, self.subsampling, rounding_mode="floor")


class Stem(nn.Module):
    """Subsampling without look-ahead: a strided convolution over an output frame's own frames and as many before."""

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
        UsageError: one is smaller.
    """
    for name, size in sizes.items():
        if size < least:
            raise UsageError(f"{name}: got {size}, expected {least} or more")
