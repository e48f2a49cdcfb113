"""Sizes of the network of the built-in models, and what the headers of their checkpoints say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ctcalign.errors import ModelError
from ctcalign.models.features.scale import HOP_SAMPLES, MEAN_FRAMES, SAMPLE_RATE, WINDOW_SAMPLES
from ctcalign.models.header import BUILTIN, FORMAT

FRAME_SHIFT = 0.02
# Seconds of context of a frame in windows for Whisper's encoder, which sees the whole window. More context does not
# make the outputs of two windows more alike: the position of a frame in its window matters as much.
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
    look_ahead: int | None = None  # trunk frames to the right of all blocks together; None: symmetric, as released

    @property
    def right_contexts(self) -> list[int]:
        """Trunk frames (40 ms) to the right that each block depends on."""
        if self.look_ahead is None:
            return [self.kernel // 2] * self.blocks
        each, more = divmod(self.look_ahead, self.blocks)
        return [each + (block >= self.blocks - more) for block in range(self.blocks)]

    @property
    def context_seconds(self) -> float:
        """Seconds of audio on the longer side that an output frame depends on, the running mean included."""
        right = sum(self.right_contexts)
        left = self.blocks * (self.kernel - 1) - right
        frames = 4 * max(left, right) + 8 + MEAN_FRAMES
        return (frames * HOP_SAMPLES + WINDOW_SAMPLES) / SAMPLE_RATE

    @property
    def look_ahead_seconds(self) -> float:
        """Seconds of audio after the end of an output frame that it depends on, the running mean included."""
        mean = MEAN_FRAMES if self.look_ahead is None else 0
        # Besides the blocks: 4 frames of a trunk frame and the one after it, minus the two of the output frame.
        frames = 4 * sum(self.right_contexts) + 2 + mean
        return (frames * HOP_SAMPLES + (WINDOW_SAMPLES - HOP_SAMPLES) / 2) / SAMPLE_RATE

    def with_look_ahead(self, seconds: float) -> NetworkConfig:
        """The same network with at most so many seconds of look-ahead: the most trunk frames that fit in.

        Raises:
            ValueError: it is less than the input layers need, or more than the blocks span.
        """
        least = replace(self, look_ahead=0).look_ahead_seconds
        most = replace(self, look_ahead=self.blocks * (self.kernel - 1)).look_ahead_seconds
        if not least <= seconds <= most:
            raise ValueError(f"got {seconds:g} s, expected {least:.4f} to {most:.4f} s")
        return replace(self, look_ahead=int((seconds - least) / (4 * HOP_SAMPLES / SAMPLE_RATE) + 1e-9))


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
