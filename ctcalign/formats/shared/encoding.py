"""Bytes of a caption file to text: byte-order marks, UTF-8, UTF-16, and a guess of older code pages."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass, replace

from ctcalign.errors import CaptionError
from ctcalign.files.text_encoding import named_encoding, text_codec
from ctcalign.files.text_size import check_text, unpacked
from ctcalign.formats.shared.code_pages.guess import guess

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
_INNER_MARK = re.compile("^\ufeff+", re.M)  # of a file that was appended to another
_NOISE = re.compile(rb"[\x80-\xff]{100,}")  # no word is so long, except in:
_LONG_RUNS = ("gb18030", "big5", "cp949", "cp932", "euc_jp", "cp874", "utf-8")
_RESERVED = re.compile(rb"\x00{2,}|\x00+$")
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


def without_inner_marks(text: str) -> str:
    """The text without byte-order marks at the beginning of lines, where files were joined."""
    return _INNER_MARK.sub("", text) if "\ufeff" in text else text


def decode(data: bytes, name: str, times: int = 1, encoding: str | None = None) -> Decoded:
    """Text of a caption file.

    Args:
        data: the file's bytes; gzip is unpacked.
        name: of the file in messages.
        times: how many times the limit of `max_text_size` is allowed.
        encoding: a codec of Python; None: that of `text_encoding`, else by the byte-order mark, as UTF-8, or as the
            most likely code page.
    Raises:
        CaptionError: the file is empty, binary or too large.
        UsageError: Python has no such codec.
    """
    codec = named_encoding() if encoding is None else text_codec(encoding)
    unpacked_data = unpacked(data, name, times)
    decoded = _decoded(unpacked_data, name) if codec is None else _named(unpacked_data, codec, name)
    decoded = replace(decoded, text=without_inner_marks(decoded.text))
    if not decoded.text.strip():
        raise CaptionError(f"{name}: the file is empty; expected captions or an alignment")
    check_text(decoded.text, name, times)
    return decoded


def _named(data: bytes, codec: str, name: str) -> Decoded:
    """Text in the encoding that the user names; a byte-order mark of it is dropped."""
    try:
        text = data.decode(codec, errors="replace").rstrip("\x00\x1a")
    except ValueError as error:  # "punycode" fails for some bytes in spite of "replace"
        raise CaptionError(f"{name}: cannot be read as {codec}: {error}; name another encoding") from error
    bad = text.count("\ufffd") - data.count("\ufffd".encode())
    warnings = (f"{name}: {bad} characters are not valid {codec}; replaced by \ufffd",) if bad > 0 else ()
    return Decoded(unify_newlines(text), codec, warnings)


def _decoded(data: bytes, name: str) -> Decoded:
    if not data.strip():
        raise CaptionError(f"{name}: the file is empty; expected captions or an alignment")
    for mark, codec, label in _MARKS:
        if data.startswith(mark) and codec != "utf-8-sig":
            return _marked(data, codec, label, name)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise CaptionError(f"{name}: expected captions (text), got {what}; are audio and captions swapped?")
    if data[4:8] == b"ftyp":
        raise CaptionError(f"{name}: expected captions (text), got an MP4 or M4A file; are audio and captions swapped?")
    if b"\x00" in data:
        wide = _utf16_without_mark(data, name)
        if wide is not None:
            return wide
        # Space that a recorder or a file system reserved: at the end, or a block of it.
        data = _RESERVED.sub(b"", data.rstrip(b"\x00\r\n\t "))
        if b"\x00" in data:
            raise CaptionError(
                f"{name}: expected captions (text), got binary data (zero bytes); save the captions as UTF-8"
            )
    marked = data.startswith(codecs.BOM_UTF8)
    text, encoding, warnings = _utf8_or_guess(data.removeprefix(codecs.BOM_UTF8))
    if marked and encoding not in _LONG_RUNS and (noise := _NOISE.search(data)):
        raise CaptionError(
            f"{name}: begins as UTF-8 but {len(noise[0])} bytes in a row cannot be decoded; save it as UTF-8"
        )
    text = text.rstrip("\x1a")  # the end of a file of DOS
    odd = len(_ODD_CONTROLS.findall(text))
    if odd > max(2, len(text) // 100):
        raise CaptionError(f"{name}: expected captions (text), got binary data; give a text, SRT, VTT, ... file")
    return Decoded(unify_newlines(text), "utf-8 with BOM" if marked and encoding == "utf-8" else encoding, warnings)


def _marked(data: bytes, codec: str, label: str, name: str) -> Decoded:
    text = data.decode(codec, errors="replace")
    if not text.strip():
        raise CaptionError(f"{name}: the file is empty; expected captions or an alignment")
    bad = text.count("\ufffd")
    if bad > max(3, len(text) // 20):
        raise CaptionError(f"{name}: begins as {label} but {bad} characters cannot be decoded; save it as UTF-8")
    warnings = (f"{name}: {bad} characters are not valid {label}; replaced by \ufffd",) if bad else ()
    return Decoded(unify_newlines(text), label, warnings)


def _utf16_without_mark(data: bytes, name: str) -> Decoded | None:
    """UTF-16 text: line ends and blanks of one byte order, no controls, and letters in every script."""
    even = data[: len(data) // 2 * 2]
    for codec, line_end in (("utf-16-le", b"\n\x00"), ("utf-16-be", b"\x00\n")):
        pairs = {even[place : place + 2] for place in range(0, min(len(even), 1 << 16), 2)}
        if line_end not in pairs and line_end.replace(b"\n", b" ") not in pairs:
            continue
        text = even.decode(codec, errors="replace").rstrip("\x00")
        letters = sum(unicodedata.category(c)[0] not in "C" or c in "\n\r\t" for c in text[: 1 << 16])
        if _ODD_CONTROLS.search(text) is None and letters >= 0.98 * len(text[: 1 << 16]):
            return Decoded(unify_newlines(text), codec, (f"{name}: no byte-order mark; read as {codec}",))
    return None


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
    return _line_by_line(data, first)


def _line_by_line(data: bytes, first: int) -> tuple[str, str, tuple[str, ...]]:
    """Lines of UTF-8 stay, also with a few bad bytes; the others are read in the code page that fits them together."""
    lines = data.split(b"\n")
    kinds = [_kind(line) for line in lines]
    strange = [line for line, kind in zip(lines, kinds, strict=True) if kind == "other"]
    # A line of another code page may be valid UTF-8 by chance, most of them are not.
    unicode = [kind for kind in kinds if kind in ("utf-8", "damaged")]
    if strange and len(unicode) * 10 < len(strange):
        kinds, strange, unicode = ["other"] * len(lines), lines, []
    page = guess(b"\n".join(strange)) if strange else "utf-8"
    codec = {"ascii": "ascii", "utf-8": "utf-8", "damaged": "utf-8", "other": page}
    if unicode:
        texts = [line.decode(codec[kind], errors="replace") for line, kind in zip(lines, kinds, strict=True)]
        text = "\n".join(texts)
    else:  # at once: a code page may keep a state over lines
        text = data.decode(page, errors="replace")
    notes = []
    if "damaged" in kinds:
        bad = sum(text.count("\ufffd") for text, kind in zip(texts, kinds, strict=True) if kind == "damaged")
        line = kinds.index("damaged") + 1
        notes.append(f"{bad} characters are not valid UTF-8 (the first in line {line}); replaced by \ufffd")
    if strange:
        which = f"{len(strange)} of {len(lines)} lines are not UTF-8" if unicode else "not UTF-8"
        notes.append(f"{which} (line {first}); read as {page}; if letters look wrong, name the encoding (--encoding)")
    return text, "utf-8" if unicode else page, tuple(notes)


def _kind(line: bytes) -> str:
    if line.isascii():
        return "ascii"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("utf-8", errors="replace")
        bad, good = text.count("\ufffd"), sum(c > "\x7f" and c != "\ufffd" for c in text)
        return "damaged" if good > 2 * bad else "other"
    return "utf-8"
