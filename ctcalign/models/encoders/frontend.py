"""Normalisation of log-mel energies as input of an encoder: subtraction of a running mean, and a scale."""

from __future__ import annotations

from torch import Tensor, nn

from ctcalign.models.builtin.config import FEATURE_SCALE
from ctcalign.models.encoders.base import at_least, inside
from ctcalign.models.features.scale import LEVEL, MELS
from ctcalign.models.features.tensors import PRIOR_FRAMES, running_mean


class Frontend(nn.Module):
    """Subtract the mean of each band over `mean_left` frames before and `mean_right` after, and scale.

    Both 0: no mean (streaming without state). (200, 0): causal. (200, 200): as in the built-in models.

    Args:
        mean_left, mean_right: frames of 10 ms, >= 0.
    """

    features: int = MELS

    def __init__(self, mean_left: int = 200, mean_right: int = 0) -> None:
        super().__init__()
        at_least(0, mean_left=mean_left, mean_right=mean_right)
        self.mean_left, self.mean_right = mean_left, mean_right

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Log-mel energies (B, T, 80), lengths (B,) -> (B, T, 80), zero beyond `lengths`."""
        frames = features.shape[1]
        mask = inside(lengths, frames).to(features)[:, :, None]
        x = (features - LEVEL) * mask
        if self.mean_left or self.mean_right:
            x = (x - running_mean(x, lengths, self.mean_left, self.mean_right, PRIOR_FRAMES)) * mask
        return x / FEATURE_SCALE
