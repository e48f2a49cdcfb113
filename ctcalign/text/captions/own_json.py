"""Our own Alignment JSON as captions; the whole alignment comes back through `ctcalign.formats.read_alignment`."""

from __future__ import annotations

from typing import Any

from ctcalign.errors import CaptionError
from ctcalign.text.captions.clock import json_seconds
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.json_tree import parse_json
from ctcalign.text.captions.registry import reader_of
from ctcalign.text.cues import CueWord

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
