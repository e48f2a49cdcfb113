"""Edits of the page, applied: from the browser to `apply-edits`."""

from __future__ import annotations

import json

import ctcalign
from ctcalign.review.run import review_alignment
from tests.review.conftest import alignment_of, cue, write_tone


def test_edits_of_the_page_are_applied(tmp_path, opened):
    alignment_of(
        cue(0, "Good evening all", 1.0, 0.5),
        cue(1, "Second caption", 3.0, 0.5),
        cue(2, "Not spoken", None),
        cue(3, "The last", 6.0, 0.5),
        cue(4, "Left alone", 8.0, 0.5),
    ).to_json(tmp_path / "talk.json")
    audio = write_tone(tmp_path / "tone.wav")
    one = opened(review_alignment(tmp_path / "talk.json", tmp_path / "talk.html", audio=audio).path)
    one.choose(0)
    one.press("m", "]", "]", "s")  # a word moves into the second caption
    one.choose(2)
    one.press("r")
    one.choose(3)
    one.press("W", "e")
    one.page.fill("#text", "The very last")
    one.press("Control+Enter")
    (tmp_path / "edits.json").write_text(json.dumps(one.exported()))
    found = ctcalign.apply_edits(tmp_path / "talk.json", tmp_path / "edits.json")
    assert [(one.text, one.start, one.end, one.status, one.reviewed) for one in found.cues] == [
        ("Good", 1.0, 1.333, "aligned", "corrected"),
        ("evening all Second caption", 1.333, 4.0, "aligned", "corrected"),
        ("Not spoken", None, None, "not_spoken", "rejected"),
        ("The very last", 6.05, 7.0, "aligned", "corrected"),
        ("Left alone", 8.0, 9.0, "aligned", None),
    ]
    assert [word.text for word in found.cues[1].words] == ["evening", "all", "Second", "caption"]
    assert found.cues[3].words[0].start == 6.05
    assert [one.confidence for one in found.cues] == [1.0, 1.0, 0.0, 1.0, 0.5]
