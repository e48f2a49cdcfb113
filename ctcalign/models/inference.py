"""Inference of a model on inputs of one length, whatever that length is."""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.errors import ModelError
from ctcalign.models.protocol import AcousticModel

# Shorter inputs are padded with silence, with unchanged lengths: some models fail on less than their receptive field.
LEAST_SECONDS = 0.5


def emissions_of(model: AcousticModel, waveform: Tensor, device: torch.device | str) -> list[Tensor]:
    """Log-probabilities (T, C) of each input, float32 on the CPU; T is 0 for less than a frame.

    Args:
        waveform: samples of inputs of one length, (B, N).
        device: of the model.
    Raises:
        ModelError: the output has another number of columns than the vocabulary has symbols.
    """
    length, classes = waveform.shape[1], len(model.vocabulary)
    if length < round(model.frame_shift * model.sample_rate):
        return [torch.zeros(0, classes) for _ in waveform]
    missing = round(LEAST_SECONDS * model.sample_rate) - length
    if missing > 0:
        waveform = torch.nn.functional.pad(waveform, (0, missing))
    lengths = torch.full((len(waveform),), length, dtype=torch.long)
    with torch.inference_mode():
        log_probs, frames = model(waveform.to(device), lengths.to(device))
        log_probs = log_probs.float().cpu()
    if log_probs.shape[-1] != classes:
        raise ModelError(f"the model returns {log_probs.shape[-1]} columns but its vocabulary has {classes} symbols")
    return [rows[:count] for rows, count in zip(log_probs, frames.tolist(), strict=True)]
