"""What all writers have in common."""

from __future__ import annotations

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats import render


def test_cues_of_zero_length_get_a_tick():
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, "one", 1.0, 1.0)])
    assert "00:00:01,000 --> 00:00:01,001" in render(alignment, "srt").content
    assert "xmin = 1 \n            xmax = 1.001 " in render(alignment, "textgrid").content
    assert "0:00:01.00,0:00:01.01" in render(alignment, "ass").content


def test_unordered_cues_are_sorted_with_a_note():
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, "second", 3.0, 4.0), AlignedCue(1, "first", 1.0, 2.0)])
    for name in ("srt", "vtt", "ass"):
        rendered = render(alignment, name)
        assert rendered.content.index("first") < rendered.content.index("second")
        assert "cues were not in the order of time: sorted by start" in rendered.notes
