"""Decode with libsndfile: wav, flac, ogg, mp3, aiff and related formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ctcalign.audio.info import AudioInfo, Samples

# Small reads: when libsndfile fails on a damaged file, only the samples of that read are lost.
_READ_FRAMES = 8192
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)


class SoundFileSource:
    """A recording decoded by libsndfile.

    Raises:
        soundfile.LibsndfileError, TypeError: libsndfile does not know the file (the caller tries the next decoder).
    """

    def __init__(self, path: Path, name: str) -> None:
        import soundfile

        self._path = path
        with soundfile.SoundFile(str(path)) as file:
            frames, rate = int(file.frames), int(file.samplerate)
            self._header_frames = frames
            self._cut = _cut_chunk(file.extra_info) or _last_page_missing(path, file.format)
            self.info = AudioInfo(
                path=name,
                container=str(file.format).lower(),
                codec=str(file.subtype).lower(),
                sample_rate=rate,
                channels=int(file.channels),
                duration=frames / rate if 0 < frames < 2**62 else None,
            )

    @property
    def empty(self) -> bool:
        """Whether the header gives no samples (also in streamed wav files, whose sizes were never filled in)."""
        return self._header_frames == 0

    def pieces(self, warnings: list[str]) -> Iterator[Samples]:
        """Pieces of shape (samples, channels); see `Source`."""
        import soundfile

        done, rate = 0, self.info.sample_rate
        with soundfile.SoundFile(str(self._path)) as file:
            while True:
                try:
                    piece: Samples = file.read(_READ_FRAMES, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    reason = str(error).strip().rstrip(".") or "damaged data"
                    warnings.append(
                        f"{self.info.path}: truncated or damaged: decoding stopped at {done / rate:.2f} s ({reason})"
                    )
                    return
                if len(piece) == 0:
                    break
                done += len(piece)
                yield piece
        if self._cut:
            warnings.append(f"{self.info.path}: truncated: {self._cut}; {done / rate:.2f} s decoded")
        elif self.info.duration is not None and done < self._header_frames:
            warnings.append(
                f"{self.info.path}: truncated: {self.info.duration:.2f} s according to the header, "
                f"{done / rate:.2f} s decoded"
            )


def _cut_chunk(parse_log: str) -> str | None:
    """From libsndfile's log of a wav or aiff header: whether the sample chunk is longer than the file."""
    match = re.search(r"^\s*(?:data|SSND)\s*:\s*(\d+) \(should be (\d+)\)", parse_log, re.MULTILINE)
    if match is None or int(match[1]) in _UNKNOWN_SIZES or int(match[1]) <= int(match[2]):
        return None
    return f"{int(match[2])} of {int(match[1])} bytes of samples are present"


def _last_page_missing(path: Path, container: str) -> str | None:
    """The missing part at the end of an Ogg stream, whose last page is marked as such."""
    if container != "OGG":
        return None
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - 66_000))  # longer than the longest page
        tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0 or start + 27 > len(tail):
        return "the last page is cut"
    segments = tail[start + 26]
    table = tail[start + 27 : start + 27 + segments]
    if len(table) < segments or start + 27 + segments + sum(table) > len(tail):
        return "the last page is cut"
    return None if tail[start + 5] & 4 else "the end mark is missing"
