"""Recordings that are in memory: samples with their rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ctcalign.audio.info import AudioInfo, Piece, Samples, check_rate
from ctcalign.errors import UsageError

_PIECE = 1 << 18
# Arrays of more channels are taken for arrays that are the wrong way round.
_MOST_CHANNELS = 64


@dataclass(frozen=True)
class Waveform:
    """Samples in memory.

    Attributes:
        samples: nominally in [-1, 1]. Shape (channels, N).
        sample_rate: in Hz.
        name: for messages and results.
    """

    samples: Samples
    sample_rate: int
    name: str = "array"


def waveform(array: Any, sample_rate: object, name: str = "array") -> Waveform:
    """A waveform from an array or tensor.

    Args:
        array: numpy array or torch tensor of floats in [-1, 1] or of integers, shape (N,) or (channels, N).
        sample_rate: Hz, whole and positive.
    Raises:
        UsageError: shape, type or rate are something else.
    """
    rate = _checked_rate(sample_rate)
    values = _numpy(array)
    if values.ndim == 1:
        values = values[None]
    if values.ndim != 2 or not len(values):
        raise UsageError(f"audio: expected an array of shape (N,) or (channels, N), got {tuple(np.shape(array))}")
    if len(values) > _MOST_CHANNELS and len(values) > values.shape[1]:
        raise UsageError(
            f"audio: got an array of shape {tuple(values.shape)}, expected (channels, N), channels first; transpose it"
        )
    if not values.shape[1]:
        raise UsageError("audio: the array holds no samples; give one that is not empty")
    return Waveform(_floats(values), rate, name)


def _checked_rate(rate: object) -> int:
    if rate is None:
        raise UsageError("sample_rate: an array needs one; give the samples per second, such as sample_rate=16000")
    try:
        number = float(rate)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = 0.0
    if isinstance(rate, bool) or not number > 0 or number != number // 1:
        raise UsageError(f"sample_rate: expected a whole number of Hz > 0, got {rate!r}")
    check_rate("audio", int(number))
    return int(number)


def _numpy(array: Any) -> np.ndarray[Any, Any]:
    if hasattr(array, "detach"):  # torch
        array = array.detach().cpu()
        if array.is_floating_point():
            array = array.float()
        array = array.numpy()
    return np.asarray(array)


def _floats(values: np.ndarray[Any, Any]) -> Samples:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and the reader counts it
        if values.dtype.kind == "f":
            return np.asarray(values, np.float32)
        half = 2.0 ** (8 * values.dtype.itemsize - 1)
        if values.dtype.kind == "i":
            return np.asarray(values / half, np.float32)
        if values.dtype.kind == "u":
            return np.asarray((values - half) / half, np.float32)
    raise UsageError(f"audio: expected an array of floats or integers, got {values.dtype}")


class WaveformSource:
    """The decoder of a waveform; see `Source`."""

    def __init__(self, wave: Waveform) -> None:
        self._wave = wave
        channels, samples = wave.samples.shape
        rate = wave.sample_rate
        self.info = AudioInfo(wave.name, "array", "float32", rate, channels, samples / rate)

    def pieces(self, warnings: list[str]) -> Iterator[Piece]:
        """Pieces of the array."""
        samples = self._wave.samples
        for start in range(0, samples.shape[1], _PIECE):
            yield Piece(np.ascontiguousarray(samples[:, start : start + _PIECE].T), self._wave.sample_rate)
