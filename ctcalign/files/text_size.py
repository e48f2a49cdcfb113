"""Limits of what is read as text: bytes after unpacking, lines, captions, depth of nesting.

A small gzip file may unpack to gigabytes, and a list of brackets takes thirty times its size in memory. One number sets
all limits: the bytes of a text. The others follow from it and are far above those of a recording of a day: the largest
output of ours, a TextGrid with tokens, has 172 MB and 7 million lines for 24 hours of speech.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from ctcalign.errors import CaptionError, UsageError

DEFAULT = 256_000_000
MANIFESTS = 4  # manifests of a corpus and data sets of text may be so many times larger than captions
DEPTH = 200  # of JSON and XML; captions have less than ten levels
NESTED = f"nested too deeply (more than {DEPTH} levels), expected captions; is it another kind of file?"

_BYTES_PER_LINE = 256
_BYTES_PER_CUE = 1024
_BYTES_PER_WORD = 256
_BYTES_PER_BRACKET = 64
_SHORT_LINES = 10  # a TextGrid may have so many times more lines: it has four for each interval
_MOST_OF_A_CUE = 256  # a cue has at most this fraction of the limit
_REMEDY = "if the file is correct, allow more with --max-text-size (in Python: ctcalign.files.max_text_size)"

_MOST = 10**18

_limit: ContextVar[int] = ContextVar("max_text_size", default=DEFAULT)


def text_limit() -> int:
    """Bytes of the largest caption file that is read here."""
    return _limit.get()


@contextmanager
def max_text_size(size: int) -> Iterator[None]:
    """Allow texts of other sizes inside the block.

    Args:
        size: bytes of a text after unpacking, 256 MB outside of such a block. It also allows a line for 256 bytes,
            a caption for 1,024 bytes, a timed word for 256 bytes, and a 256th of it in one caption; manifests may have
            four times as much.
    Raises:
        UsageError: not a whole number above zero.
    """
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _MOST:
        raise UsageError(f"max_text_size: got {size!r}, expected a number of bytes above 0")
    before = _limit.set(size)
    try:
        yield
    finally:
        _limit.reset(before)


def read_bytes(source: str | Path | IO[Any], name: str, times: int = 1) -> bytes:
    """The bytes of a file or binary stream, unpacked if they are gzip.

    Args:
        times: how many times the limit is allowed.
    Raises:
        CaptionError: too large, or damaged gzip.   OSError: the file cannot be read.
    """
    most = _limit.get() * times
    if isinstance(source, (str, Path)):
        with open(source, "rb") as stream:
            return unpacked(stream.read(most + 1), name, times)
    data = read_stream(source, times)
    return unpacked(data if isinstance(data, bytes) else data.encode(), name, times)


def read_stream(stream: IO[Any], times: int = 1) -> Any:
    """The content of a stream of text or bytes, no more than one character beyond the limit."""
    left = _limit.get() * times + 1
    parts = [stream.read(left)]
    while parts[-1] and (left := left - len(parts[-1])) > 0:
        parts.append(stream.read(left))
    return parts[0][:0].join(parts)


def lines_of(stream: IO[str], name: str) -> Iterator[str]:
    """The lines of a text stream; for files of any length, which are not held in memory.

    Raises:
        CaptionError: a line is longer than a whole text may be.
    """
    most = _limit.get()
    while line := stream.readline(most + 1):
        if len(line) > most:
            raise CaptionError(f"{name}: a line has more than {most:,} characters; {_REMEDY}")
        yield line


def unpacked(data: bytes, name: str, times: int = 1) -> bytes:
    """Bytes with gzip unpacked, not more than is allowed.

    Raises:
        CaptionError: too large, or damaged gzip.
    """
    most = _limit.get() * times
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise CaptionError(f"{name}: the gzip file is damaged ({error}); unpack or download it again") from error
        if len(data) > most:
            raise CaptionError(f"{name}: unpacks to more than {_size(most)} of text; {_REMEDY}")
    elif len(data) > most:
        raise CaptionError(f"{name}: has more than {_size(most)}, expected captions; {_REMEDY}")
    return data


def check_text(text: str, name: str, times: int = 1) -> None:
    """Check the size and the number of lines of a text.

    Raises:
        CaptionError: there are too many.
    """
    most = _limit.get() * times
    if len(text) > most:
        raise CaptionError(f"{name}: has more than {most:,} characters, expected captions; {_REMEDY}")
    lines = max(1000, most // _BYTES_PER_LINE) * (_SHORT_LINES if "ooTextFile" in text[:200] else 1)
    if text.count("\n") > lines:
        raise CaptionError(f"{name}: has more than {lines:,} lines, expected captions; {_REMEDY}")


def check_cues(count: int, words: int, longest: int, name: str) -> None:
    """Check the number of captions and of their timed words, and the characters of the longest caption.

    Raises:
        CaptionError: there are too many.
    """
    most = max(1000, _limit.get() // _BYTES_PER_CUE)
    if count > most:
        raise CaptionError(f"{name}: has {count:,} captions, expected at most {most:,}; {_REMEDY}")
    most = max(1000, _limit.get() // _BYTES_PER_WORD)
    if words > most:
        raise CaptionError(f"{name}: has {words:,} timed words, expected at most {most:,}; {_REMEDY}")
    characters = max(1000, _limit.get() // _MOST_OF_A_CUE)
    if longest > characters:
        raise CaptionError(
            f"{name}: a caption has {longest:,} characters, expected at most {characters:,}; split it into lines, or "
            f"{_REMEDY}"
        )


def check_brackets(text: str, name: str, times: int = 1) -> None:
    """Check the number of objects and lists of a JSON text before it is parsed: each takes a hundred bytes.

    Raises:
        CaptionError: there are too many.
    """
    most = max(1000, _limit.get() * times // _BYTES_PER_BRACKET)
    if text.count("{") + text.count("[") > most:
        raise CaptionError(f"{name}: has more than {most:,} JSON objects and lists, expected captions; {_REMEDY}")


def check_depth(value: Any, name: str) -> None:
    """Check that a value of JSON is not nested deeper than `DEPTH`.

    Raises:
        CaptionError: it is.
    """
    level = [value]
    for _ in range(DEPTH):
        inside = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [child for children in inside for child in children if isinstance(child, (dict, list))]
        if not level:
            return
    raise CaptionError(f"{name}: {NESTED}")


def _size(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 10**6 else f"{size:,} bytes"
