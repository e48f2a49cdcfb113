"""Several inputs of different lengths in one call of a model, for models whose output does not depend on padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.models.inference import LEAST_SECONDS, emissions_of, runner_of
from ctcalign.models.precision import Autocast
from ctcalign.models.protocol import AcousticModel

# Nats by which padding may change a log-probability: the rounding of float32 with TensorFloat-32, and of bfloat16.
ROUNDING, ROUNDING_BFLOAT16 = 0.02, 0.1
# Inputs of the check: so many, of 1 to 2 seconds.
CHECKED = 8

Floats = npt.NDArray[np.float32]


def emissions_of_several(model: AcousticModel, inputs: Sequence[Floats], device: str = "cpu") -> list[Floats]:
    """Log-probabilities (T, C) of each input, in one call: shorter ones are padded, the padding masked if possible.

    Args:
        inputs: samples of each, (N,), at least `LEAST_SECONDS` long.
        device: of a model that takes tensors.
    """
    lengths = np.array([len(one) for one in inputs], np.int64)
    padded = np.zeros((len(inputs), int(lengths.max())), np.float32)
    for row, one in zip(padded, inputs, strict=True):
        row[: len(one)] = one
    log_probs, frames = runner_of(getattr(model, "masked", model), device)(padded, lengths)
    return [rows[:count] for rows, count in zip(log_probs, frames.tolist(), strict=True)]


def ignores_padding(model: AcousticModel, device: str = "cpu") -> bool:
    """Whether the output for an input is the same, within rounding, alone and padded in a batch. Measured on noise.

    Models with a normalisation over time, such as the first wav2vec 2.0 models, do not.
    """
    noise = np.random.default_rng(0)
    seconds = np.linspace(2 * LEAST_SECONDS, 4 * LEAST_SECONDS, CHECKED)
    inputs = [noise.normal(0, 0.1, round(length * model.sample_rate)).astype(np.float32) for length in seconds]
    together = emissions_of_several(model, inputs, device)
    most = ROUNDING_BFLOAT16 if isinstance(model, Autocast) else ROUNDING
    for one, found in zip(inputs, together, strict=True):
        [alone] = emissions_of(model, one[None], device)
        if alone.shape != found.shape or not np.allclose(alone, found, rtol=0, atol=most):
            return False
    return True


class Computed:
    """A model whose output for one input is known; it computes that of others. Its attributes are those of the model.

    Args:
        device: on which the model runs.   samples: the known input, (N,).   log_probs: its output, (T, C).
    """

    takes_arrays = True

    def __init__(self, model: AcousticModel, device: str, samples: Floats, log_probs: Floats) -> None:
        self._model, self.device = model, device
        self._samples, self._log_probs = samples, log_probs

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copy and pickle look these up before the model is set
            raise AttributeError(name)
        return getattr(self._model, name)

    def __call__(self, waveform: Floats, lengths: npt.NDArray[np.int64]) -> tuple[Any, Any]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames, as arrays."""
        if len(waveform) == 1 and np.array_equal(waveform[0], self._samples):
            return self._log_probs[None], np.array([len(self._log_probs)])
        return runner_of(self._model, self.device)(waveform, lengths)
