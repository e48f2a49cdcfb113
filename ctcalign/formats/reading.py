"""`read_alignment`: ctcalign's JSON without loss, and the cues and times of caption files."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.document import FAMILY, is_document
from ctcalign.errors import CaptionError
from ctcalign.files import parse_json
from ctcalign.files.text_size import read_stream, unpacked
from ctcalign.formats.shared.mark_up import unescaped

if TYPE_CHECKING:
    from ctcalign.alignment.cue import Cue
    from ctcalign.formats.captions import Captions

_HEAD = 65536  # bytes; the schema is the first key of a document


def read_alignment(
    path_or_stream: str | Path | IO[Any],
    format: str | None = None,
    *,
    recording: str | None = None,
    likely: str | None = None,
) -> Alignment:
    """Read an alignment that ctcalign wrote, or the times of a caption file.

    Args:
        path_or_stream: a path, "-" for stdin, or an open stream.
        format: "json" or another format of `read_captions`; None recognises it by name and content.
        recording, likely: choose one of several recordings in a file; see `read_captions`.
    Returns:
        For ctcalign's JSON, exactly what was written. For captions, the cues with their times, and the words if the
        file has their times; `model` is "" and `duration` the end of the last cue.
    Raises:
        CaptionError: the file is missing, empty, damaged or of an unknown format; the message names the place.
        UsageError: no format has this name.

    >>> import ctcalign
    >>> ctcalign.read_alignment("egs/demo/talk.srt").cues[1].text
    'ANNA: Good evening, and welcome to the harbour museum.'
    """
    return read_with_warnings(path_or_stream, format, recording=recording, likely=likely)[0]


def read_with_warnings(
    path_or_stream: str | Path | IO[Any],
    format: str | None = None,
    *,
    recording: str | None = None,
    likely: str | None = None,
) -> tuple[Alignment, list[str]]:
    """`read_alignment`, and the warnings about this file, without those that the document stores from its creation."""
    from ctcalign.formats.captions import read_captions
    from ctcalign.formats.registry import input_format

    name = "standard input" if path_or_stream == "-" else _name(path_or_stream)
    source: str | Path | IO[Any] = path_or_stream
    if source == "-":
        source = getattr(sys.stdin, "buffer", sys.stdin)
    if format is not None and input_format(format).name != "json":
        return _of_captions(read_captions(source, format, recording=recording, likely=likely))
    if isinstance(source, (str, os.PathLike)) and not _is_pipe(source):
        data = _document_bytes(source)
    else:
        data, source = _once(source, name)
    document = None if data is None else _document(data, name)
    if document is None:
        return _of_captions(read_captions(source, format, recording=recording, likely=likely))
    try:
        alignment = Alignment.from_dict(document)
    except CaptionError as error:
        raise CaptionError(f"{name}: {error}") from error
    held = document.get("warnings")
    return alignment, alignment.warnings[len(held) if isinstance(held, list) else 0 :]


def _of_captions(captions: Captions) -> tuple[Alignment, list[str]]:
    alignment = from_captions(captions)
    return alignment, list(alignment.warnings)


def from_captions(captions: Captions, audio: str = "", duration: float | None = None) -> Alignment:
    """The cues of a caption file as an alignment with the times of the file."""
    ends = [time for cue in captions.cues for time in (cue.start, cue.end) if time is not None]
    return Alignment(
        audio=audio,
        duration=max(ends, default=0.0) if duration is None else duration,
        model="",
        cues=[_cue(cue, captions.format) for cue in captions.cues],
        warnings=list(captions.warnings),
        source=captions.source,
    )


def _cue(cue: Cue, format: str) -> AlignedCue:
    words = [AlignedWord(w.text, w.start, w.end, status=_placed(w.start), score=None) for w in cue.words]
    for word, given in zip(words, cue.words, strict=True):
        # The scores of input files (CTM, Whisper) are probabilities; in an Alignment a score is in nats.
        if given.score is not None and 0.0 <= given.score <= 1.0:
            word.confidence = given.score
        if word.start is None:
            word.reason = "no time in the input"
    aligned = AlignedCue(
        index=cue.index,
        text=unescaped(cue.text) if format == "vtt" else cue.text,
        start=cue.start,
        end=cue.end,
        status=_placed(cue.start),
        reason=None if cue.start is not None else "no time in the input",
        words=words,
        speaker=cue.speaker,
        id=cue.id,
        channel=cue.channel,
        input_start=cue.start,
        input_end=cue.end,
        attributes=dict(cue.attributes),
    )
    if not _has_speech(aligned.text):
        aligned.status, aligned.reason = "not_spoken", None
    return aligned


def _placed(start: float | None) -> Any:
    return "failed" if start is None else "aligned"


def _has_speech(text: str) -> bool:
    from ctcalign.text.markup.spans import spans

    return any(span.spoken and text[span.start : span.end].strip() for span in spans(text))


def _name(source: str | Path | IO[Any]) -> str:
    return os.fspath(source) if isinstance(source, (str, os.PathLike)) else str(getattr(source, "name", "stream"))


def _is_pipe(path: str | Path) -> bool:
    """Whether a path is a pipe, such as `<(zcat talk.srt.gz)` in a shell, which can be read only once."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):  # ValueError: a zero byte in the path
        return False


def _once(source: str | Path | IO[Any], name: str) -> tuple[Any, IO[Any]]:
    """The content of a pipe or stream, and a stream of it that can be read again."""
    if isinstance(source, (str, os.PathLike)):
        try:
            with open(source, "rb") as pipe:
                data: Any = read_stream(pipe)
        except OSError as error:
            raise CaptionError(f"{name}: cannot be read: {error.strerror}") from error
    else:
        data = read_stream(source)
    again: Any = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    again.name = name
    return data, again


def _document_bytes(path: str | Path) -> bytes | None:
    """The bytes of the file if its beginning has the schema, else None; the caller reports a missing file."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            return unpacked(head + read_stream(file), os.fspath(path)) if FAMILY.encode() in head else None
    except (OSError, ValueError):  # ValueError: a zero byte in the path
        return None


def _document(data: bytes | str, name: str) -> Mapping[str, Any] | None:
    """The document if it is ctcalign's JSON, None if it is something else."""
    if isinstance(data, bytes):
        if FAMILY.encode() not in data[:_HEAD]:
            return None
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CaptionError(f"{name}: expected JSON in UTF-8: {error.reason} at byte {error.start}") from error
    text = data.removeprefix("\ufeff")
    if FAMILY not in text[:_HEAD] or not text.lstrip().startswith("{"):
        return None
    document = parse_json(text, name)
    return document if is_document(document) else None
