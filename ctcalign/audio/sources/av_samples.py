"""Samples of a frame of PyAV as an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.audio.info import Samples
from ctcalign.errors import AudioError

# PyAV looks for a null behind the list of planes, which FFmpeg does not write after the eighth or a later one: with 8
# channels or more, in 7.1 sound, it would read memory that belongs to something else.
_MOST_PLANES = 7


def samples_of(frame: Any) -> Samples:
    """Samples of a decoded frame as float32 in [-1, 1]. Shape (samples, channels).

    Raises:
        AudioError: PyAV has no way to the samples of such a frame.
    """
    channels = len(frame.layout.channels)
    if frame.format.is_planar and channels > _MOST_PLANES:
        frame = _packed(frame)
    if frame.format.name.startswith("s64"):
        return _from_64_bits(frame, channels)
    samples: npt.NDArray[Any] = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) * np.float32(1.0 / 2 ** (8 * samples.dtype.itemsize - 1))
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and the reader counts it
        return samples.astype(np.float32, copy=False)


def _packed(frame: Any) -> Any:
    import av

    try:
        converted = av.AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate).resample(frame)
    except (av.error.FFmpegError, ValueError) as error:
        raise AudioError(f"{len(frame.layout.channels)} channels cannot be converted ({error})") from error
    if len(converted) != 1 or converted[0].samples != frame.samples:
        raise AudioError(f"{len(frame.layout.channels)} channels cannot be converted")
    return converted[0]


def _from_64_bits(frame: Any, channels: int) -> Samples:
    """PyAV has no array of 64-bit integers: from the bytes of its planes."""
    planes = [np.frombuffer(bytes(plane), "=i8") for plane in frame.planes]
    if frame.format.is_planar:
        samples = np.stack([plane[: frame.samples] for plane in planes], axis=1)
    else:
        samples = planes[0][: frame.samples * channels].reshape(-1, channels)
    return (samples / 2.0**63).astype(np.float32)
