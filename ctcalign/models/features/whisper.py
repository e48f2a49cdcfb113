"""Log-mel features as Whisper's encoder takes them, on tensors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ctcalign.models.features.scale import HOP_SAMPLES, MELS, SAMPLE_RATE

WINDOW_SAMPLES = 400
# Energies below 1e-10, and more than 8 (decades) below the loudest band of the utterance, are raised to that bound.
FLOOR, RANGE = 1e-10, 8.0
# Slaney's mel scale: linear up to 1000 Hz (15 mel), then logarithmic with 27 steps for a factor of 6.4.
_LINEAR, _CORNER_HZ, _STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27.0


def whisper_mel(waveform: Tensor) -> Tensor:
    """Log-mel energies of 25 ms windows every 10 ms, scaled by the loudest of the utterance; frame t is centred at t.

    Args:
        waveform: samples of one utterance at 16 kHz in [-1, 1]. Shape (N,).
    Returns:
        Shape (N // 160, 80), float32; empty for fewer than 201 samples, which cannot be mirrored at the ends.
    Source: Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak Supervision, section 2.2, and the
        published code of the model for its constants.
    """
    frames = waveform.shape[-1] // HOP_SAMPLES
    half = WINDOW_SAMPLES // 2
    if frames == 0 or waveform.shape[-1] <= half:
        return waveform.new_zeros((0, MELS))
    padded = torch.nn.functional.pad(waveform[None, None].float(), (half, half), mode="reflect")[0, 0]
    windows = padded.unfold(-1, WINDOW_SAMPLES, HOP_SAMPLES)[:frames]
    spectrum = torch.fft.rfft(windows * torch.hann_window(WINDOW_SAMPLES, device=waveform.device))
    power = spectrum.real.square() + spectrum.imag.square()
    energies = (power @ torch.tensor(slaney_filters()).to(power)).clamp(min=FLOOR).log10()
    return (torch.maximum(energies, energies.max() - RANGE) + 4.0) / 4.0


@lru_cache(maxsize=1)
def slaney_filters() -> npt.NDArray[np.float32]:
    """Triangular filters of equal area between 0 and 8000 Hz on Slaney's mel scale. Shape (201, 80); read only."""
    bins = np.arange(WINDOW_SAMPLES // 2 + 1, dtype=np.float64) * SAMPLE_RATE / WINDOW_SAMPLES
    top = _CORNER_HZ / _LINEAR + np.log(SAMPLE_RATE / 2 / _CORNER_HZ) / _STEP
    mel = np.linspace(0.0, top, MELS + 2)
    corner = _CORNER_HZ / _LINEAR
    edges = np.where(mel < corner, mel * _LINEAR, _CORNER_HZ * np.exp(_STEP * (mel - corner)))
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    filters: npt.NDArray[np.float32] = (np.minimum(rising, falling).clip(min=0) * 2.0 / (right - left)).astype(
        np.float32
    )
    filters.flags.writeable = False
    return filters
