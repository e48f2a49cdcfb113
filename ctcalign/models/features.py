"""Log-mel features of the built-in models and of training: stateless, with bounded context."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

SAMPLE_RATE = 16_000
HOP_SAMPLES = 160  # 10 ms
WINDOW_SAMPLES = 400  # 25 ms
FFT_SAMPLES = 512
MELS = 80
PREEMPHASIS = 0.97
# Added to each mel energy before the logarithm: about the energy of 16-bit rounding noise in one band, so that
# digital silence resembles recorded silence.
FLOOR = 1e-6
# Frames on either side (2 s) over which the running mean of each band is computed.
MEAN_FRAMES = 200


def _hz_to_mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


@lru_cache(maxsize=1)
def mel_filters() -> Tensor:
    """Triangular filters between 20 and 7600 Hz on the mel scale. Shape (257, 80)."""
    bins = torch.arange(FFT_SAMPLES // 2 + 1, dtype=torch.float64) * SAMPLE_RATE / FFT_SAMPLES
    mel = 1127.0 * torch.log1p(bins / 700.0)
    edges = torch.linspace(_hz_to_mel(20.0), _hz_to_mel(7600.0), MELS + 2, dtype=torch.float64)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (mel[:, None] - left) / (centre - left)
    falling = (right - mel[:, None]) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0).float()


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
    energies: Tensor = power @ mel_filters().to(power)
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
    # Sums over a window are differences of running sums; subtracting a typical level first keeps them small and exact.
    level = -7.0
    running = torch.nn.functional.pad(((features - level) * mask).cumsum(1), (0, 0, 1, 0))
    first = (place - MEAN_FRAMES).clamp(min=0)[None].expand(len(lengths), -1)
    last = torch.minimum((place + MEAN_FRAMES + 1)[None], lengths[:, None])
    first = torch.minimum(first, last)
    index = [1, 1, features.shape[2]]
    total = running.gather(1, last[:, :, None].repeat(index)) - running.gather(1, first[:, :, None].repeat(index))
    mean = total / (last - first).clamp(min=1)[:, :, None]
    return (features - level - mean) * mask
