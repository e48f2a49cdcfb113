"""Sizes of the network of the built-in models, and what the headers of their checkpoints say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ctcalign.errors import ModelError
from ctcalign.models.features.scale import HOP_SAMPLES, MEAN_FRAMES, SAMPLE_RATE, WINDOW_SAMPLES
from ctcalign.models.header import BUILTIN, FORMAT

FRAME_SHIFT = 0.02
# Seconds of context of a frame in windows for Whisper's encoder, which sees the whole window: with more, the output
# changes no less between two windows (where a frame lies in its window matters as much).
WHISPER_CONTEXT = 1.92
# Divisor of the mean-free log-mel features, so that the input of the first layer has about unit variance.
FEATURE_SCALE = 2.5


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a network; written into the header of its checkpoint."""

    symbols: int = 29
    dim: int = 240
    blocks: int = 9
    kernel: int = 15
    expansion: int = 3
    stem: int = 24
    phones: int = 0  # classes of the auxiliary phone head, 0 in a released model
    auxiliary: int = 4  # the block whose output the auxiliary heads use

    @property
    def context_seconds(self) -> float:
        """Seconds of audio on either side that an output frame depends on, the running mean included."""
        frames = 4 * self.blocks * (self.kernel // 2) + 8 + MEAN_FRAMES
        return (frames * HOP_SAMPLES + WINDOW_SAMPLES) / SAMPLE_RATE

    @property
    def look_ahead_seconds(self) -> float:
        """Seconds of audio after the end of an output frame that it depends on, the running mean included."""
        # Besides the blocks: 4 frames of a trunk frame and the one after it, less the two of the output frame.
        frames = 4 * self.blocks * (self.kernel // 2) + 2 + MEAN_FRAMES
        return (frames * HOP_SAMPLES + (WINDOW_SAMPLES - HOP_SAMPLES) / 2) / SAMPLE_RATE


def config_of(header: Mapping[str, Any], where: str) -> NetworkConfig:
    """The sizes in a header.

    Raises:
        ModelError: the header is not that of such a network.
    """
    if header.get("format") != FORMAT or header.get("architecture") != BUILTIN:
        raise ModelError(f"{where} has no {FORMAT} header of a {BUILTIN} model; expected a file written by ctcalign")
    known = {field.name for field in fields(NetworkConfig)}
    config = header.get("config")
    given = {key: value for key, value in config.items() if key in known} if isinstance(config, dict) else {}
    return NetworkConfig(**given)
