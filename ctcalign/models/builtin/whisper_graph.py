"""Whisper's encoder with a CTC output in ONNX Runtime: an input of at most 30 seconds, in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.errors import ModelError
from ctcalign.models.builtin.config import WHISPER_CONTEXT
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE
from ctcalign.models.features.whisper_arrays import whisper_mel
from ctcalign.models.header import checked_vocabulary
from ctcalign.models.onnx_session import run_session

# Input: log-mel energies (B, T, 80). Output: log-probabilities (B, ceil(T / 2), symbols).
FEATURES, LOG_PROBS = "features", "log_probs"

Floats = npt.NDArray[np.float32]


class WhisperGraph:
    """A graph of `egs/robust_en/local/graph.py` with its features.

    Args:
        session: of ONNX Runtime, for the graph.  header: of the checkpoint.  name: of the model, for messages.
    Attributes:
        context: seconds on either side of a frame that windows include. The frame depends on its whole window.
        window: seconds of the longest input.
    Raises:
        ModelError: the header is not that of such a network.
    """

    context: float | None = WHISPER_CONTEXT

    def __init__(self, session: Any, header: Mapping[str, Any], name: str) -> None:
        config = header.get("config")
        positions = whisper_options(config, name)["positions"]
        self.session, self.name, self._symbols = session, name, len(checked_vocabulary(header, name))
        self.window = 2 * positions * HOP_SAMPLES / SAMPLE_RATE

    def __call__(self, samples: Floats) -> Floats:
        """(B, N) samples of one length at 16 kHz -> (B, ceil((N // 160) / 2), symbols) log-probabilities.

        Inputs of fewer than 201 samples have no frames.
        """
        features = np.stack([whisper_mel(row) for row in samples])
        if features.shape[1] == 0:
            return np.zeros((len(samples), 0, self._symbols), np.float32)
        seconds = samples.shape[1] / SAMPLE_RATE
        if features.shape[1] * HOP_SAMPLES > self.window * SAMPLE_RATE:
            raise ModelError(
                f"{self.name}: takes {self.window:g} s at most, got {seconds:.1f} s; use a shorter --window"
            )
        (log_probs,) = run_session(self.session, [LOG_PROBS], {FEATURES: features}, self.name)
        found: Floats = log_probs
        return found


def whisper_options(config: object, where: str) -> dict[str, Any]:
    """The sizes of Whisper's encoder in the configuration of a checkpoint.

    Raises:
        ModelError: it is that of another encoder.
    """
    options = config.get("options") if isinstance(config, Mapping) and config.get("encoder") == "whisper" else None
    if not isinstance(options, Mapping) or not isinstance(options.get("positions"), int):
        raise ModelError(f"{where}: expected the configuration of Whisper's encoder; install ctcalign again")
    return dict(options)
