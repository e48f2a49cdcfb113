"""The network of the built-in models in ONNX Runtime, computed in chunks: little memory, without overlap.

The graph takes a chunk of frames and the state of its convolutions after the previous chunk, and returns the state for
the next one. Each layer delays its output by half a kernel. The first chunk is preceded and the last one followed by
zeros, so that the chunks together give the same output as one long chunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.models.builtin.config import FEATURE_SCALE, NetworkConfig, config_of
from ctcalign.models.features.arrays import log_mel, subtract_running_mean
from ctcalign.models.features.scale import MELS
from ctcalign.models.onnx_session import run_session

# Inputs: log-mel energies minus their running mean, divided by `FEATURE_SCALE`, and one frame before them
# (B, 1 + T, 80); the last row of the first layer (B, stem, 1, 40); the last frames of the input of each block
# (B, blocks, P, dim), half a kernel at the beginning; frames beyond the end (B, Q, dim), empty before the last chunk.
FEATURES, ROWS, PAST, BEYOND = "features", "rows", "past", "beyond"
# Outputs: log-probabilities (B, 2 * frames of the trunk, symbols), and the rows and frames for the next chunk.
LOG_PROBS, NEXT_ROWS, NEXT_PAST = "log_probs", "next_rows", "next_past"
# Frames of 10 ms in a chunk, a multiple of the stride 4. The activations of 16 s fit into the caches of a processor.
CHUNK = 1600

Floats = npt.NDArray[np.float32]


class ConvGraph:
    """A graph of `egs/mini_en/local/graph.py` with its features.

    Args:
        session: of ONNX Runtime, for the graph.  header: of the checkpoint.  name: of the model, for messages.
    Attributes:
        context: seconds on either side of a frame that its output depends on.
        window: recommended seconds of audio per call. In a longer window the context, which is computed twice, is a
            smaller fraction; only the features need more memory.
    """

    window = 240.0

    def __init__(self, session: Any, header: Mapping[str, Any], name: str) -> None:
        self.session, self.config, self.name = session, config_of(header, name), name
        self.context: float | None = self.config.context_seconds

    def __call__(self, samples: Floats) -> Floats:
        """(B, N) samples of one length at 16 kHz -> (B, ceil((N // 160) / 2), symbols) log-probabilities."""
        features = np.stack([subtract_running_mean(log_mel(row)) for row in samples]) / np.float32(FEATURE_SCALE)
        frames = features.shape[1]
        if frames == 0:
            return np.zeros((len(samples), 0, self.config.symbols), np.float32)
        return run_network(self.session, self.config, features, self.name)[:, : (frames + 1) // 2]


def run_network(session: Any, config: NetworkConfig, features: Floats, name: str, chunk: int = CHUNK) -> Floats:
    """Log-probabilities of inputs of one length.

    Args:
        session: of ONNX Runtime, for a graph of `egs/mini_en/local/graph.py`.
        config: sizes of the network.
        features: as above, without a frame before them. (B, T, 80), T > 0.
        name: of the model, for messages.
        chunk: frames to compute at a time, a multiple of 4 and more than 8 * blocks * (kernel // 2).
    Returns:
        (B, 2 * ceil(T / 4), symbols).
    Raises:
        MemoryError, ModelError: as `run_session`.
    """
    batch, frames, side = len(features), features.shape[1], config.kernel // 2
    rows = np.zeros((batch, config.stem, 1, MELS // 2), np.float32)
    past = np.zeros((batch, config.blocks, side, config.dim), np.float32)
    padded = np.concatenate([np.zeros((batch, 1, MELS), np.float32), features], 1)
    found: list[Floats] = []
    for start in range(0, frames, chunk):
        last = start + chunk >= frames
        feed = {
            FEATURES: padded[:, start : start + chunk + 1],
            ROWS: rows,
            PAST: past,
            BEYOND: np.zeros((batch, side if last else 0, config.dim), np.float32),
        }
        log_probs, rows, past = run_session(session, [LOG_PROBS, NEXT_ROWS, NEXT_PAST], feed, name)
        found.append(log_probs)
    return np.concatenate(found, 1) if len(found) > 1 else found[0]
