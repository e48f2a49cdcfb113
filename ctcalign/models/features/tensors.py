"""Log-mel features of padded batches on tensors: stateless, with bounded context."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.models.features.scale import (
    FFT_SAMPLES,
    FLOOR,
    HOP_SAMPLES,
    LEVEL,
    MEAN_FRAMES,
    MELS,
    PREEMPHASIS,
    WINDOW_SAMPLES,
    mel_filters,
)


def log_mel(waveform: Tensor) -> Tensor:
    """Natural-log mel energies of 25 ms windows every 10 ms; frame t is centred at (t + 0.5) * 10 ms.

    Args:
        waveform: samples at 16 kHz in [-1, 1]. Shape (B, N).
    Returns:
        Shape (B, N // 160, 80), float32.
    """
    frames = waveform.shape[-1] // HOP_SAMPLES
    if frames == 0:
        return waveform.new_zeros((waveform.shape[0], 0, MELS))
    left = (WINDOW_SAMPLES - HOP_SAMPLES) // 2
    right = WINDOW_SAMPLES - HOP_SAMPLES - left
    previous = torch.nn.functional.pad(waveform, (1, 0))[:, :-1]
    emphasised = torch.nn.functional.pad(waveform - PREEMPHASIS * previous, (left, right))
    windows = emphasised.unfold(-1, WINDOW_SAMPLES, HOP_SAMPLES)[:, :frames]
    hann = torch.hann_window(WINDOW_SAMPLES, periodic=False, dtype=waveform.dtype, device=waveform.device)
    spectrum = torch.fft.rfft(windows * hann, n=FFT_SAMPLES)
    power = spectrum.real.square() + spectrum.imag.square()
    with torch.autocast(power.device.type, enabled=False):  # energies differ by more than bfloat16 resolves
        energies: Tensor = power @ torch.tensor(mel_filters()).to(power)
    return (energies + FLOOR).log()


def subtract_running_mean(features: Tensor, lengths: Tensor) -> Tensor:
    """Subtract the mean of each band over 2 s on either side, counting only frames inside `lengths`.

    Like a mean over the whole recording, a running mean removes the spectral shape of the channel. But the context of a
    frame is bounded, so that windows of a recording have the same emission as the whole.

    Args:
        features: shape (B, T, 80).
        lengths: frames of each utterance. Shape (B,).
    Returns:
        Shape (B, T, 80), zero beyond `lengths`.
    """
    frames = features.shape[1]
    place = torch.arange(frames, device=features.device)
    mask = (place[None] < lengths[:, None]).to(features)[:, :, None]
    # Sums over a window are differences of running sums.
    running = torch.nn.functional.pad(((features - LEVEL) * mask).cumsum(1), (0, 0, 1, 0))
    first = (place - MEAN_FRAMES).clamp(min=0)[None].expand(features.shape[0], -1)
    last = torch.minimum((place + MEAN_FRAMES + 1)[None], lengths[:, None])
    first = torch.minimum(first, last)
    index = [1, 1, features.shape[2]]
    total = running.gather(1, last[:, :, None].repeat(index)) - running.gather(1, first[:, :, None].repeat(index))
    mean = total / (last - first).clamp(min=1)[:, :, None]
    return (features - LEVEL - mean) * mask
