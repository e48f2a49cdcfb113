"""ctcalign's own JSON of a whole alignment; its JSON Schema is `alignment.schema.json` in this folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import SCHEMA, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.alignment.document import is_document, source_of, to_dict
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import EVERYTHING, Format, Rendered
from ctcalign.formats.shared.reading.json_times import note_dropped, note_words

SCHEMA_FILE = Path(__file__).with_name("alignment.schema.json")


def render(alignment: Alignment) -> Rendered:
    """The document of the alignment, one cue per line; numbers are unrounded."""
    words = sum(len(cue.words) for cue in alignment.cues)
    return Rendered(document_text(to_dict(alignment), allow_nan=False), len(alignment.cues), words)


def document_text(document: Mapping[str, Any], *, allow_nan: bool) -> str:
    """A document as JSON with one cue per line, so that diff, grep and head work on it."""

    def compact(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=allow_nan)

    fields = []
    for key, value in document.items():
        if key == "cues" and value:
            cues = ",\n".join(compact(cue) for cue in value)
            fields.append(f'"cues": [\n{cues}\n]')
        else:
            fields.append(f"{compact(key)}: {compact(value)}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues in the order of their `index`, words with their times and scores."""
    schema = source.json["schema"]
    if schema != SCHEMA:
        raise CaptionError(f"{source.name}: schema {schema!r}, expected {SCHEMA!r}; it was written by a newer ctcalign")
    cues = source.json.get("cues")
    if not isinstance(cues, list) or not all(isinstance(cue, dict) for cue in cues):
        raise CaptionError(f"{source.name}: expected a list of cues under 'cues'; is the file complete?")
    source.beside.file = source_of(source.json)
    ordered = sorted(enumerate(cues), key=lambda pair: (_index(pair[1], pair[0]), pair[0]))
    drafts = [_draft(cue) for _, cue in ordered]
    for (_, cue), draft in zip(ordered, drafts, strict=True):
        note_dropped([_times(cue)], [draft], notes, "cue index", _index(cue, 0))
        rows = [row for row in cue.get("words") or [] if isinstance(row, dict)]
        note_words([_times(row) for row in rows], draft.words, "cue index", _index(cue, 0), notes)
    return drafts


def _index(cue: dict[str, Any], place: int) -> int:
    index = cue.get("index")
    return index if isinstance(index, int) else place


def _draft(cue: dict[str, Any]) -> Draft:
    words = [
        CueWord(
            str(w.get("text", "")),
            json_seconds(w.get("start")),
            json_seconds(w.get("end")),
            json_seconds(w.get("score")),
        )
        for w in cue.get("words") or []
        if isinstance(w, dict)
    ]
    channel, attributes = cue.get("channel"), cue.get("attributes")
    return Draft(
        str(cue.get("text", "")),
        json_seconds(cue.get("start")),
        json_seconds(cue.get("end")),
        id=_text(cue.get("id")),
        speaker=_text(cue.get("speaker")),
        channel=channel if isinstance(channel, int) else None,
        words=words,
        attributes=dict(attributes) if isinstance(attributes, Mapping) else {},
    )


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("start", "end") if key in row}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _matches(source: Source) -> bool:
    return is_document(source.json)


FORMAT = Format(
    "json",
    (".json",),
    f"everything ({SCHEMA})",
    read,
    render,
    aliases=("ctcalign",),
    keeps=EVERYTHING,
    evidence="json",
    matches=_matches,
)
