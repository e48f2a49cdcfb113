"""Decode with libsndfile: wav, flac, ogg, aiff and related formats."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ctcalign.audio.file_parts import FilePart, RangeReader
from ctcalign.audio.info import AudioInfo, Piece, check_rate
from ctcalign.audio.sources.trailing import stated_end, unread_sound

if TYPE_CHECKING:
    import soundfile

# Small reads: when libsndfile fails on a damaged file, only the samples of that read are lost.
_READ_FRAMES = 8192
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
# Encodings without state: more of them can be read behind the end that the header gives.
_BYTES = {
    "PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1,
}  # fmt: skip
# Seconds. A shorter rest behind the last sample, at the mean bit rate of the file, is not worth a message.
_SHORTEST = 0.1
# Encodings in which libsndfile cannot move, and that FFmpeg reads whatever length the header gives.
_READ_ON_BY_FFMPEG = (("WAV", "GSM610"), ("WAV", "G721_32"))
_BIG_ENDIAN = ("AIFF", "AU", "CAF")
_NO_LENGTH = 2**62


class SoundFileSource:
    """A recording decoded by libsndfile.

    Attributes:
        complete: whether all of it is read; else another decoder is better. A streamed wav file, whose sizes were never
            filled in, has no samples for libsndfile.
        wrong_length: seconds according to the header, if the sound goes on behind them and another decoder is needed.
    Raises:
        soundfile.LibsndfileError, TypeError: libsndfile does not know the file (the caller tries the next decoder).
        AudioError: the header is absurd.
    """

    def __init__(self, part: FilePart, name: str) -> None:
        self._part = part
        with _opened(part) as (file, position):
            frames, rate = int(file.frames), int(file.samplerate)
            check_rate(name, rate)
            self._header_frames = frames
            self._cut = _cut_chunk(file.extra_info) or _last_page_missing(part, file.format)
            self._raw = _raw_format(file)
            known = 0 < frames < _NO_LENGTH
            # libsndfile loses the last block of a FLAC file whose header gives no or too great a length.
            self.complete = frames > 0 and (known or file.format != "FLAC")
            self.wrong_length: float | None = None
            self._end = self._more = self._unread = 0
            if known and file.format != "OGG" and not self._cut:
                if file.seekable():
                    self._end, left = _end_of(file, position, part)
                else:
                    self._end = stated_end(part)
                    left = unread_sound(part, self._end, _least(file, self._end)) if self._end else 0
                if left and self._raw:
                    self._more = left
                elif left and not file.seekable() and (file.format, file.subtype) not in _READ_ON_BY_FFMPEG:
                    self._unread = left
                elif left:
                    self.complete, self.wrong_length = False, frames / rate
                elif not self._end and file.format == "FLAC":
                    self.complete = False
            elif frames == 0 and file.format == "AU" and self._raw:  # 0 for unknown
                self._end = position()
                self._more = part.size - self._end
                self.complete = self._more > 0
            duration = frames / rate if known else None
            if self._more and self._raw:
                duration = (duration or 0.0) + self._more / (_BYTES[file.subtype] * file.channels * rate)
            self.info = AudioInfo(
                path=name,
                container=str(file.format).lower(),
                codec=str(file.subtype).lower(),
                sample_rate=rate,
                channels=int(file.channels),
                duration=duration,
            )

    def pieces(self, warnings: list[str]) -> Iterator[Piece]:
        """See `Source`."""
        import soundfile

        done, rate = 0, self.info.sample_rate
        with _opened(self._part) as (file, _):
            while True:
                try:
                    samples = file.read(_READ_FRAMES, dtype="float32", always_2d=True)
                except (soundfile.LibsndfileError, ValueError) as error:  # ValueError: it counts below 0
                    reason = str(error).strip().rstrip(".") or "damaged data"
                    warnings.append(
                        f"{self.info.path}: truncated or damaged: decoding stopped at {done / rate:.2f} s ({reason})"
                    )
                    return
                if len(samples) == 0:
                    break
                done += len(samples)
                yield Piece(samples, rate)
        if self._more:
            stated = done
            rest = FilePart(self._part.path, self._part.start + self._end, self._part.stop, whole=False)
            with _opened(rest, self._raw) as (file, _):
                while len(samples := file.read(_READ_FRAMES, dtype="float32", always_2d=True)):
                    done += len(samples)
                    yield Piece(samples, rate)
            warnings.append(
                f"{self.info.path}: {stated / rate:.2f} s according to the header, but the audio continues: "
                f"{done / rate:.2f} s read"
            )
        elif self._unread or self.wrong_length is not None:
            warnings.append(
                f"{self.info.path}: {done / rate:.2f} s according to the header, but the audio continues, and in this "
                f"encoding ({self.info.codec}) it cannot be read on; correct the header or convert the file"
            )
        elif self._cut:
            warnings.append(f"{self.info.path}: truncated: {self._cut}; {done / rate:.2f} s decoded")
        elif self.info.duration is not None and done < self._header_frames:
            warnings.append(
                f"{self.info.path}: truncated: {self.info.duration:.2f} s according to the header, "
                f"{done / rate:.2f} s decoded"
            )


@contextmanager
def _opened(
    part: FilePart, raw: dict[str, Any] | None = None
) -> Iterator[tuple[soundfile.SoundFile, Callable[[], int]]]:
    """The open file, and a function that returns how far libsndfile has read."""
    import soundfile

    if part.whole:
        descriptor = os.open(part.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            with soundfile.SoundFile(descriptor, closefd=False, **(raw or {})) as file:
                yield file, lambda: os.lseek(descriptor, 0, os.SEEK_CUR)
        finally:
            os.close(descriptor)
        return
    with RangeReader(part.path, part.start, part.stop) as reader, soundfile.SoundFile(reader, **(raw or {})) as file:
        yield file, reader.tell


def _raw_format(file: soundfile.SoundFile) -> dict[str, Any] | None:
    """How samples of this file are read without a header; None if they cannot be."""
    if file.subtype not in _BYTES or file.format in ("FLAC", "OGG", "MP3", "MPEG"):
        return None
    endian = file.endian
    if endian not in ("LITTLE", "BIG"):
        endian = "BIG" if file.format in _BIG_ENDIAN else "LITTLE"
    return {
        "format": "RAW",
        "subtype": file.subtype,
        "samplerate": file.samplerate,
        "channels": file.channels,
        "endian": endian,
    }


def _end_of(file: soundfile.SoundFile, position: Callable[[], int], part: FilePart) -> tuple[int, int]:
    """Byte behind the last sample according to the header, and the bytes of sound after it."""
    import soundfile

    try:
        file.seek(file.frames - 1)
        complete = len(file.read(1)) == 1
        end = position()
    except (soundfile.LibsndfileError, ValueError):  # ValueError: it counts below 0
        return 0, 0
    if not complete or end <= 0:
        return 0, 0
    return end, unread_sound(part, end, _least(file, end))


def _least(file: soundfile.SoundFile, end: int) -> float:
    """Bytes behind byte `end`, where the sound ends, that are worth a message."""
    return 0.0 if file.format == "FLAC" else _SHORTEST * end * file.samplerate / file.frames


def _cut_chunk(parse_log: str) -> str | None:
    """From libsndfile's log of a wav or aiff header: whether the sample chunk is longer than the file."""
    match = re.search(r"^\s*(?:data|SSND)\s*:\s*(\d+) \(should be (\d+)\)", parse_log, re.MULTILINE)
    if match is None or int(match[1]) in _UNKNOWN_SIZES or int(match[1]) <= int(match[2]):
        return None
    return f"{int(match[2])} of {int(match[1])} bytes of samples are present"


def _last_page_missing(part: FilePart, container: str) -> str | None:
    """The missing part at the end of an Ogg stream, whose last page is marked as such."""
    if container != "OGG":
        return None
    with part.open() as file:
        file.seek(max(0, part.size - 66_000))  # longer than the longest page
        tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0 or start + 27 > len(tail):
        return "the last page is cut"
    segments = tail[start + 26]
    table = tail[start + 27 : start + 27 + segments]
    if len(table) < segments or start + 27 + segments + sum(table) > len(tail):
        return "the last page is cut"
    return None if tail[start + 5] & 4 else "the end mark is missing"
