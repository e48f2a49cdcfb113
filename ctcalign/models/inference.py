"""Inference of a model on inputs of one length, whatever that length is, with arrays or with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError
from ctcalign.models.devices import takes_arrays
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.models.protocol import Samples

# Shorter inputs are padded with silence, with unchanged lengths: some models fail on less than their receptive field.
LEAST_SECONDS = 0.5

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]


def emissions_of(model: AcousticModel, waveform: Floats, device: str = "cpu") -> list[Floats]:
    """Log-probabilities (T, C) of each input; T is 0 for less than a frame.

    Args:
        waveform: samples of inputs of one length, (B, N).
        device: of a model that takes tensors.
    Raises:
        ModelError: the output has another number of columns than the vocabulary has symbols.
    """
    length, classes = waveform.shape[1], len(model.vocabulary)
    if length < round(model.frame_shift * model.sample_rate):
        return [np.zeros((0, classes), np.float32) for _ in waveform]
    missing = round(LEAST_SECONDS * model.sample_rate) - length
    if missing > 0:
        waveform = np.pad(waveform, ((0, 0), (0, missing)))
    lengths = np.full(len(waveform), length, np.int64)
    log_probs, frames = runner_of(model, device)(waveform, lengths)
    if log_probs.shape[-1] != classes:
        raise ModelError(f"the model returns {log_probs.shape[-1]} columns but its vocabulary has {classes} symbols")
    return [rows[:count] for rows, count in zip(log_probs, frames.tolist(), strict=True)]


def runner_of(model: AcousticModel, device: str) -> Callable[[Floats, Counts], tuple[Floats, Counts]]:
    """The model as a function of arrays, whatever it computes on.

    Args:
        device: of a model that takes tensors.
    """
    return model if takes_arrays(model) else _on_tensors(model, device)


def on_arrays(
    run: Callable[[Floats, Counts], tuple[Floats, Counts]], waveform: Samples, lengths: Samples
) -> tuple[Any, Any]:
    """Call a function of arrays with arrays or tensors; what it returns is of the same kind, tensors on the CPU."""
    if isinstance(waveform, np.ndarray):
        return run(waveform.astype(np.float32, copy=False), np.asarray(lengths, np.int64))
    import torch

    samples = waveform.detach().float().cpu().numpy()
    log_probs, frames = run(samples, torch.as_tensor(lengths).cpu().long().numpy())
    return torch.from_numpy(log_probs), torch.from_numpy(frames)


def _on_tensors(model: AcousticModel, device: str) -> Callable[[Floats, Counts], tuple[Floats, Counts]]:
    import torch

    def run(waveform: Floats, lengths: Counts) -> tuple[Floats, Counts]:
        with torch.inference_mode():
            log_probs, frames = model(torch.from_numpy(waveform).to(device), torch.from_numpy(lengths).to(device))
            return log_probs.float().cpu().numpy(), frames.cpu().numpy()

    return run
