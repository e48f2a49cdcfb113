"""Bytes of a caption file to text: byte-order marks, UTF-8, UTF-16, and a guess of older code pages."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ctcalign.errors import CaptionError
from ctcalign.files.text_size import check_text, unpacked

# Longest first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8 with BOM"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32 LE with BOM"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32 BE with BOM"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16 LE with BOM"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16 BE with BOM"),
)
_MAGIC = (
    (b"RIFF", "a WAV or AVI file"),
    (b"fLaC", "FLAC audio"),
    (b"OggS", "Ogg audio"),
    (b"ID3", "MP3 audio"),
    (b"\xff\xfb", "MP3 audio"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"ooBinaryFile", "a binary TextGrid"),
)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_WESTERN_LETTERS = frozenset("àâäáãåçéèêëíìîïñóòôöõøœúùûüßæÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÆ")
_WESTERN_SIGNS = frozenset("«»‘’“”„–—…¡¿€£°§\xa0ªº")
_ODD_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class Decoded:
    """Text with "\\n" as line end, the name of its encoding, and warnings about a guess."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def unify_newlines(text: str) -> str:
    """CRLF, CR and the CR CR LF of files converted twice become "\\n"; other Unicode line separators stay."""
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes, name: str, times: int = 1) -> Decoded:
    """Text of a caption file.

    Args:
        data: the file's bytes; gzip is unpacked.
        name: of the file in messages.
        times: how many times the limit of `max_text_size` is allowed.
    Raises:
        CaptionError: the file is empty, binary or too large.
    """
    decoded = _decoded(unpacked(data, name, times), name)
    check_text(decoded.text, name, times)
    return decoded


def _decoded(data: bytes, name: str) -> Decoded:
    if not data.strip():
        raise CaptionError(f"{name}: the caption file is empty; expected at least one caption")
    for mark, codec, label in _MARKS:
        if data.startswith(mark):
            return _marked(data, codec, label, name)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise CaptionError(f"{name}: expected captions (text), got {what}; are audio and captions swapped?")
    if data[4:8] == b"ftyp":
        raise CaptionError(f"{name}: expected captions (text), got an MP4 or M4A file; are audio and captions swapped?")
    if b"\x00" in data:
        return _utf16_without_mark(data, name)
    text, encoding, warnings = _utf8_or_guess(data)
    odd = len(_ODD_CONTROLS.findall(text))
    if odd > max(2, len(text) // 100):
        raise CaptionError(f"{name}: expected captions (text), got binary data; give a text, SRT, VTT, ... file")
    return Decoded(unify_newlines(text), encoding, warnings)


def _marked(data: bytes, codec: str, label: str, name: str) -> Decoded:
    text = data.decode(codec, errors="replace")
    if not text.strip():
        raise CaptionError(f"{name}: the caption file is empty; expected at least one caption")
    bad = text.count("\ufffd")
    if bad > max(3, len(text) // 20):
        raise CaptionError(f"{name}: begins as {label} but {bad} characters cannot be decoded; save it as UTF-8")
    warnings = (f"{name}: {bad} characters are not valid {label}; replaced by \ufffd",) if bad else ()
    return Decoded(unify_newlines(text), label, warnings)


def _utf16_without_mark(data: bytes, name: str) -> Decoded:
    even, odd, half = data[0::2].count(0), data[1::2].count(0), len(data) / 2
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        # In UTF-16 text one byte of two is often zero (line ends, Latin letters), in binary data either byte.
        if zeros > 0.2 * half and others < 0.02 * half:
            text = data.decode(codec, errors="replace")
            if _ODD_CONTROLS.search(text) is None:
                return Decoded(unify_newlines(text), codec, (f"{name}: no byte-order mark; read as {codec}",))
    raise CaptionError(f"{name}: expected captions (text), got binary data (zero bytes); save the captions as UTF-8")


def _utf8_or_guess(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    try:
        return data.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError as error:
        first = data.count(b"\n", 0, error.start) + 1
    declared = _XML_ENCODING.match(data)
    if declared:
        try:
            encoding = codecs.lookup(declared.group(1).decode("ascii")).name
            if encoding != "utf-8":
                return data.decode(encoding), encoding, ()
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong declaration: guess as for any other file
    text = data.decode("utf-8", errors="replace")
    bad, good = text.count("\ufffd"), sum(c > "\x7f" and c != "\ufffd" for c in text)
    if good >= 10 * bad:  # a few errors in a UTF-8 file, not another code page
        return text, "utf-8", (f"{bad} characters are not valid UTF-8 (the first in line {first}); replaced by \ufffd",)
    encoding = _guess(data)
    note = f"not UTF-8 (line {first}); read as {encoding}; if letters look wrong, save the file as UTF-8"
    return data.decode(encoding, errors="replace"), encoding, (note,)


def _guess(data: bytes) -> str:
    """A code page for `data`: cp1252 if the text then looks Western European, else charset-normalizer's guess."""
    western = data.decode("cp1252", errors="replace")
    if "\ufffd" not in western and _reads_as_western(western):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return best.encoding if best is not None else "cp1252"


def _reads_as_western(text: str) -> bool:
    """Whether accented letters occur among unaccented ones, as in every Western European language.

    Detectors that count letter pairs have too little data with a dozen accents in a page and choose similar code pages
    (cp1250, cp1257). Text of another alphabet read as cp1252 has runs of accented letters and signs.
    """
    accents = [c for c in text if c > "\x7f"]
    words = re.findall(r"[^\W\d_]+", text)
    # "déçue" has two in a row; three indicate another alphabet, as do accented capitals inside a word.
    odd = sum(
        len(run)
        for word in words
        for run in re.findall(r"[^\x00-\x7f]+", word)
        if len(run) > 2 or (run[-1].isupper() and not word.isupper() and not word.startswith(run))
    )
    common = sum(c in _WESTERN_LETTERS or c in _WESTERN_SIGNS for c in accents)
    return common - odd >= 0.9 * len(accents)
