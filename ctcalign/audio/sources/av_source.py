"""Decode with the FFmpeg libraries of PyAV: mp4, m4a, mp3, webm, mkv and what else libsndfile does not read whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ctcalign.audio.file_parts import FilePart
from ctcalign.audio.info import AudioInfo, AudioTrack, Piece, check_rate, with_channels
from ctcalign.audio.mpeg import stated_seconds
from ctcalign.audio.sources.av_samples import samples_of
from ctcalign.audio.sources.clock import Clock
from ctcalign.audio.sources.stream_times import EXACT_DURATION, duration_of, start_note, zero_of
from ctcalign.audio.tracks import choose_track, tracks_note, tracks_of
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
# FFmpeg formats whose time stamps come from a clock; those of others only count what was read.
_WITH_CLOCK = (
    *("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "flv", "live_flv", "asf", "avi", "ogg", "nut"),
    *("mxf", "gxf", "wtv", "rm", "dv", "ivf", "kux"),
)
# Seconds after which the clock of an MPEG stream begins at 0 again: 33 bits at 90 kHz.
_MPEG, _WRAP = ("mpegts", "mpeg"), 2**33 / 90_000
# FFmpeg formats without a header: their duration is that of their packets.
_NO_LENGTH = ("mp3", "aac")
_MAX_SILENCE = 1 << 16
# Errors in a row after which a file is given up; packets without a frame before there is no sound.
_MOST_ERRORS = 16


class AvSource:
    """An audio track of a file, decoded by PyAV.

    Args:
        part: the file, or the part of it that is one recording.
        name: for messages.
        track: number or language of the audio track; None: see `choose_track`.
        wrong_length: seconds according to the header, if the sound goes on behind them; None: the header is believed.
    Raises:
        av.error.FFmpegError: the format is unknown, or the file is damaged at its start.
        AudioError: it has no audio, or none that can be decoded.   UsageError: no such track.
    """

    def __init__(
        self, part: FilePart, name: str, track: str | int | None = None, *, wrong_length: float | None = None
    ) -> None:
        self._part = part
        self._name = name
        self._wrong_length = wrong_length
        self._options = {} if wrong_length is None else {"ignore_length": "1"}
        with self._open() as container:
            tracks = self._tracks(container)
            self._by_default = track is None
            self._track: AudioTrack = choose_track(tracks, track, name)
            stream = self._stream(container)
            context = stream.codec_context
            rate, channels = int(context.sample_rate or 0), int(context.channels or 0)
            # From the first frame, not the header: the header of HE-AAC gives half the rate.
            for frame in _Frames(container, stream):
                rate, channels = int(frame.sample_rate), len(frame.layout.channels)
                break
            if rate <= 0 or channels <= 0:
                raise AudioError(
                    f"{name}: its audio stream ({context.name}) contains no decodable audio; convert it to wav or flac"
                )
            check_rate(name, rate)
            self.info = AudioInfo(
                path=name,
                container=_short(container.format.name, part.path),
                codec=str(context.name),
                sample_rate=rate,
                channels=channels,
                duration=self._stated(container, stream),
                track=self._track.number,
                tracks=tracks,
            )

    @contextmanager
    def _open(self) -> Iterator[av.container.InputContainer]:
        import av

        # Ignore metadata in a wrong encoding: an option up to PyAV 18, the default later.
        lenient: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
        with _url(self._part) as url, av.open(url, mode="r", options=self._options, **lenient) as container:
            yield container

    def _stream(self, container: Any) -> Any:
        """The chosen track; FFmpeg finds the streams of some containers only while it reads."""
        streams = container.streams.audio
        if self._track.number >= len(streams):
            raise AudioError(
                f"{self._name}: its audio is found at one time and not at another; convert it to wav or flac"
            )
        return streams[self._track.number]

    def _tracks(self, container: Any) -> tuple[AudioTrack, ...]:
        format_name = container.format.name
        if format_name in _NO_RECORDING or format_name.endswith("_pipe"):
            raise AudioError(
                f"{self._name}: not a recording; expected audio or video such as wav, flac, mp3, m4a, mp4, mkv"
            )
        if not container.streams.audio:
            kind = "a video without audio" if container.streams.video else "a file without audio"
            raise AudioError(f"{self._name}: {kind}; give a file that has an audio stream")
        return tracks_of(container)

    def _stated(self, container: Any, stream: Any) -> float | None:
        if self._wrong_length is None and container.format.name not in _NO_LENGTH:
            return duration_of(container, stream)
        with self._part.open() as file:
            stated = stated_seconds(file) if container.format.name == "mp3" else None
        if stated is not None:
            return stated
        with self._open() as again:  # counting packets takes a fraction of a second per hour
            return _packet_seconds(again, self._stream(again))

    def pieces(self, warnings: list[str]) -> Iterator[Piece]:
        """Pieces placed by their time stamps; see `Source`."""
        rate, channels = self.info.sample_rate, self.info.channels
        note = tracks_note(self.info)
        if note is not None and self._by_default:
            warnings.append(note)
        with self._open() as container:
            stream = self._stream(container)
            zero = zero_of(container, rate)
            note = start_note(container, zero)
            if note is not None:
                warnings.append(f"{self._name}: {note}")
            clock = Clock(rate, zero, self.info.duration)
            timed = container.format.name in _WITH_CLOCK
            frames = _Frames(container, stream)
            for frame in frames:
                try:
                    samples = with_channels(samples_of(frame), channels)
                    check_rate("a frame", int(frame.sample_rate))
                except AudioError as error:
                    frames.damaged.append(str(error))
                    continue
                if frame.sample_rate != clock.rate:
                    warnings.append(
                        f"{self._name}: the sample rate changes from {clock.rate} to {frame.sample_rate} Hz at "
                        f"{clock.seconds:.2f} s"
                    )
                    clock.change_rate(int(frame.sample_rate))
                time = frame.time if timed else None
                if time is not None and container.format.name in _MPEG:
                    time -= round((time - clock.expected) / _WRAP) * _WRAP
                pad, drop = clock.place(time, len(samples))
                while pad > 0:
                    yield Piece(np.zeros((min(pad, _MAX_SILENCE), channels), dtype=np.float32), clock.rate)
                    pad -= _MAX_SILENCE
                if drop < len(samples):
                    yield Piece(samples[drop:], clock.rate)
            warnings.extend(f"{self._name}: {text}" for text in clock.all_notes())
            self._warn_of_damage(container, clock.seconds, clock.skipped, frames, warnings)

    def _warn_of_damage(self, container: Any, end: float, skipped: float, frames: _Frames, warnings: list[str]) -> None:
        stated = self.info.duration
        if self._wrong_length is not None:
            warnings.append(
                f"{self._name}: {self._wrong_length:.2f} s according to the header, but the audio continues: "
                f"{end:.2f} s read"
            )
        elif stated is not None and container.format.name in EXACT_DURATION and end + skipped < stated - 0.5:
            warnings.append(f"{self._name}: truncated: {stated:.2f} s according to the header, {end:.2f} s decoded")
        elif frames.stopped:
            left = self._part.size - frames.read
            warnings.append(
                f"{self._name}: damaged: reading stopped at {end:.2f} s ({frames.stopped}); the last {left} of "
                f"{self._part.size} bytes are not read"
            )
        elif frames.damaged:
            warnings.append(f"{self._name}: {len(frames.damaged)} damaged packets skipped (first: {frames.damaged[0]})")


class _Frames:
    """The decoded frames of a stream, with what went wrong.

    Attributes:
        damaged: errors of packets that cannot be decoded.
        stopped: the error after which nothing more can be read; empty if the file was read to its end.
        read: bytes up to the end of the last packet.
    """

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        self.damaged: list[str] = []
        self.stopped = ""
        self.read = 0

    def __iter__(self) -> Iterator[Any]:
        import av

        errors = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, EOFError, OSError, ValueError) as error:
                self.damaged.append(_reason(error))
                errors += 1
                if errors > _MOST_ERRORS:
                    self.stopped = self.damaged[-1]
                    return
                packets = self._container.demux(self._stream)  # goes on behind the bytes that cannot be read
                continue
            except IndexError:  # PyAV fails at the end of the file if FFmpeg has found more streams on the way
                with contextlib.suppress(av.error.FFmpegError, EOFError):
                    yield from self._stream.codec_context.decode(None)
                return
            if packet is None:
                return
            if packet.size:
                errors = 0
                if packet.pos is not None:
                    self.read = max(self.read, packet.pos + packet.size)
            try:
                yield from packet.decode()
            except EOFError:
                if not packet.size:  # the end of the stream
                    return
                self.damaged.append("the decoder ends before the file")
            except av.error.FFmpegError as error:
                self.damaged.append(_reason(error))


def _packet_seconds(container: Any, stream: Any) -> float | None:
    import av

    total = 0.0
    try:
        for packet in container.demux(stream):
            total += float((packet.duration or 0) * packet.time_base) if packet.time_base else 0.0
    except (av.error.FFmpegError, EOFError):
        return None
    return total or None


@contextmanager
def _url(part: FilePart) -> Iterator[str | BinaryIO]:
    """What PyAV opens: an address, or a file object for a part of a file or a name that is not UTF-8."""
    try:
        name = str(part.path).encode("utf-8").decode("utf-8")
    except UnicodeEncodeError:
        name = ""
    if part.whole and name:
        yield f"file:{name}"  # a colon in the name is not a protocol
        return
    with part.open() as file:
        yield file


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).splitlines()[0]


def _short(format_name: str, path: Path) -> str:
    """One name of an FFmpeg family of formats ("mov,mp4,m4a,..."): the suffix of the file if in it, else the first."""
    names = format_name.split(",")
    suffix = path.suffix.lower().lstrip(".")
    return suffix if suffix in names else names[0]
