"""A language of tones, in which each letter is a sine, and a model that recognises them; all times are known."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ctcalign.text.vocabulary import Vocabulary

RATE = 16_000
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
SYMBOLS = ("<blank>", "|", *LETTERS)
TONE = 0.06  # seconds that a letter lasts
GAP = 0.02  # seconds between letters


SPOKEN = ["the cat sat on the mat", "a dog ran over the hill", "we walked along the river", "she sang an old song"]


def frequency(letter: str) -> float:
    return 300.0 + 100.0 * LETTERS.index(letter)


def say(text: str, rng: np.random.Generator | None = None) -> np.ndarray:
    """Lower-case words as tones, words a little apart."""
    parts = []
    for word in text.split():
        for letter in word:
            time = np.arange(round(TONE * RATE)) / RATE
            parts += [0.3 * np.sin(2 * np.pi * frequency(letter) * time), np.zeros(round(GAP * RATE))]
        parts.append(np.zeros(round(0.04 * RATE)))
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


class ToneModel:
    """Outputs the loudest tone of each 20 ms, and blank in silence."""

    name = "tones"
    vocabulary = Vocabulary(SYMBOLS, blank=0, separator=1)
    frame_shift = 0.02
    sample_rate = RATE
    context: float | None = 0.1
    spike_delay = 0.0
    language: str | None = "en"
    licence = "test"

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        hop = round(self.frame_shift * RATE)
        frames = waveform.shape[1] // hop
        cut = waveform[:, : frames * hop].reshape(len(waveform), frames, hop)
        time = torch.arange(hop) / RATE
        tones = torch.tensor([frequency(letter) for letter in LETTERS])
        angle = 2 * np.pi * tones[:, None] * time
        energy = (cut @ angle.sin().T).square() + (cut @ angle.cos().T).square()
        logits = torch.full((*cut.shape[:2], len(SYMBOLS)), -6.0)
        logits[..., 2:] = 10 * energy / energy.amax(-1, keepdim=True).clamp(min=1.0) - 5
        loud = cut.abs().amax(-1) > 0.05
        logits[..., 0] = torch.where(loud, -5.0, 6.0)
        return logits.log_softmax(-1), lengths // hop
