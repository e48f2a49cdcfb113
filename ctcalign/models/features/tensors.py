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

# Frames of zero with which a running mean of the past starts.
PRIOR_FRAMES = 50


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
    mask = _valid(lengths, features.shape[1], features)
    x = (features - LEVEL) * mask
    return (x - running_mean(x, lengths, MEAN_FRAMES, MEAN_FRAMES)) * mask


def subtract_past_mean(features: Tensor, lengths: Tensor) -> Tensor:
    """As `subtract_running_mean`, with the 2 s up to each frame, and half a second of the level before the start."""
    mask = _valid(lengths, features.shape[1], features)
    x = (features - LEVEL) * mask
    return (x - running_mean(x, lengths, MEAN_FRAMES, 0, PRIOR_FRAMES)) * mask


def _valid(lengths: Tensor, frames: int, like: Tensor) -> Tensor:
    """1 inside the utterances, 0 in their padding. (B,) -> (B, T, 1)."""
    return (torch.arange(frames, device=like.device)[None] < lengths[:, None]).to(like)[:, :, None]


def running_mean(x: Tensor, lengths: Tensor, left: int, right: int, prior: int = 0) -> Tensor:
    """Mean of each band over the frames of a window that lie inside `lengths`.

    Args:
        x: zero beyond `lengths`. Shape (B, T, F).
        lengths: frames of each utterance. Shape (B,).
        left, right: frames of the window before and after each frame.
        prior: frames of zero that every mean counts as well, so that it does not cancel the first frames.
    Returns:
        Shape (B, T, F).
    """
    place = torch.arange(x.shape[1], device=x.device)
    # Sums over a window are differences of running sums.
    running = torch.nn.functional.pad(x.cumsum(1), (0, 0, 1, 0))
    last = torch.minimum((place + right + 1)[None], lengths[:, None])
    first = torch.minimum((place - left).clamp(min=0)[None].expand(x.shape[0], -1), last)
    index = [1, 1, x.shape[2]]
    total = running.gather(1, last[:, :, None].repeat(index)) - running.gather(1, first[:, :, None].repeat(index))
    return total / (last - first + prior).clamp(min=1)[:, :, None]
