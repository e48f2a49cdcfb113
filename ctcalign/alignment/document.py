"""Conversion of an `Alignment` to and from a JSON object of the schema `alignment.SCHEMA`.

Required keys are always written; the others (reason, reading, speaker, id, channel, attributes, reviewed, tokens,
input_start, input_end, language, frame_shift, warnings, source) are omitted if they are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ctcalign.alignment.alignment import SCHEMA, AlignedCue, AlignedToken, AlignedWord, Alignment, Status, Verdict
from ctcalign.alignment.caption_file import Block, CaptionFile
from ctcalign.alignment.json_fields import FieldReader, Known, Row
from ctcalign.errors import CaptionError
from ctcalign.files import finite

FAMILY = SCHEMA.rpartition("/")[0] + "/"  # without the version


def is_document(value: Any) -> bool:
    """Whether a JSON value is a document of an alignment, of any version of the schema."""
    return isinstance(value, Mapping) and str(value.get("schema", "")).startswith(FAMILY)


def to_dict(alignment: Alignment) -> Row:
    """A JSON object; numbers are unrounded, so that `from_dict` returns the same alignment."""
    row: Row = {
        "schema": SCHEMA,
        "audio": alignment.audio,
        "duration": alignment.duration,
        "model": alignment.model,
    }
    _set(row, language=alignment.language, frame_shift=alignment.frame_shift)
    if alignment.warnings:
        row["warnings"] = list(alignment.warnings)
    if alignment.source is not None:
        row["source"] = _source_to_dict(alignment.source)
    row["cues"] = [cue_to_dict(cue) for cue in alignment.cues]
    row["unwritten"] = [{"start": start, "end": end} for start, end in alignment.unwritten]
    return row


def _source_to_dict(source: CaptionFile) -> Row:
    row: Row = {"format": source.format}
    _set(row, recording=source.recording, header=source.header or None)
    if source.blocks:
        row["blocks"] = [{"before": block.before, "kind": block.kind, "text": block.text} for block in source.blocks]
    return row


def cue_to_dict(cue: AlignedCue) -> Row:
    """One entry of "cues"."""
    row: Row = {
        "index": cue.index,
        "text": cue.text,
        "start": cue.start,
        "end": cue.end,
        "status": cue.status,
        "score": cue.score,
        "confidence": cue.confidence,
    }
    _set(row, reason=cue.reason, speaker=cue.speaker, id=cue.id, channel=cue.channel)
    _set(row, input_start=cue.input_start, input_end=cue.input_end, reviewed=cue.reviewed)
    if cue.alternatives:
        row["alternatives"] = [{"start": start, "end": end} for start, end in cue.alternatives]
    if cue.scores:
        row["scores"] = dict(cue.scores)
    if cue.attributes:
        row["attributes"] = dict(cue.attributes)
    row["words"] = [_word_to_dict(word) for word in cue.words]
    return row


def _word_to_dict(word: AlignedWord) -> Row:
    row: Row = {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "score": word.score,
        "confidence": word.confidence,
        "status": word.status,
    }
    _set(row, reason=word.reason, reading=word.reading)
    if word.tokens:
        row["tokens"] = [
            {"text": token.text, "start": token.start, "end": token.end, "score": token.score} for token in word.tokens
        ]
    return row


def _set(row: Row, **optional: Any) -> None:
    row.update({key: value for key, value in optional.items() if value is not None})


def from_dict(document: Mapping[str, Any]) -> Alignment:
    """The inverse of `to_dict`; raises a CaptionError that names the place of the error."""
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
        raise CaptionError(f'"schema" is {found!r}, expected "{SCHEMA}"; a newer ctcalign may have written it')
    reader = _Reader()
    root = reader.fields(document, "", _ROOT)
    alignment = Alignment(
        audio=root["audio"],
        duration=root["duration"],
        model=root["model"],
        cues=[reader.cue(row, f"cues[{i}]") for i, row in enumerate(root["cues"])],
        unwritten=[reader.span(row, f"unwritten[{i}]") for i, row in enumerate(root["unwritten"] or [])],
        language=root["language"],
        frame_shift=root["frame_shift"],
        warnings=[reader.string(text, f"warnings[{i}]") for i, text in enumerate(root["warnings"] or [])],
        source=None if root["source"] is None else reader.source(root["source"]),
    )
    alignment.warnings += reader.notes()
    return alignment


_STATUS, _VERDICT = get_args(Status), get_args(Verdict)
_ROOT: Known = {
    "schema": ("text", True),
    "audio": ("text", True),
    "duration": ("number", True),
    "model": ("text", True),
    "cues": ("list", True),
    "unwritten": ("list", False),
    "language": ("text", False),
    "frame_shift": ("number", False),
    "warnings": ("list", False),
    "source": ("row", False),
}
_SOURCE: Known = {
    "format": ("text", True),
    "recording": ("text", False),
    "header": ("text", False),
    "blocks": ("list", False),
}
_BLOCK: Known = {"before": ("count", True), "kind": ("text", True), "text": ("text", True)}
_TOKEN: Known = {"text": ("text", True), "start": ("number", True), "end": ("number", True), "score": ("number", True)}
_SPAN: Known = {"start": ("number", True), "end": ("number", True)}
_WORD: Known = {
    "text": ("text", True),
    "status": (_STATUS, True),
    **dict.fromkeys(("start", "end", "score", "confidence"), ("number", False)),
    **dict.fromkeys(("reason", "reading"), ("text", False)),
    "tokens": ("list", False),
}
_CUE: Known = {
    "index": ("count", True),
    "text": ("text", True),
    "status": (_STATUS, True),
    **dict.fromkeys(("start", "end", "score", "confidence", "input_start", "input_end"), ("number", False)),
    **dict.fromkeys(("reason", "speaker", "id"), ("text", False)),
    "channel": ("count", False),
    "reviewed": (_VERDICT, False),
    "alternatives": ("list", False),
    "scores": ("object", False),
    "attributes": ("row", False),
    "words": ("list", False),
}


def source_of(document: Mapping[str, Any]) -> CaptionFile | None:
    """The "source" of a document; raises a CaptionError that names the place of the error."""
    row = document.get("source")
    return None if row is None else _Reader().source(row)


class _Reader(FieldReader):
    """Reads the nouns of an alignment."""

    def span(self, row: Any, place: str) -> tuple[float, float]:
        values = self.fields(row, place, _SPAN)
        return values["start"], values["end"]

    def source(self, row: Any) -> CaptionFile:
        values = self.fields(row, "source", _SOURCE)
        blocks = [
            Block(**self.fields(one, f"source.blocks[{i}]", _BLOCK)) for i, one in enumerate(values["blocks"] or [])
        ]
        return CaptionFile(values["format"], values["header"] or "", blocks, values["recording"])

    def cue(self, row: Any, place: str) -> AlignedCue:
        values = self.fields(row, place, _CUE)
        values["words"] = [self.word(word, f"{place}.words[{i}]") for i, word in enumerate(values["words"] or [])]
        others = values["alternatives"] or []
        values["alternatives"] = [self.span(row, f"{place}.alternatives[{i}]") for i, row in enumerate(others)]
        values["scores"] = values["scores"] or {}
        values["attributes"] = finite(values["attributes"] or {})
        return AlignedCue(**values)

    def word(self, row: Any, place: str) -> AlignedWord:
        values = self.fields(row, place, _WORD)
        values["tokens"] = [
            AlignedToken(**self.fields(token, f"{place}.tokens[{i}]", _TOKEN))
            for i, token in enumerate(values["tokens"] or [])
        ]
        return AlignedWord(**values)
