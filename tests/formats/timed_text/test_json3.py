"""YouTube's json3 captions."""

from __future__ import annotations

import json

from ctcalign.alignment.cue import CueWord
from tests.formats.conftest import rows


def test_youtube_json3(reading):
    data = {
        "wireMagic": "pb3",
        "events": [
            {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
            {
                "tStartMs": 1000,
                "dDurationMs": 4000,
                "segs": [
                    {"utf8": "hello", "acAsrConf": 0},
                    {"utf8": " big", "tOffsetMs": 400},
                    {"utf8": " world", "tOffsetMs": 900},
                ],
            },
            {"tStartMs": 2500, "dDurationMs": 2500, "aAppend": 1, "segs": [{"utf8": "\n"}]},
            {"tStartMs": 3000, "dDurationMs": 2000, "segs": [{"utf8": "[Music]"}]},
            {"tStartMs": 6000, "dDurationMs": 1000, "segs": [{"utf8": "two\nlines"}]},
        ],
    }
    captions = reading(json.dumps(data), "a.json3")
    assert rows(captions) == [(1.0, 3.0, "hello big world"), (3.0, 5.0, "[Music]"), (6.0, 7.0, "two\nlines")]
    assert captions.cues[0].words == (CueWord("hello", 1.0, 1.4), CueWord("big", 1.4, 1.9), CueWord("world", 1.9, 3.0))
    assert captions.cues[1].words == ()
    assert captions.warnings == []
