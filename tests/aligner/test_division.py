"""Plain text as captions."""

from __future__ import annotations

from ctcalign.aligner.division import PARAGRAPH, divided
from ctcalign.alignment.cue import Cue

LINES = ["Good evening. Welcome.", "Who is he? " * 50, "Bye."]


def texts(split):
    cues, notes = divided([Cue(n, line) for n, line in enumerate(LINES)], split, "en")
    assert [cue.index for cue in cues] == list(range(len(cues)))
    return [cue.text for cue in cues], notes


def test_a_paragraph_becomes_sentences_and_ordinary_lines_stay():
    assert len(LINES[1]) > PARAGRAPH
    assert texts(None) == (
        ["Good evening. Welcome.", *["Who is he?"] * 50, "Bye."],
        ["captions: 1 long line divided into sentences; --split lines keeps them whole"],
    )


def test_what_is_asked_for_is_done():
    assert texts("lines") == (LINES, [])
    assert texts("none") == (["\n".join(LINES)], [])
    assert texts("sentences") == (["Good evening.", "Welcome.", *["Who is he?"] * 50, "Bye."], [])
