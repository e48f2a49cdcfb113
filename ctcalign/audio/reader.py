"""Read a recording in blocks: decoded, with the requested channels, at the sample rate of the model."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import cast

import numpy as np

from ctcalign.audio.ahead import BlockQueue
from ctcalign.audio.info import AudioInfo, Piece, Samples, Source
from ctcalign.audio.inputs import AudioInput, recording_of
from ctcalign.audio.limits import MAX_DURATION
from ctcalign.audio.opening import LocalCopy, find_source, local_file
from ctcalign.audio.sources.waveform import Waveform, WaveformSource
from ctcalign.audio.tracks import only_track, unknown_language_note
from ctcalign.errors import AudioError, UsageError

# If the power of the mix is below this fraction of the power of its channels, they cancel each other out.
_CANCELLED = 0.01
# Samples beyond it cannot be squared and summed in single precision; even 32-bit integers read as floats stay below.
_LOUDEST = 1e10
# Seconds of a block.
BLOCK = 10.0
# A header that gives more seconds than this per byte is not believed: no encoding is that small.
_SECONDS_PER_BYTE = 1.0


class AudioReader:
    """A recording, opened by `open_audio`; a context manager.

    Attributes:
        audio: what was opened.
        info: the header.
        sample_rate: of the blocks, in Hz.
        channel: "mix", "all" or the number of a channel, from 0.
        duration: exact seconds decoded, None until `blocks` has ended.
        max_duration: seconds after which reading ends with an error.
        warnings: messages for the user, complete when `blocks` has ended.
    """

    def __init__(
        self,
        audio: AudioInput,
        sample_rate: int,
        channel: str | int,
        track: str | int | None = None,
        max_duration: float | None = None,
        array_rate: int | None = None,
    ) -> None:
        if sample_rate <= 0:
            raise UsageError(f"sample_rate: expected a positive number of Hz, got {sample_rate}")
        self.max_duration = MAX_DURATION if max_duration is None else max_duration
        if not self.max_duration > 0:
            raise UsageError(f"max_duration: expected a positive number of seconds, got {max_duration}")
        while isinstance(audio, AudioReader):
            audio = audio.audio
        self.audio: AudioInput = audio
        self._asked = (sample_rate, channel, track, self.max_duration)
        self._queue: BlockQueue | None = None
        self._stack = contextlib.ExitStack()
        self.sample_rate = sample_rate
        self.duration: float | None = None
        self.warnings: list[str] = []
        believed = True
        try:
            recording = self._stack.enter_context(recording_of(audio, array_rate))
            if isinstance(recording, Waveform):
                only_track(track, recording.name)
                self._source: Source = WaveformSource(recording)
            else:
                local, name = self._stack.enter_context(local_file(cast("Path | str | LocalCopy", recording)))
                self._source = find_source(local, name, track)
                stated = self._source.info.duration
                believed = stated is not None and stated < _SECONDS_PER_BYTE * local.stat().st_size
                if stated is not None and believed and stated > self.max_duration:
                    raise too_long(name, stated, self.max_duration)
            self.info: AudioInfo = self._source.info if believed else replace(self._source.info, duration=None)
            self.channel = _channel(channel, self.info)
            self._note = unknown_language_note(self.info, track)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary copy of a piped recording, and end `decode_ahead`."""
        if self._queue is not None:
            self._queue.cancel()
        self._stack.close()

    def decode_ahead(self, seconds: float) -> Callable[[], None]:
        """A function that decodes for the next call of `blocks`, which waits for it: to be called in another thread.

        It raises nothing: an error is raised by `blocks`, where it would be raised without this function.

        Args:
            seconds: of the recording that are kept in memory at most before they are used.
        """
        self._queue = queue = BlockQueue(max(1, int(seconds / BLOCK)))
        return lambda: queue.fill(self._decoded(BLOCK))

    @property
    def decoded(self) -> list[Samples] | None:
        """All blocks, once `decode_ahead` has decoded the whole recording without an error; else None."""
        return None if self._queue is None else self._queue.whole

    def answers(self, sample_rate: int, channel: str | int, track: str | int | None, limit: float | None) -> bool:
        """Whether `decode_ahead` decodes what `open_audio` would with these arguments, and it is not yet used."""
        asked = (sample_rate, channel, track, MAX_DURATION if limit is None else limit)
        return self._queue is not None and not self._queue.begun and self._asked == asked

    def blocks(self, seconds: float = BLOCK) -> Iterator[Samples]:
        """Decode from the start of the recording, at every call.

        Args:
            seconds: length of a block, > 0; the last block may be shorter.
        Yields:
            Samples at `sample_rate`, nominally in [-1, 1]. Shape (channels, samples): one channel, or all for "all".
        Raises:
            AudioError: the recording has no samples, or is damaged from the start.
        """
        if self._queue is not None and seconds == BLOCK and not self._queue.begun:
            yield from self._queue
        else:
            yield from self._decoded(seconds)

    def _decoded(self, seconds: float) -> Iterator[Samples]:
        size = round(seconds * self.sample_rate)
        if size < 1:
            raise UsageError(f"seconds: expected more than one sample, got {seconds}")
        self.duration = None
        self.warnings = []
        held: list[Samples] = []
        count = 0
        for piece in self._resampled():
            held.append(piece)
            count += len(piece)
            if count < size:
                continue
            joined = np.concatenate(held) if len(held) > 1 else held[0]
            whole = count - count % size
            for start in range(0, whole, size):
                yield np.ascontiguousarray(joined[start : start + size].T)
            held, count = [joined[whole:].copy()], count - whole
        if count:
            yield np.ascontiguousarray(np.concatenate(held).T)

    def _resampled(self) -> Iterator[Samples]:
        """Pieces of shape (samples, channels) at `sample_rate`; concatenated, equal to the whole resampled."""
        import soxr

        channels = self.info.channels if self.channel == "all" else 1
        none = np.zeros((0, channels), dtype=np.float32)
        stream: soxr.ResampleStream | None = None
        rate = self.sample_rate
        for samples, new in self._selected():
            if new != rate:  # at the beginning, or where the rate changes
                if stream is not None:
                    yield stream.resample_chunk(none, last=True)
                rate, stream = new, None
                if rate != self.sample_rate:
                    stream = soxr.ResampleStream(rate, self.sample_rate, channels, dtype="float32", quality="HQ")
            yield samples if stream is None else stream.resample_chunk(samples)
        if stream is not None:
            yield stream.resample_chunk(none, last=True)

    def _selected(self) -> Iterator[Piece]:
        """The requested channels with finite samples; sets `duration` and `warnings` at the end."""
        seconds = _Seconds()
        replaced = endless = 0
        mixed_power = channel_power = 0.0
        mixing = self.channel == "mix" and self.info.channels > 1
        if self._note is not None:
            self.warnings.append(self._note)
        for samples, rate in self._source.pieces(self.warnings):
            seconds.add(len(samples), rate)
            if seconds.total > self.max_duration:
                raise too_long(self.info.path, None, self.max_duration)
            if not samples.size:
                continue
            if not max(samples.max(), -samples.min()) <= _LOUDEST:
                bad = ~(np.abs(samples) <= _LOUDEST)
                replaced += int(bad.sum())
                endless += int((~np.isfinite(samples)).sum())
                samples = np.where(bad, np.float32(0), samples)
            if mixing:
                mix = samples.mean(axis=1, keepdims=True, dtype=np.float32)
                mixed_power += float(np.vdot(mix, mix))
                channel_power += float(np.vdot(samples, samples)) / samples.shape[1]
                yield Piece(mix, rate)
            elif isinstance(self.channel, int):
                yield Piece(np.ascontiguousarray(samples[:, self.channel : self.channel + 1]), rate)
            else:
                yield Piece(samples, rate)
        if not seconds.total:
            detail = f" ({self.warnings[0]})" if self.warnings else ""
            raise AudioError(f"{self.info.path}: holds no audio samples; give a recording that is not empty{detail}")
        if replaced:
            which = "not finite (NaN or infinite)" if replaced == endless else f"not finite or beyond {_LOUDEST:g}"
            self.warnings.append(f"{self.info.path}: {replaced} samples were {which} and were replaced by silence")
        if mixing and mixed_power < _CANCELLED * channel_power:
            self.warnings.append(f"{self.info.path}: the channels cancel each other out in the mix; use --channel 0")
        self.duration = seconds.total


class _Seconds:
    """Exact seconds of pieces of several rates."""

    def __init__(self) -> None:
        self._samples: dict[int, int] = {}

    def add(self, samples: int, rate: int) -> None:
        self._samples[rate] = self._samples.get(rate, 0) + samples

    @property
    def total(self) -> float:
        return sum(samples / rate for rate, samples in self._samples.items())


def open_audio(
    path: AudioInput,
    sample_rate: int = 16_000,
    channel: str | int = "mix",
    *,
    track: str | int | None = None,
    max_duration: float | None = None,
    array_rate: int | None = None,
) -> AudioReader:
    """Open a recording or the audio of a video for reading in blocks.

    Args:
        path: file, or "-" for standard input; bytes, file objects, arrays, lhotse: see `ctcalign.align`.
        sample_rate: of the blocks, in Hz, > 0.
        channel: "mix" (mean of all channels), "all", or the number of a channel, from 0.
        track: of several audio tracks, its number from 0 or its language; None: the default track, else the first.
        max_duration: seconds; longer recordings are refused. None: 12 hours.
        array_rate: Hz, of an array; else None.
    Raises:
        AudioError: missing, empty, corrupt, without audio, or too long.
        UsageError: no such channel or track, or not a recording.

    >>> import ctcalign
    >>> with ctcalign.open_audio("egs/demo/talk.ogg", 16_000) as reader:
    ...     seconds = sum(block.shape[1] for block in reader.blocks()) / 16_000
    >>> round(seconds)
    79
    """
    if isinstance(path, AudioReader) and path.answers(sample_rate, channel, track, max_duration):
        return path
    return AudioReader(path, sample_rate, channel, track, max_duration, array_rate)


def load_audio(
    path: AudioInput,
    sample_rate: int = 16_000,
    channel: str | int = "mix",
    *,
    track: str | int | None = None,
    max_duration: float | None = None,
    array_rate: int | None = None,
) -> Samples:
    """Read a whole recording. Shape (channels, samples); arguments and errors as for `open_audio`.

    >>> import ctcalign
    >>> samples = ctcalign.load_audio("egs/demo/talk.ogg", 16_000)
    >>> samples.shape[0], round(samples.shape[1] / 16_000)
    (1, 79)
    """
    with open_audio(
        path, sample_rate, channel, track=track, max_duration=max_duration, array_rate=array_rate
    ) as reader:
        return np.concatenate(list(reader.blocks()), axis=1)


def probe(path: AudioInput, *, track: str | int | None = None) -> AudioInfo:
    """The header of a recording of any length. Errors as for `open_audio`."""
    with open_audio(path, track=track, max_duration=math.inf) as reader:
        return reader.info


def too_long(name: str, seconds: float | None, limit: float) -> AudioError:
    """The error for a recording longer than `max_duration`."""
    length = "longer than" if seconds is None else f"{_readable(seconds)} long, more than"
    return AudioError(
        f"{name}: {length} the limit of {_readable(limit)}; raise --max-duration if this is expected, or cut the "
        "recording"
    )


def _readable(seconds: float) -> str:
    return f"{seconds / 3600:.4g} h" if seconds >= 3600 else f"{seconds:.4g} s"


def _channel(channel: str | int, info: AudioInfo) -> str | int:
    if channel in ("mix", "all"):
        return channel
    try:
        number = int(channel)
    except ValueError:
        raise UsageError(f"channel: expected mix, all or a number from 0, got {channel!r}") from None
    if not 0 <= number < info.channels:
        have = "1 channel (0)" if info.channels == 1 else f"{info.channels} channels (0 to {info.channels - 1})"
        raise UsageError(f"channel: {info.path} has {have}, got {channel}")
    return number
