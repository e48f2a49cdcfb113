"""`read_captions`: captions of any format, from opening the source to checked cues."""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ctcalign.alignment.caption_file import Block, CaptionFile
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CaptionError
from ctcalign.files.text_size import check_cues, check_text, read_bytes, read_stream
from ctcalign.formats.detect import json_format, recognise
from ctcalign.formats.registry import input_format
from ctcalign.formats.shared.drafts import Draft, Notes, Source, finish, pick_recording
from ctcalign.formats.shared.encoding import decode, unify_newlines, without_inner_marks
from ctcalign.formats.shared.reading.rolling import without_carried_lines


@dataclass
class Captions:
    """The cues of one recording, in file order, and the warnings about the file."""

    cues: list[Cue]
    format: str
    encoding: str
    warnings: list[str] = field(default_factory=list)
    recording: str | None = None  # its id in the file, for formats with several recordings
    source: CaptionFile | None = None  # what the file contains besides its cues


# Formats of annotation programs, in which repeated labels are intended. They are never rolling captions.
_ANNOTATIONS = frozenset({"audacity", "eaf", "textgrid"})


def read_captions(
    source: str | os.PathLike[str] | IO[Any],
    format: str | None = None,
    *,
    recording: str | None = None,
    likely: str | None = None,
    encoding: str | None = None,
) -> Captions:
    """Read every cue of a caption file.

    Each cue of the file is returned once, in file order, its text as in the file with line breaks as "\\n". Tags that
    only give word times (VTT <00:00:01.000>, ASS \\k, LRC <00:01.00>) become `Cue.words`, not text. A cue has both
    times with 0 <= start <= end, or neither; errors of the file are listed in `warnings`.

    Args:
        source: a path, "-" for standard input, an open text or binary stream, or a Kaldi data directory. Wrap text
            itself in io.StringIO.
        format: one of `INPUT_FORMATS`; None recognises it by the file's extension and content.
        recording: id of the recording to read from a file that contains several (STM, CTM, lhotse, Kaldi).
        likely: the recording to choose among several if `recording` is None, such as the name of the audio.
        encoding: a codec of Python, such as "cp1251"; None recognises it. A text stream has its own.
    Raises:
        CaptionError: the file is missing, empty, binary, of an unknown format, cannot be parsed or contains no cue; or
            it is larger than `files.max_text_size` allows, or contains several recordings and `recording` names none.
        UsageError: `format` is not one of `INPUT_FORMATS`, or `encoding` is none of Python's.

    >>> import ctcalign
    >>> captions = ctcalign.read_captions("egs/demo/talk.srt")
    >>> captions.format, captions.cues[0].text, captions.warnings
    ('srt', '[MUSIC]', [])
    """
    named = input_format(format) if format is not None else None
    opened, encoding, warnings = _open(source, encoding)
    notes = Notes(opened.name)
    chosen = named or recognise(opened, notes)
    reader = chosen
    if chosen.evidence == "json":
        found = json_format(opened)  # raises an error for JSON of no known format
        reader = found if chosen.name == "json" else chosen  # "json" names JSON of any format
    drafts = reader.read(opened, notes) if reader.read else []
    if not drafts:
        raise CaptionError(
            f"{opened.name}: no captions found in it as {chosen.name}; check the file or name its format"
        )
    words = sum(len(draft.words) for draft in drafts)
    check_cues(len(drafts), words, max(len(draft.text) for draft in drafts), opened.name)
    drafts, chosen_recording = pick_recording(drafts, recording, opened.name, likely)
    if reader.name not in _ANNOTATIONS:
        drafts = without_carried_lines(drafts, notes)
    cues = finish(drafts, notes)
    beside = _beside(opened, reader.name, drafts, chosen_recording)
    return Captions(cues, chosen.name, encoding, [*warnings, *notes.texts()], chosen_recording, beside)


def _beside(opened: Source, format: str, drafts: list[Draft], recording: str | None) -> CaptionFile:
    if opened.beside.file is not None:
        return opened.beside.file
    lines = sorted(draft.line for draft in drafts if draft.line is not None)
    blocks = [Block(bisect_right(lines, line), kind, text) for line, kind, text in opened.beside.blocks]
    return CaptionFile(format, opened.beside.header, blocks, recording)


def _open(source: str | os.PathLike[str] | IO[Any], encoding: str | None) -> tuple[Source, str, list[str]]:
    if isinstance(source, (str, os.PathLike)):
        if source != "-":
            return _open_path(source, encoding)
        stream: IO[Any] = getattr(sys.stdin, "buffer", sys.stdin)
        return _open_stream(stream, "standard input", encoding)
    if hasattr(source, "read"):
        return _open_stream(source, _stream_name(source), encoding)
    raise CaptionError(f"captions: expected a path, '-' or an open stream, got {type(source).__name__}")


def _open_path(given: str | os.PathLike[str], encoding: str | None) -> tuple[Source, str, list[str]]:
    path = Path(given)
    name = str(path)
    try:
        if path.is_dir():
            # The captions of a Kaldi data directory are in its file `text`.
            path = path / "text"
            if not path.is_file():
                raise CaptionError(f"{name}: is a directory without a Kaldi file 'text'; give a caption file")
        data = read_bytes(path, name)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CaptionError(f"{_short(name)}: no such caption file; give a path ('-' is standard input)") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CaptionError(f"{_short(name)}: cannot be read as a caption file: {reason}") from error
    decoded = decode(data, name, encoding=encoding)
    return Source(name, decoded.text, path), decoded.encoding, _named(decoded.warnings, name)


def _open_stream(stream: IO[Any], name: str, encoding: str | None) -> tuple[Source, str, list[str]]:
    try:
        data = read_stream(stream)
    except UnicodeDecodeError as error:
        raise CaptionError(f"{name}: not valid {error.encoding}; open the stream in binary mode") from error
    if isinstance(data, bytes):
        decoded = decode(data, name, encoding=encoding)
        return Source(name, decoded.text), decoded.encoding, _named(decoded.warnings, name)
    text = without_inner_marks(unify_newlines(str(data)))
    check_text(text, name)
    if not text.strip():
        raise CaptionError(f"{name}: the file is empty; expected captions or an alignment")
    return Source(name, text), getattr(stream, "encoding", None) or "text stream", []


def _stream_name(stream: IO[Any]) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) and name else "captions"


def _named(warnings: tuple[str, ...], name: str) -> list[str]:
    return [w if w.startswith(name) else f"{name}: {w}" for w in warnings]


def _short(name: str) -> str:
    """A path for a message; shortened, as text may have been given by mistake."""
    shown = name.replace("\n", "\\n")
    return shown if len(shown) <= 80 else shown[:77] + "..."
