"""A mel spectrogram of a recording as small grey pictures, in bounded memory.

It is computed here and not in the browser: a page that is opened from a file may not read the bytes of the recording
that it plays, and decoding hours of sound in the browser takes gigabytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.models.features.arrays import log_mel
from ctcalign.models.features.scale import HOP_SAMPLES, MELS, SAMPLE_RATE

FRAMES = 2  # frames of 10 ms in a column
BANDS = 40
TILE = 1500  # columns of a picture: 30 s
RANGE = 7.0  # nats between white and black: 60 dB of power is 13.8 nats, of which speech fills the upper half
GREYS = 16
_STEP = 0.08  # nats of a step of the stored bytes: 256 steps hold -14 nats (silence) to 6
_LOWEST = -14.0
_CONTEXT = 2 * HOP_SAMPLES  # samples before and after a block that its first and last windows reach into


@dataclass(frozen=True)
class Spectrogram:
    """PNG pictures, each of `seconds` except the last, 40 mel bands high; black is loud."""

    tiles: list[bytes]
    seconds: float


class SpectrogramMeter:
    """Collects the spectrogram of a recording at 16 kHz, block by block."""

    def __init__(self) -> None:
        self._before = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)
        self._found: list[NDArray[np.uint8]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples at 16 kHz, shape (N,)."""
        self._rest = np.concatenate([self._rest, samples])
        ready = max(0, len(self._rest) - _CONTEXT) // (FRAMES * HOP_SAMPLES) * FRAMES * HOP_SAMPLES
        if ready:
            self._transform(ready)

    def _transform(self, ready: int) -> None:
        """Columns of the first `ready` samples that wait; the others are their context."""
        with_context = np.concatenate([self._before, self._rest[: ready + _CONTEXT]])
        first = _CONTEXT // HOP_SAMPLES
        mel = log_mel(with_context)[first : first + ready // HOP_SAMPLES]
        columns = mel.reshape(-1, FRAMES, BANDS, MELS // BANDS).mean(axis=(1, 3))
        self._found.append(np.clip((columns - _LOWEST) / _STEP, 0, 255).astype(np.uint8))
        self._before = with_context[ready : ready + _CONTEXT].copy()
        self._rest = self._rest[ready:].copy()

    def result(self) -> Spectrogram:
        """The pictures of everything so far."""
        whole = -(-len(self._rest) // (FRAMES * HOP_SAMPLES)) * FRAMES * HOP_SAMPLES
        if whole:
            self._rest = np.pad(self._rest, (0, whole + _CONTEXT - len(self._rest)))
            self._transform(whole)
        columns = np.concatenate(self._found) if self._found else np.zeros((0, BANDS), np.uint8)
        loudest = float(np.quantile(columns, 0.999)) if len(columns) else 0.0
        darkness = 1.0 - (loudest - columns.astype(np.float32)) * _STEP / RANGE
        greys = np.rint(np.clip(darkness, 0.0, 1.0) * (GREYS - 1)).astype(np.uint8)
        tiles = [_picture(greys[start : start + TILE]) for start in range(0, len(greys), TILE)]
        return Spectrogram(tiles, TILE * FRAMES * HOP_SAMPLES / SAMPLE_RATE)


def _picture(greys: NDArray[np.uint8]) -> bytes:
    """A PNG with 4 bits a pixel. `greys`: 0 (white) to 15 (black), shape (columns, BANDS)."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(greys.T[::-1]), mode="P")
    levels = [255 - round(255 * level / (GREYS - 1)) for level in range(GREYS)]
    picture.putpalette([value for level in levels for value in (level, level, level)])
    stream = io.BytesIO()
    picture.save(stream, "png", bits=4, optimize=True)
    return stream.getvalue()
