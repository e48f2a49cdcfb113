"""`read_alignment`: our JSON without loss, and any caption file as far as it goes."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.mark_up import unescaped

if TYPE_CHECKING:
    from ctcalign.alignment.cue import Cue
    from ctcalign.formats.captions import Captions

_FAMILY = "ctcalign/alignment/"
_HEAD = 65536  # bytes; the schema is the first key of what we write
_JSON_NAMES = (None, "json", "ctcalign")


def read_alignment(path_or_stream: str | Path | IO[Any], format: str | None = None) -> Alignment:
    """Read an alignment that ctcalign wrote, or the times of a caption file.

    Args:
        path_or_stream: a path, "-" for stdin, or an open stream.
        format: "json" or a format of `ctcalign.text.captions.read_captions`; None finds out by name and content.
    Returns:
        Of our JSON exactly what was written. Of captions the cues with their times, and the words where the file times
        them; `model` is "" and `duration` the end of the last cue, for the file knows neither.
    Raises:
        CaptionError: missing, empty, of an unknown format or broken; the message names the file and the place.
    """
    from ctcalign.formats.captions import read_captions

    name = "standard input" if path_or_stream == "-" else _name(path_or_stream)
    source: str | Path | IO[Any] = path_or_stream
    if source == "-":
        source = getattr(sys.stdin, "buffer", sys.stdin)
    if format not in _JSON_NAMES:
        return from_captions(read_captions(source, format))
    if isinstance(source, (str, os.PathLike)):
        data = _ours_on_disk(source)
    else:
        data = source.read()
        source = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    document = None if data is None else _ours(data, name)
    if document is None:
        return from_captions(read_captions(source))
    try:
        return Alignment.from_dict(document)
    except CaptionError as error:
        raise CaptionError(f"{name}: {error}") from error


def from_captions(captions: Captions, audio: str = "", duration: float | None = None) -> Alignment:
    """The cues of a caption file as an alignment that nobody computed: its times are those of the file."""
    ends = [time for cue in captions.cues for time in (cue.start, cue.end) if time is not None]
    return Alignment(
        audio=audio,
        duration=max(ends, default=0.0) if duration is None else duration,
        model="",
        cues=[_cue(cue, captions.format) for cue in captions.cues],
        warnings=list(captions.warnings),
    )


def _cue(cue: Cue, format: str) -> AlignedCue:
    words = [AlignedWord(w.text, w.start, w.end, status=_placed(w.start), score=None) for w in cue.words]
    for word, given in zip(words, cue.words, strict=True):
        # Input files call a probability a score (CTM, Whisper); in an Alignment a score is in nats.
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
    )
    if not _spoken(aligned.text):
        aligned.status, aligned.reason = "not_spoken", None
    return aligned


def _placed(start: float | None) -> Any:
    return "failed" if start is None else "aligned"


def _spoken(text: str) -> bool:
    from ctcalign.text.markup.spans import spans

    return any(span.spoken and text[span.start : span.end].strip() for span in spans(text))


def _name(source: str | Path | IO[Any]) -> str:
    return os.fspath(source) if isinstance(source, (str, os.PathLike)) else str(getattr(source, "name", "stream"))


def _ours_on_disk(path: str | Path) -> bytes | None:
    """The bytes of the file if its beginning names our schema; a missing file is the caption reader's to report."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            return head + file.read() if _FAMILY.encode() in head else None
    except OSError:
        return None


def _ours(data: bytes | str, name: str) -> Mapping[str, Any] | None:
    """The document if it is one of ours, None if it is something else."""
    if isinstance(data, bytes):
        if _FAMILY.encode() not in data[:_HEAD]:
            return None
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CaptionError(f"{name}: expected JSON in UTF-8: {error.reason} at byte {error.start}") from error
    text = data.removeprefix("\ufeff")
    if _FAMILY not in text[:_HEAD] or not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptionError(f"{name}: not valid JSON: {error}; the file may be cut off") from error
    if isinstance(document, dict) and str(document.get("schema", "")).startswith(_FAMILY):
        return document
    return None
