"""ctcalign's own JSON, read as captions."""

from __future__ import annotations

import json

from ctcalign.alignment.cue import CueWord
from tests.formats.conftest import rows


def test_an_alignment_of_ctcalign(reading):
    data = {
        "schema": "ctcalign/alignment/1",
        "audio": "a.wav",
        "cues": [
            {
                "index": 1,
                "text": "two",
                "start": None,
                "end": None,
                "status": "failed",
                "words": [{"text": "two", "start": None}],
            },
            {
                "index": 0,
                "text": "<i>one</i>",
                "start": 0.1,
                "end": 0.30000000000000004,
                "speaker": "Ann",
                "id": "7",
                "channel": 1,
                "words": [{"text": "one", "start": 0.1, "end": 0.3, "score": -0.5}],
            },
        ],
    }
    captions = reading(json.dumps(data), "a.json")
    assert rows(captions) == [(0.1, 0.30000000000000004, "<i>one</i>"), (None, None, "two")]
    first = captions.cues[0]
    assert (first.speaker, first.id, first.channel, first.words) == ("Ann", "7", 1, (CueWord("one", 0.1, 0.3, -0.5),))
    assert captions.format == "json"
