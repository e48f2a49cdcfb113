"""JSON and JSON lines, and which caption format is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import Source

LISTS = ("segments", "utterances", "captions", "cues", "items", "chunks", "transcription", "word_segments", "words")


@dataclass(frozen=True)
class JsonFile:
    """A parsed file: `data` is its value, a list of the values for JSON lines."""

    data: Any
    format: str


def parse_json(source: Source) -> JsonFile:
    """Parse a JSON or JSON-lines file and recognise its format.

    Raises:
        CaptionError: not JSON, or JSON of no known caption format.
    """
    data = _parse(source)
    kind = _kind(data)
    if kind is None:
        raise CaptionError(
            f"{source.name}: JSON of no known caption format; expected an alignment of ctcalign, Whisper or whisperX "
            "segments, YouTube json3 events or lhotse supervisions"
        )
    return JsonFile(data, kind)


def _parse(source: Source) -> Any:
    try:
        return json.loads(source.text)
    except RecursionError as error:
        raise CaptionError(f"{source.name}: JSON nested too deeply to be captions") from error
    except ValueError as error:
        first = error
    rows = []
    for n, line in source.numbered():
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            # One object over many lines that breaks off, or JSON lines with one bad line: name the place.
            where = f"line {n}: {error}" if rows else str(first)
            raise CaptionError(f"{source.name}: not valid JSON ({where}); is the file complete?") from error
    return rows


def _kind(data: Any) -> str | None:
    if isinstance(data, dict):
        if str(data.get("schema", "")).startswith("ctcalign/alignment/"):
            return "json"
        if isinstance(data.get("events"), list):
            return "json3"
        if any(isinstance(data.get(key), list) for key in LISTS):
            return "whisper"
        if _is_lhotse(data):
            return "lhotse"
        return "whisper" if isinstance(data.get("text"), str) else None
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        row = data[0]
        if _is_lhotse(row):
            return "lhotse"
        if row.keys() & {"text", "word", "start"}:
            return "whisper"
    return None


def _is_lhotse(row: dict[str, Any]) -> bool:
    cut = row.get("type") in ("MonoCut", "MultiCut", "MixedCut", "PaddingCut")
    return cut or "supervisions" in row or {"recording_id", "start", "duration"} <= row.keys()
