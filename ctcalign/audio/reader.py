"""Read a recording in blocks: decoded, with the requested channels, at the sample rate of the model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from ctcalign.audio.info import AudioInfo, Samples, Source
from ctcalign.audio.opening import find_source, local_file
from ctcalign.errors import AudioError, UsageError

# If the power of the mix is below this fraction of the power of its channels, they cancel each other out.
_CANCELLED = 0.01


class AudioReader:
    """A recording, opened by `open_audio`; a context manager.

    Attributes:
        info: the header.
        sample_rate: of the blocks, in Hz.
        channel: "mix", "all" or the number of a channel, from 0.
        duration: exact seconds decoded, None until `blocks` has ended.
        warnings: messages for the user, complete when `blocks` has ended.
    """

    def __init__(self, path: str | Path, sample_rate: int, channel: str | int) -> None:
        if sample_rate <= 0:
            raise UsageError(f"sample_rate: expected a positive number of Hz, got {sample_rate}")
        self._stack = contextlib.ExitStack()
        self.sample_rate = sample_rate
        self.duration: float | None = None
        self.warnings: list[str] = []
        try:
            local, name = self._stack.enter_context(local_file(path))
            self._source: Source = find_source(local, name)
            self.info: AudioInfo = self._source.info
            self.channel = _channel(channel, self.info)
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
        """Delete the temporary copy of a piped recording."""
        self._stack.close()

    def blocks(self, seconds: float = 10.0) -> Iterator[Samples]:
        """Decode from the start of the recording, at every call.

        Args:
            seconds: length of a block, > 0; the last block may be shorter.
        Yields:
            Samples at `sample_rate`, nominally in [-1, 1]. Shape (channels, samples): one channel, or all for "all".
        Raises:
            AudioError: the recording has no samples, or is damaged from the start.
        """
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
        rate = self.info.sample_rate
        if rate == self.sample_rate:
            yield from self._selected()
            return
        import soxr

        channels = self.info.channels if self.channel == "all" else 1
        stream = soxr.ResampleStream(rate, self.sample_rate, channels, dtype="float32", quality="HQ")
        for piece in self._selected():
            yield stream.resample_chunk(piece)
        yield stream.resample_chunk(np.zeros((0, channels), dtype=np.float32), last=True)

    def _selected(self) -> Iterator[Samples]:
        """The requested channels with finite samples; sets `duration` and `warnings` at the end."""
        samples = replaced = 0
        mixed_power = channel_power = 0.0
        mixing = self.channel == "mix" and self.info.channels > 1
        for piece in self._source.pieces(self.warnings):
            samples += len(piece)
            if not np.isfinite(piece.sum(dtype=np.float64)):
                bad = ~np.isfinite(piece)
                replaced += int(bad.sum())
                piece = np.where(bad, np.float32(0), piece)
            if mixing:
                mix = piece.mean(axis=1, keepdims=True, dtype=np.float32)
                mixed_power += float(np.vdot(mix, mix))
                channel_power += float(np.vdot(piece, piece)) / piece.shape[1]
                yield mix
            elif isinstance(self.channel, int):
                yield np.ascontiguousarray(piece[:, self.channel : self.channel + 1])
            else:
                yield piece
        if not samples:
            detail = f" ({self.warnings[0]})" if self.warnings else ""
            raise AudioError(f"{self.info.path}: holds no audio samples; give a recording that is not empty{detail}")
        if replaced:
            self.warnings.append(
                f"{self.info.path}: {replaced} samples were not finite (NaN or infinite) and were replaced by silence"
            )
        if mixing and mixed_power < _CANCELLED * channel_power:
            self.warnings.append(f"{self.info.path}: the channels cancel each other out in the mix; use --channel 0")
        self.duration = samples / self.info.sample_rate


def open_audio(path: str | Path, sample_rate: int = 16_000, channel: str | int = "mix") -> AudioReader:
    """Open a recording or the audio of a video for reading in blocks.

    Args:
        path: file, or "-" for standard input.
        sample_rate: of the blocks, in Hz, > 0.
        channel: "mix" (mean of all channels), "all", or the number of a channel, from 0.
    Raises:
        AudioError: missing, empty, corrupt or without audio.
        UsageError: no such channel.
    """
    return AudioReader(path, sample_rate, channel)


def load_audio(path: str | Path, sample_rate: int = 16_000, channel: str | int = "mix") -> Samples:
    """Read a whole recording. Shape (channels, samples); arguments and errors as for `open_audio`."""
    with open_audio(path, sample_rate, channel) as reader:
        return np.concatenate(list(reader.blocks()), axis=1)


def probe(path: str | Path) -> AudioInfo:
    """The header of a recording. Errors as for `open_audio`."""
    with open_audio(path) as reader:
        return reader.info


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
