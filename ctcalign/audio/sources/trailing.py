"""What stands behind the last sample that a decoder reads: tags, chunks and filling, or sound that it leaves out."""

from __future__ import annotations

from typing import Literal

from ctcalign.audio.file_parts import FilePart

_TAGS = (b"TAG", b"APETAGEX", b"ID3", b"LYRICS", b"3DI")
_EXAMINED = 1 << 20
_MOST_CHUNKS = 1000


def stated_end(part: FilePart) -> int:
    """The byte behind the sound according to the header of a WAV, AIFF or AU file; 0 for others."""
    with part.open() as file:
        head = file.read(12)
        if head[:4] == b".snd":
            return int.from_bytes(head[4:8], "big") + int.from_bytes(head[8:12], "big")
        if head[:4] not in (b"RIFF", b"RIFX", b"FORM"):
            return 0
        order: Literal["little", "big"] = "little" if head[:4] == b"RIFF" else "big"
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            chunk = file.read(8)
            if len(chunk) < 8:
                return 0
            size = int.from_bytes(chunk[4:], order)
            if chunk[:4] in (b"data", b"SSND"):
                return at + 8 + size
            at += 8 + size + size % 2
    return 0


def unread_sound(part: FilePart, end: int, least: float) -> int:
    """Bytes after byte `end` of a part that are neither tags, chunks nor zeros: sound that the header does not count.

    Args:
        least: fewer bytes are ignored.
    """
    left = part.size - end
    if left <= 0 or left < least:
        return 0
    with part.open() as file:
        file.seek(end)
        rest = file.read(_EXAMINED)
        if rest.startswith(_TAGS) or any(_is_chunk(rest[pad:], left - pad) for pad in (0, 1, 2, 3)):
            return 0
        if left == 128 or not rest.strip(b"\0"):
            while block := file.read(_EXAMINED):
                if block.strip(b"\0"):
                    return left
            return 0
    return left


def _is_chunk(rest: bytes, left: int) -> bool:
    """Whether a chunk begins here: a name of four letters and a size that fits (W64: a name of 16 bytes)."""
    name = rest[:4]
    if len(rest) < 8 or not all(32 <= byte < 127 or byte == 0xA9 for byte in name) or not name.strip():
        return False
    sizes = [int.from_bytes(rest[4:8], order) for order in ("little", "big")]
    sizes.append(int.from_bytes(rest[4:12], "big"))
    sizes.append(int.from_bytes(rest[16:24], "little"))
    return any(0 <= size <= left for size in sizes)
