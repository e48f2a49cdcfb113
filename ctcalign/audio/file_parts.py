"""Byte ranges of a file that holds several recordings one after another, and file objects that read one of them.

`cat a.ogg b.ogg`, `cat a.mp3 b.mp3`, recorders that start anew and streams that change their rate make such files.
Decoders stop at the end of the first recording, or mix up its rate with that of the next.
"""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ctcalign.audio.mpeg import TABLES, table_frame, tag_size, without_tags

# Bytes: filling between the tag and the first frame of an MP3 file, and the longest tag looked for before a later one.
_NEAR, _LONGEST_TAG = 4096, 1 << 24
_MOST_PARTS = 10_000
# A beginning of an Ogg stream: version 0, flag 2, position 0.
_OGG_FIRST = b"OggS\x00\x02" + bytes(8)
_FLAC_FIRST = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")  # with the header block that must follow
# Types of RIFF and FORM files with the chunk that follows; the size and "RIFF" or "FORM" stand before.
_CHUNK_TYPES = (b"WAVEfmt ", b"WAVEds64", b"WAVEJUNK", b"WAVEbext", b"AIFFCOMM", b"AIFCFVER", b"AVI LIST")
# First bytes of a file, by which its format is known, and what other files of it begin with.
_FIRST_BYTES = (
    (b"#!AMR\n", (b"#!AMR\n",)),
    (b"#!AMR-WB\n", (b"#!AMR-WB\n",)),
    (b"TTA1", (b"TTA1\x01\x00",)),
    (b"caff", (b"caff\x00\x01\x00\x00desc",)),
    (b".snd", (b".snd\x00\x00\x00",)),
    (b"FLV\x01", (b"FLV\x01\x01\x00\x00\x00\x09", b"FLV\x01\x04\x00\x00\x00\x09", b"FLV\x01\x05\x00\x00\x00\x09")),
    (b"riff\x2e\x91", (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00",)),
    (b"0&\xb2u", (b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\x00\xaa\x00b\xcel",)),
    (b"NIST_1A\n", (b"NIST_1A\n   1024\n",)),
    (b"Creative Voice", (b"Creative Voice File\x1a",)),
)
_EBML = b"\x1aE\xdf\xa3"
_SEGMENT = b"\x18S\x80g"
_MP4_TOP = {b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"styp", b"udta", b"uuid", b"meta"}
_MP4_TOP |= {b"emsg", b"prft", b"pnot", b"PICT", b"pdin", b"ssix", b"ftyp"}


@dataclass(frozen=True)
class FilePart:
    """Bytes [start, stop) of a file; `whole`: that is all of it."""

    path: Path
    start: int
    stop: int
    whole: bool = True

    def open(self) -> io.BufferedReader:
        """A seekable file object of these bytes."""
        if self.whole:
            return self.path.open("rb")
        return io.BufferedReader(RangeReader(self.path, self.start, self.stop))

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.stop - self.start


class RangeReader(io.RawIOBase):
    """Bytes [start, stop) of a file as a file."""

    def __init__(self, path: Path, start: int, stop: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._start, self._size = start, stop - start
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(self._size - self._at, 0)]
        self._file.seek(self._start + self._at)
        count = self._file.readinto(view) or 0
        self._at += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()
        super().close()


def parts_of(path: Path) -> list[FilePart]:
    """The recordings in a file, in order: mostly one. Tags behind the last frame of an MP3 file belong to none."""
    size = path.stat().st_size
    whole = [FilePart(path, 0, size)]
    if size < 16:
        return whole
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head, found_mpeg = data[:16], False
        found: Iterator[int]
        if head[:4] == b"OggS":
            found = _ogg(data)
        elif head.startswith((b"fLaC", b"ID3")) and any(data.find(mark, 0, 1 << 20) >= 0 for mark in _FLAC_FIRST):
            found = _flac(data)
        elif head[:4] in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
            found = iter(sorted(_chunks(data)))
        elif head[4:8] == b"ftyp":
            found = _mp4(data)
        elif head[:4] == _EBML:
            found = _matroska(data)
        elif head[:4] == b"wvpk":
            found = _wavpack(data)
        elif head.startswith(b"ID3") or (head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
            found, found_mpeg = _mpeg(data), True
        else:
            marks = [mark for first, marks in _FIRST_BYTES if head.startswith(first) for mark in marks]
            found = iter(sorted(at for mark in marks for at in _signatures(data, mark)))
        starts = [0]
        for start in found:
            if start > starts[-1]:
                starts.append(start)
            if len(starts) >= _MOST_PARTS:
                break
        end = without_tags(data, size) if found_mpeg else size
    if len(starts) == 1 and end == size:
        return whole
    return [FilePart(path, start, stop, whole=False) for start, stop in pairwise([*starts, end])]


def _signatures(data: mmap.mmap, mark: bytes) -> Iterator[int]:
    at = data.find(mark, 1)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def _ogg(data: mmap.mmap) -> Iterator[int]:
    """First pages that do not follow another first page: those stand together where streams are interleaved."""
    end = 0
    for at in (0, *_signatures(data, _OGG_FIRST)):
        if at != end:
            yield at
        table = data[at + 27 : at + 27 + data[at + 26]] if at + 26 < len(data) else b""
        end = at + 27 + len(table) + sum(table)


def _flac(data: mmap.mmap) -> Iterator[int]:
    for mark in _FLAC_FIRST:
        first = data.find(mark)
        if first >= 0:
            break
    found = {at for mark in _FLAC_FIRST for at in _signatures(data, mark)} - {first}
    for at in sorted(found):
        # The stream info that follows: block sizes of at least 16 samples and a rate that is not 0.
        least = int.from_bytes(data[at + 8 : at + 10], "big")
        rate = int.from_bytes(data[at + 18 : at + 21], "big") >> 4
        if least >= 16 and 0 < rate <= 655_350:
            yield at


def _chunks(data: mmap.mmap) -> Iterator[int]:
    """Headers of wav and aiff files, whatever the sizes before them say."""
    for mark in _CHUNK_TYPES:
        for at in _signatures(data, mark):
            if at >= 12 and data[at - 8 : at - 4] == data[:4]:
                yield at - 8


def _mp4(data: mmap.mmap) -> Iterator[int]:
    """A second `ftyp` box with a `moov` box of its own, at the top level."""
    at, start, movie = 0, 0, False
    pending = -1
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind not in _MP4_TOP:
            return
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if kind == b"ftyp" and at > start and movie:
            pending = at
        elif kind == b"moov":
            if pending >= 0:
                yield pending
                start, pending = pending, -1
            movie = True
        if length < 8:
            return
        at += length


def _wavpack(data: mmap.mmap) -> Iterator[int]:
    """Blocks that begin a stream anew: block index 0, and the first of the blocks for one stretch of time."""
    for at in _signatures(data, b"wvpk"):
        head = data[at : at + 32]
        # Versions, no block index, the first block of its stretch.
        if len(head) == 32 and head[9] == 4 and not any(head[16:20]) and head[25] & 0x08 and any(head[20:24]):
            yield at


def _matroska(data: mmap.mmap) -> Iterator[int]:
    """A second EBML header that names the format and is followed by a segment."""
    for at in _signatures(data, _EBML):
        head = data[at : at + 96]
        if (b"matroska" in head or b"webm" in head) and _SEGMENT in head:
            yield at


def _mpeg(data: mmap.mmap) -> Iterator[int]:
    """MP3: later frames that contain no sound but the table of a file of its own, with the tag before them."""
    found = sorted(at for mark in TABLES for at in _signatures(data, mark))
    frames = [start for at in found if (start := table_frame(data, at)) is not None]
    first = 10 + tag_size(data[:10]) if data[:3] == b"ID3" else 0
    for frame in frames:
        if frame <= first + _NEAR:
            continue
        tag = data.rfind(b"ID3", max(0, frame - _LONGEST_TAG), frame)
        if tag > 0 and tag + 10 + tag_size(data[tag : tag + 10]) == frame:
            yield tag
        else:
            yield frame
