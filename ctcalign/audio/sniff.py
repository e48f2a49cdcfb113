"""Recognise files that are certainly no recording, so that the error can say what they are."""

from __future__ import annotations

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x7fELF", "a program"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\x00", "a database"),
)
# Text begins with none of these: they are the text-like signatures of real recordings.
_AUDIO_MAGIC = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"fLaC",
    b"OggS",
    b"ID3",
    b"caff",
    b".snd",
    b"#!AMR",
    b"NIST_1A",
    b"MThd",
)


def not_audio(head: bytes) -> str | None:
    """Name what a file is when its first bytes show that it is no recording, else None.

    Args:
        head: the first bytes of the file; 4096 are enough.
    """
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            return what
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP image"
    if head.startswith(_AUDIO_MAGIC):
        return None
    if _is_text(head):
        return "a text file"
    return None


def _is_text(head: bytes) -> bool:
    if head.startswith(
        (b"\xff\xfe", b"\xfe\xff")
    ):  # UTF-16 with a byte-order mark; an MPEG frame never has 0xFE second
        try:
            text = head[: len(head) // 2 * 2].decode("utf-16")
        except UnicodeDecodeError:
            return False
        # MPEG layer I frames also begin with FF FE: real text has a space or a line end and hardly any control code.
        return any(mark in text for mark in " \n") and sum(c < " " and c not in "\t\r\n\f" for c in text) == 0
    if any(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut at the end of the head. Other 8-bit encodings: text when most bytes are ASCII.
        return error.start >= len(head) - 3 or sum(byte < 128 for byte in head) > 0.7 * len(head)
    return len(head) > 0
