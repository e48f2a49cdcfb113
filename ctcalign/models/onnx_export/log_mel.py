"""Log-mel energies with a convolution in place of the Fourier transform, which runtimes of ONNX support unevenly."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from ctcalign.models.features.scale import (
    FFT_SAMPLES,
    FLOOR,
    HOP_SAMPLES,
    PREEMPHASIS,
    WINDOW_SAMPLES,
    mel_filters,
)


class LogMelByConvolution(nn.Module):
    """`ctcalign.models.features.tensors.log_mel` up to rounding, in operations that every runtime of ONNX has."""

    basis: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        bins = FFT_SAMPLES // 2 + 1
        angles = 2 * math.pi / FFT_SAMPLES * np.outer(np.arange(bins), np.arange(WINDOW_SAMPLES))
        window = np.hanning(WINDOW_SAMPLES)
        basis = np.concatenate([np.cos(angles) * window, np.sin(angles) * window]).astype(np.float32)
        self.register_buffer("basis", torch.from_numpy(basis)[:, None])
        self.register_buffer("filters", torch.tensor(mel_filters()))

    def forward(self, waveform: Tensor) -> Tensor:
        """(B, N) samples at 16 kHz in [-1, 1] -> (B, N // 160, 80)."""
        left = (WINDOW_SAMPLES - HOP_SAMPLES) // 2
        previous = nn.functional.pad(waveform, (1, 0))[:, :-1]
        padded = nn.functional.pad(waveform - PREEMPHASIS * previous, (left, WINDOW_SAMPLES - HOP_SAMPLES - left))
        real, imaginary = nn.functional.conv1d(padded[:, None], self.basis, stride=HOP_SAMPLES).chunk(2, 1)
        power = (real.square() + imaginary.square()).transpose(1, 2)
        return (power @ self.filters + FLOOR).log()
