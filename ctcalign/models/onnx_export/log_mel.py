"""Mel energies with a convolution in place of the Fourier transform, which runtimes of ONNX support unevenly."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ctcalign.models.features.scale import (
    FLOOR,
    HOP_SAMPLES,
    PREEMPHASIS,
    WINDOW_SAMPLES,
    mel_filters,
)


class MelEnergies(nn.Module):
    """Energies of mel bands of windows.

    Args:
        window: weights of the samples of a window, (W,); or a matrix (W, W) that is applied to them.
        filters: (bins, bands) of a Fourier transform of 2 * (bins - 1) samples.
        hop: samples between windows.
    """

    basis: Tensor
    filters: Tensor

    def __init__(self, window: npt.NDArray[np.float64], filters: npt.NDArray[np.float64], hop: int) -> None:
        super().__init__()
        bins = len(filters)
        angles = math.pi / (bins - 1) * np.outer(np.arange(bins), np.arange(len(window)))
        matrix = window if window.ndim == 2 else np.diag(window)
        basis = np.concatenate([np.cos(angles) @ matrix, np.sin(angles) @ matrix]).astype(np.float32)
        self.hop = hop
        self.register_buffer("basis", torch.from_numpy(basis)[:, None])
        self.register_buffer("filters", torch.tensor(filters.astype(np.float32)))

    def forward(self, samples: Tensor) -> Tensor:
        """(B, N) -> (B, (N - W) // hop + 1, bands)."""
        real, imaginary = nn.functional.conv1d(samples[:, None], self.basis, stride=self.hop).chunk(2, 1)
        power = (real.square() + imaginary.square()).transpose(1, 2)
        return power @ self.filters


class LogMelByConvolution(nn.Module):
    """`ctcalign.models.features.tensors.log_mel` up to rounding, in operations that every runtime of ONNX has."""

    def __init__(self) -> None:
        super().__init__()
        self.energies = MelEnergies(np.hanning(WINDOW_SAMPLES), mel_filters().astype(np.float64), HOP_SAMPLES)

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples at 16 kHz in [-1, 1] and (B,) lengths -> (B, N // 160, 80) and (B,) frames."""
        left = (WINDOW_SAMPLES - HOP_SAMPLES) // 2
        emphasised = waveform - PREEMPHASIS * nn.functional.pad(waveform, (1, 0))[:, :-1]
        padded = nn.functional.pad(emphasised, (left, WINDOW_SAMPLES - HOP_SAMPLES - left))
        frames = torch.div(lengths, HOP_SAMPLES, rounding_mode="floor")
        return (self.energies(padded) + FLOOR).log(), frames
