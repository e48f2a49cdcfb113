"""Decode with the FFmpeg libraries of PyAV: mp4, m4a, webm, mkv and other formats that libsndfile does not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ctcalign.audio.clock import Clock
from ctcalign.audio.info import AudioInfo, Samples
from ctcalign.errors import AudioError

if TYPE_CHECKING:
    import av.container

# FFmpeg formats of text art, pictures and playlists.
_NO_RECORDING = (
    "tty",
    "bin",
    "adf",
    "idf",
    "xbin",
    "ico",
    "image2",
    "hls",
    "dash",
    "concat",
    "ffmetadata",
    "sdp",
    "txd",
)
# Time stamps of these containers begin at 0 by definition, those of others with the first stream.
_CLOCK_FROM_ZERO = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
# The headers of these containers give the exact duration.
_EXACT_DURATION = (*_CLOCK_FROM_ZERO, "asf", "avi", "flac", "wav", "caf", "wv", "tta", "ape")
_MAX_SILENCE = 1 << 16


class AvSource:
    """The first audio stream of a file, decoded by PyAV.

    Raises:
        av.error.FFmpegError: the format is unknown, or the file is damaged at its start.
        AudioError: it has no audio, or none that can be decoded.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._url = f"file:{path}"  # a colon in the name is not a protocol
        self._name = name
        with self._open() as container:
            stream = self._stream(container)
            context = stream.codec_context
            rate, channels = int(context.sample_rate or 0), int(context.channels or 0)
            # From the first frame, not the header: the header of HE-AAC gives half the rate.
            for frame in _frames(container, stream, []):
                rate, channels = int(frame.sample_rate), len(frame.layout.channels)
                break
            if rate <= 0 or channels <= 0:
                raise AudioError(
                    f"{name}: its audio stream ({context.name}) holds no decodable sound; convert it to wav or flac"
                )
            self.info = AudioInfo(
                path=name,
                container=_short(container.format.name, path),
                codec=str(context.name),
                sample_rate=rate,
                channels=channels,
                duration=_duration(container, stream),
            )

    def _open(self) -> av.container.InputContainer:
        import av

        # Ignore metadata in a wrong encoding: an option up to PyAV 18, the default later.
        lenient: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
        container: av.container.InputContainer = av.open(self._url, mode="r", **lenient)
        return container

    def _stream(self, container: av.container.InputContainer) -> Any:
        format_name = container.format.name
        if format_name in _NO_RECORDING or format_name.endswith("_pipe"):
            raise AudioError(
                f"{self._name}: not a recording; expected audio or video such as wav, flac, mp3, m4a, mp4, mkv"
            )
        if not container.streams.audio:
            kind = "a video without audio" if container.streams.video else "a file without audio"
            raise AudioError(f"{self._name}: {kind}; give a file that has an audio stream")
        return container.streams.audio[0]

    def pieces(self, warnings: list[str]) -> Iterator[Samples]:
        """Pieces of shape (samples, channels), placed by their time stamps; see `Source`."""
        rate, channels = self.info.sample_rate, self.info.channels
        with self._open() as container:
            stream = self._stream(container)
            clock = Clock(rate, _zero(container), self.info.duration)
            damaged: list[str] = []
            for frame in _frames(container, stream, damaged):
                if frame.sample_rate != rate:
                    warnings.append(
                        f"{self._name}: the sample rate changes from {rate} to {frame.sample_rate} Hz at "
                        f"{clock.position / rate:.2f} s: the rest is not read; convert the file to wav first"
                    )
                    break
                samples = _with_channels(_to_float(frame), channels)
                pad, drop = clock.place(frame.time, len(samples))
                while pad > 0:
                    yield np.zeros((min(pad, _MAX_SILENCE), channels), dtype=np.float32)
                    pad -= _MAX_SILENCE
                if drop < len(samples):
                    yield samples[drop:]
            warnings.extend(f"{self._name}: {note}" for note in clock.notes)
            self._warn_of_damage(container, clock.position / rate, damaged, warnings)

    def _warn_of_damage(self, container: Any, end: float, damaged: list[str], warnings: list[str]) -> None:
        stated = self.info.duration
        if stated is not None and container.format.name in _EXACT_DURATION and end < stated - 0.5:
            warnings.append(f"{self._name}: truncated: {stated:.2f} s according to the header, {end:.2f} s decoded")
        elif damaged:
            warnings.append(f"{self._name}: {len(damaged)} damaged packets skipped (first: {damaged[0]})")


def _frames(container: Any, stream: Any, damaged: list[str]) -> Iterator[Any]:
    """Decoded frames; the errors of packets that cannot be decoded go to `damaged`."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, EOFError) as error:
            damaged.append(str(error))
            packet = None
        if packet is None:
            return
        try:
            yield from packet.decode()
        except EOFError:
            return
        except av.error.FFmpegError as error:
            damaged.append(str(error))


def _zero(container: Any) -> float:
    if container.format.name in _CLOCK_FROM_ZERO or container.start_time is None:
        return 0.0
    return float(container.start_time) / 1e6


def _duration(container: Any, stream: Any) -> float | None:
    """End time of the audio stream, according to the header."""
    if stream.duration is not None and stream.time_base is not None:
        start = float((stream.start_time or 0) * stream.time_base) - _zero(container)
        return max(float(stream.duration * stream.time_base) + start, 0.0)
    stated = stream.metadata.get("DURATION")  # Matroska: 00:01:02.345000000
    if stated is not None and stated.count(":") == 2:
        hours, minutes, seconds = stated.split(":")
        try:
            return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        except ValueError:
            return None
    if container.duration is not None and len(container.streams) == 1:
        return float(container.duration) / 1e6
    return None


def _short(format_name: str, path: Path) -> str:
    """One name of an FFmpeg family of formats ("mov,mp4,m4a,..."): the suffix of the file if in it, else the first."""
    names = format_name.split(",")
    suffix = path.suffix.lower().lstrip(".")
    return suffix if suffix in names else names[0]


def _to_float(frame: Any) -> Samples:
    """Samples of a decoded frame as float32 in [-1, 1]. Shape (samples, channels)."""
    samples: npt.NDArray[Any] = frame.to_ndarray()
    channels = len(frame.layout.channels)
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) * np.float32(1.0 / 2 ** (8 * samples.dtype.itemsize - 1))
    return samples.astype(np.float32, copy=False)


def _with_channels(samples: Samples, channels: int) -> Samples:
    """If the number of channels has changed within the stream: the mean of the new channels, for each old one."""
    if samples.shape[1] == channels:
        return samples
    return np.repeat(samples.mean(axis=1, keepdims=True, dtype=np.float32), channels, axis=1)
