"""Whisper's features with a convolution in place of the Fourier transform, which runtimes of ONNX support unevenly."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ctcalign.models.features.scale import HOP_SAMPLES
from ctcalign.models.features.whisper_arrays import FLOOR, RANGE, WINDOW_SAMPLES, slaney_filters
from ctcalign.models.onnx_export.log_mel import MelEnergies


class WhisperMelByConvolution(nn.Module):
    """`ctcalign.models.features.whisper.whisper_mel` of a batch, up to rounding; a row is mirrored at its own end."""

    def __init__(self) -> None:
        super().__init__()
        hann = np.hanning(WINDOW_SAMPLES + 1)[:-1]
        self.energies = MelEnergies(hann, slaney_filters().astype(np.float64), HOP_SAMPLES)

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples at 16 kHz in [-1, 1] and (B,) lengths -> (B, N // 160, 80) and (B,) frames."""
        half = WINDOW_SAMPLES // 2
        place = (torch.arange(waveform.shape[1] + 2 * half) - half).abs()[None]
        place = torch.minimum(place, 2 * (lengths[:, None] - 1) - place).clamp(min=0)
        energies = self.energies(waveform.gather(1, place))[:, : waveform.shape[1] // HOP_SAMPLES]
        levels = energies.clamp(min=FLOOR).log10()
        frames = torch.div(lengths, HOP_SAMPLES, rounding_mode="floor")
        valid = (torch.arange(levels.shape[1])[None] < frames[:, None])[:, :, None]
        loudest = levels.masked_fill(~valid, -RANGE - 2.0).amax((1, 2), keepdim=True)
        return (torch.maximum(levels, loudest - RANGE) + 4.0) / 4.0, frames
