"""Open recordings: local copies of pipes, the choice of a decoder, and errors for files that are not recordings."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ctcalign.audio.file_parts import FilePart, parts_of
from ctcalign.audio.info import Source
from ctcalign.audio.mpeg import tag_size
from ctcalign.audio.sources.joined_source import JoinedSource
from ctcalign.audio.tracks import only_track
from ctcalign.errors import AudioError, UsageError
from ctcalign.files import temporary_folder

if TYPE_CHECKING:
    from ctcalign.audio.sources.soundfile_source import SoundFileSource

_EXPECTED = "expected audio or video such as wav, flac, mp3, ogg, m4a, mp4, webm, mkv"
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
# Signatures of recordings that look like text.
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


@dataclass(frozen=True)
class LocalCopy:
    """A temporary file of a recording, and the name for messages."""

    path: Path
    name: str


@contextlib.contextmanager
def local_file(path: str | Path | LocalCopy) -> Iterator[tuple[Path, str]]:
    """A seekable file of the recording, and its name for messages. Pipes and "-" are copied to a temporary file.

    Raises:
        AudioError: missing, a folder, unreadable, empty, or recognised as another kind of file.
    """
    if isinstance(path, LocalCopy):
        yield path.path, path.name
        return
    name = str(path)
    if name == "-":
        yield _standard_input(), "standard input"
        return
    if "\0" in name:
        raise AudioError(f"{name!r}: a file name cannot contain NUL; give the path of a recording")
    if "://" in name:
        raise AudioError(f"{name}: expected a file, not an address; download it first")
    local = Path(path)
    try:
        mode = os.stat(local).st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{name}: is a folder; {_EXPECTED}")
        if not stat.S_ISREG(mode):
            with local.open("rb") as pipe, spooled(pipe, name) as copy:
                yield copy, name
            return
        _check(local, name)
    except FileNotFoundError:
        raise AudioError(f"{name}: no such file; give the path of a recording") from None
    except OSError as error:
        raise AudioError(f"{name}: cannot be read: {error.strerror or error}") from None
    yield local, name


@lru_cache(maxsize=1)
def _standard_input() -> Path:
    """A copy of standard input, which can be read only once, for the lifetime of the process."""
    copies = contextlib.ExitStack()
    copy = copies.enter_context(spooled(sys.stdin.buffer, "standard input"))
    atexit.register(copies.close)
    return copy


@contextlib.contextmanager
def spooled(stream: BinaryIO, name: str) -> Iterator[Path]:
    """Copy a pipe or file object to a temporary file, which is deleted afterwards."""
    with temporary_folder() as folder:
        copy = folder / "audio"
        try:
            with copy.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
        except OSError as error:
            raise AudioError(
                f"{name}: cannot be copied to {tempfile.gettempdir()}: {error.strerror or error}; "
                "free some space or set TMPDIR to another folder"
            ) from None
        _check(copy, name)
        yield copy


def _check(path: Path, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise AudioError(f"{name}: is empty (0 bytes); {_EXPECTED}")
    what = not_audio(head)
    if what is not None:
        raise AudioError(f"{name}: is {what}, not a recording; {_EXPECTED}")


def find_source(path: Path, name: str, track: str | int | None = None) -> Source:
    """The decoder of a local file: libsndfile if it reads all of it, else PyAV; several for a joined file.

    Raises:
        AudioError: no decoder can read it.   UsageError: no such track.
    """
    parts = parts_of(path)
    if len(parts) == 1:
        return _decoder(parts[0], name, track)
    return JoinedSource(parts, name, lambda part: _decoder(part, name, track))


def _decoder(part: FilePart, name: str, track: str | int | None) -> Source:
    source = None if _is_mpeg(part) else _by_soundfile(part, name)
    if source is not None and source.complete:
        only_track(track, name)
        return source
    try:
        import av

        from ctcalign.audio.sources.av_source import AvSource
    except ImportError as error:
        if (source := source or _by_soundfile(part, name)) is not None:
            return source
        raise AudioError(f"{name}: libsndfile cannot read it and PyAV is missing ({error}); pip install av") from None
    failure: AudioError
    try:
        return AvSource(part, name, track, wrong_length=None if source is None else source.wrong_length)
    except UsageError:
        raise
    except AudioError as error:
        failure = error
    except (av.error.FFmpegError, EOFError, OSError, ValueError) as error:
        failure = AudioError(
            f"{name}: cannot be decoded ({_reason(error)}): corrupt, cut at its start, or not a recording; {_EXPECTED}"
        )
    # A valid header without samples: the reader reports that.
    if (source := source or _by_soundfile(part, name)) is not None:
        return source
    raise failure


def _is_mpeg(part: FilePart) -> bool:
    """FFmpeg reads MP3 better than libsndfile: to its end without a table, and on behind damaged bytes."""
    with part.open() as file:
        head = file.read(1 << 16)
    if head.startswith(b"ID3"):
        head = head[10 + tag_size(head) :] or b"\xff\xfa"  # behind a long tag: mostly MP3
        head = head.lstrip(b"\0")
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0


def _by_soundfile(part: FilePart, name: str) -> SoundFileSource | None:
    import soundfile

    from ctcalign.audio.sources.soundfile_source import SoundFileSource

    with contextlib.suppress(soundfile.LibsndfileError, TypeError):  # TypeError: *.raw has no header
        return SoundFileSource(part, name)
    return None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).splitlines()[0]


def not_audio(head: bytes) -> str | None:
    """The kind of a file, if its first bytes show that it is not a recording; else None.

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
        # MPEG layer I frames also begin with FF FE: text has a space or a line end, and no control codes.
        return any(mark in text for mark in " \n") and sum(c < " " and c not in "\t\r\n\f" for c in text) == 0
    if any(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut. In other 8-bit encodings, most bytes of a text are ASCII.
        return error.start >= len(head) - 3 or sum(byte < 128 for byte in head) > 0.7 * len(head)
    return len(head) > 0
