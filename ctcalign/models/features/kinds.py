"""The kinds of features that encoders take, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ctcalign.models.features.scale import HOP_SAMPLES
from ctcalign.models.features.tensors import log_mel
from ctcalign.models.features.whisper import whisper_mel


def _log_mel(waveform: Tensor) -> Tensor:
    return log_mel(waveform[None])[0]


KINDS: dict[str, Callable[[Tensor], Tensor]] = {"log_mel": _log_mel, "whisper": whisper_mel}
"""Samples of one utterance at 16 kHz (N,) to features (T, 80) of 10 ms."""


def padded_features(kind: str, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Features (B, T, 80) of a batch of samples (B, N), and their lengths (B,).

    Args:
        kind: a name in `KINDS`.  lengths: in samples, (B,).
    """
    if kind == "log_mel":  # its context is bounded, so padding does not change the frames of an utterance
        return log_mel(waveform), lengths // HOP_SAMPLES
    rows = [KINDS[kind](row[:length]) for row, length in zip(waveform, lengths.tolist(), strict=True)]
    counts = torch.tensor([len(row) for row in rows], device=lengths.device)
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), counts
