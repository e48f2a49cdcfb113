"""Log-mel features as Whisper's encoder takes them, on tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.models.features.scale import HOP_SAMPLES, MELS
from ctcalign.models.features.whisper_arrays import FLOOR, RANGE, WINDOW_SAMPLES, slaney_filters


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
