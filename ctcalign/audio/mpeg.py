"""MPEG audio frames: the table of a variable bit rate ("Xing", "Info"), which gives the number of frames."""

from __future__ import annotations

from typing import Any, BinaryIO

# Bytes from the start of a frame to its table: header of 4 and side information of 9, 17 or 32.
_DISTANCES = (13, 21, 36)
# Names of the table, with the first bytes of its flags.
TABLES = (b"Xing\x00\x00\x00", b"Info\x00\x00\x00")
_SEARCHED = 1 << 16


def table_frame(data: Any, at: int) -> int | None:
    """Start of the layer III frame whose table begins at byte `at`; None: these bytes are something else."""
    for distance in _DISTANCES:
        start = at - distance
        if start < 0:
            continue
        head = data[start : start + 4]
        if head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[2] >> 4 in (0, 15) or head[2] >> 2 & 3 == 3:
            continue
        if _distance(head) == distance and not any(data[start + 6 : at]):
            return start
    return None


def stated_seconds(file: BinaryIO) -> float | None:
    """Seconds of an MP3 file according to the table in its first frame; None without one."""
    at = 0
    while (head := file.read(10)).startswith(b"ID3"):
        at += 10 + tag_size(head)
        file.seek(at)
    data = head + file.read(_SEARCHED)
    for mark in TABLES:
        table = data.find(mark)
        if table < 0 or (start := table_frame(data, table)) is None or not data[table + 7] & 1:
            continue
        frame = data[start : start + 4]
        frames = int.from_bytes(data[table + 8 : table + 12], "big")
        rate = (44_100, 48_000, 32_000)[frame[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[_version(frame)]
        return frames * (1152 if _version(frame) == 3 else 576) / rate
    return None


def tag_size(head: bytes) -> int:
    """Bytes of an ID3v2 tag behind its header of 10 bytes; with the footer, if it has one."""
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return size + (10 if len(head) > 5 and head[5] & 0x10 else 0)


def without_tags(data: Any, size: int) -> int:
    """End of the frames of an MP3 file of `size` bytes: before ID3v1, Lyrics3 and APE tags."""
    end = size
    while True:
        if end >= 128 and data[end - 128 : end - 125] == b"TAG":
            end -= 128
        elif end >= 32 and data[end - 32 : end - 24] == b"APETAGEX":
            length = int.from_bytes(data[end - 20 : end - 16], "little")
            length += 32 * bool(data[end - 9] & 0x80)  # its header is not counted
            if not 32 <= length <= end:
                return end
            end -= length
        elif end >= 15 and data[end - 9 : end] == b"LYRICS200" and data[end - 15 : end - 9].isdigit():
            length = int(data[end - 15 : end - 9]) + 15
            if length > end:
                return end
            end -= length
        else:
            return end


def _version(head: bytes) -> int:
    """3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5."""
    return head[1] >> 3 & 3


def _distance(head: bytes) -> int:
    mono = head[3] >> 6 == 3
    first = _version(head) == 3
    return 4 + ((17 if mono else 32) if first else (9 if mono else 17))
