"""A model without weights whose output can be computed by hand, and noise as its input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ctcalign.text.vocabulary import Vocabulary

RATE = 16_000


class FakeModel:
    """Convolutions with a receptive field of `kernel` samples, then of 2 * `reach` + 1 steps of `stride` frames."""

    name, spike_delay, language, licence = "fake", 0.0, None, "none"
    sample_rate, frame_shift = RATE, 0.02

    def __init__(self, kernel: int = 320, reach: int = 10, stride: int = 1, classes: int = 5) -> None:
        generator = torch.Generator().manual_seed(kernel + reach + stride)
        self.kernel, self.reach, self.stride = kernel, reach, stride
        self.vocabulary = Vocabulary(tuple("-abcdefgh"[:classes]))
        self.context: float | None = (reach + 1) * stride * 0.02
        hop = 320 * stride
        self.front = torch.randn(classes, 1, hop + kernel - 320, generator=generator) / 20
        self.smooth = torch.randn(classes * stride, classes, 2 * reach + 1, generator=generator) / 5
        self.calls: list[tuple[int, int]] = []

    def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.calls.append((waveform.shape[0], waveform.shape[1]))
        hop = 320 * self.stride
        steps = torch.nn.functional.conv1d(waveform[:, None], self.front, stride=hop)
        frames = ((lengths - self.front.shape[-1]) // hop + 1).clamp(min=0)
        steps = steps * (torch.arange(steps.shape[-1]) < frames[:, None])[:, None]
        steps = torch.nn.functional.conv1d(torch.tanh(steps), self.smooth, padding=self.reach)
        batch, _, count = steps.shape
        logits = (
            steps.reshape(batch, self.stride, -1, count).permute(0, 3, 1, 2).reshape(batch, count * self.stride, -1)
        )
        return logits.log_softmax(-1), frames * self.stride


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def whole(model: FakeModel, wave: np.ndarray) -> np.ndarray:
    log_probs, frames = model(torch.from_numpy(wave)[None], torch.tensor([len(wave)]))
    return log_probs[0, : int(frames[0])].numpy()


def blocks_of(wave: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (wave[None, start : start + size] for start in range(0, len(wave), size))
