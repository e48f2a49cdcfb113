"""The JSON document that holds everything; `alignment.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from pathlib import Path

from ctcalign.align.alignment import Alignment
from ctcalign.align.document import to_dict
from ctcalign.formats.rendered import Rendered

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
