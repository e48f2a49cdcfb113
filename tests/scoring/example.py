"""A small truth and an alignment of it whose numbers were computed by hand."""

from __future__ import annotations

import json

TRUTH = {
    "format": "ctcalign-truth/1",
    "level": "utterance",
    "utterances": [
        {"index": 0, "start": 1.0, "end": 2.0, "clip_start": 0.8, "clip_end": 2.1, "text": "One two.", "exact": True},
        {
            "index": 1,
            "start": 3.0,
            "end": 4.0,
            "clip_start": 2.9,
            "clip_end": 4.3,
            "text": "Three for",
            "exact": False,
            "spoken_text_norm": "three four",
        },
        {"index": 2, "start": None, "end": None, "text": "Nobody says this", "spoken": False, "exact": False},
        {"index": 3, "start": 5.0, "end": 6.0, "clip_start": 5.0, "clip_end": 6.0, "text": "five", "exact": True},
        {"index": 4, "start": 7.0, "end": 8.0, "clip_start": 6.5, "clip_end": 8.5, "text": "six", "exact": True},
        {"index": 5, "start": None, "end": None, "text": "nor this", "spoken": False, "exact": False},
        {"index": 6, "start": 9.0, "end": 10.0, "text": "seven", "exact": True},
    ],
}
ALIGNMENT = [
    {"index": 0, "text": "One two.", "start": 1.02, "end": 2.05, "confidence": 0.9},
    {"index": 1, "text": "Three for", "start": 2.9, "end": 4.2, "confidence": 0.6},
    {"index": 2, "text": "Nobody says this", "start": 4.3, "end": 4.9, "confidence": 0.3},
    {"index": 3, "text": "five", "start": 5.25, "end": 6.1, "confidence": 0.7},
    {"index": 4, "text": "six", "start": 5.5, "end": 8.4, "confidence": 0.2},
    {"index": 5, "text": "nor this", "start": None, "end": None, "confidence": 0.0},
    {"index": 6, "text": "seven", "start": None, "end": None, "confidence": 0.1},
]


def write_example(folder):
    """Both as files: (alignment, truth)."""
    alignment, truth = folder / "alignment.json", folder / "truth.json"
    alignment.write_text(json.dumps(ALIGNMENT), encoding="utf-8")
    truth.write_text(json.dumps(TRUTH), encoding="utf-8")
    return alignment, truth
