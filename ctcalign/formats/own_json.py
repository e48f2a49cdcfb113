"""The JSON document that holds everything; `alignment.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.alignment.document import to_dict
from ctcalign.errors import CaptionError
from ctcalign.formats.registry import reader_of
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.json_tree import parse_json
from ctcalign.formats.shared.rendered import Rendered

SCHEMA_FILE = Path(__file__).with_name("alignment.schema.json")


def render(alignment: Alignment) -> Rendered:
    """One cue a line, so that diff, grep and head are of use; numbers are unrounded."""
    document = to_dict(alignment)
    fields = []
    for key, value in document.items():
        if key == "cues" and value:
            cues = ",\n".join(_compact(cue) for cue in value)
            fields.append(f'"cues": [\n{cues}\n]')
        else:
            fields.append(f"{_compact(key)}: {_compact(value)}")
    words = sum(len(cue.words) for cue in alignment.cues)
    return Rendered("{\n" + ",\n".join(fields) + "\n}\n", len(alignment.cues), words)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


SCHEMA = "ctcalign/alignment/1"  # the noun itself lives in ctcalign.align, a room that text may not import


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues in the order of their `index`, placed words with their times and scores.

    Other JSON goes to the reader of its own format, so that "json" names any.
    """
    parsed = parse_json(source)
    if parsed.format != "json":
        return reader_of(parsed.format)(source, notes)
    schema = parsed.data["schema"]
    if schema != SCHEMA:
        raise CaptionError(f"{source.name}: schema {schema!r}, expected {SCHEMA!r}; a newer ctcalign wrote it")
    cues = parsed.data.get("cues")
    if not isinstance(cues, list) or not all(isinstance(cue, dict) for cue in cues):
        raise CaptionError(f"{source.name}: expected a list of cues under 'cues'; is the file complete?")
    ordered = sorted(enumerate(cues), key=lambda pair: (_index(pair[1], pair[0]), pair[0]))
    return [_draft(cue) for _, cue in ordered]


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
    channel = cue.get("channel")
    return Draft(
        str(cue.get("text", "")),
        json_seconds(cue.get("start")),
        json_seconds(cue.get("end")),
        id=_text(cue.get("id")),
        speaker=_text(cue.get("speaker")),
        channel=channel if isinstance(channel, int) else None,
        words=words,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
