"""What all writers have in common."""

from __future__ import annotations

import re

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.caption_file import Block, CaptionFile
from ctcalign.formats import OUTPUT_FORMATS, render


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


@pytest.mark.parametrize("name", [name for name in OUTPUT_FORMATS if name not in ("lhotse", "json")])
def test_no_output_has_control_characters(name):
    bad = "a\x00b\x1b[31mc\x07\x9bd"
    words = [AlignedWord(bad, 1.0, 2.0)]
    cue = AlignedCue(0, bad, 1.0, 2.0, speaker=bad, id=bad, words=words, attributes={"settings": bad, "style": bad})
    lost = AlignedCue(1, bad, status="not_spoken", reason=bad, speaker=bad)
    for format in ("vtt", "ass", "stm"):
        source = CaptionFile(format, f"WEBVTT {bad}", [Block(0, "NOTE", f"NOTE {bad}")], bad)
        content = render(Alignment(f"{bad}.wav", 5.0, "m", [cue, lost], source=source), name).content
        text = "".join(content.values()) if isinstance(content, dict) else content
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_direction_marks_stay():
    text = "\u202bעברית\u202c \u2066abc\u2069"
    alignment = Alignment("a.wav", 5.0, "m", [AlignedCue(0, text, 1.0, 2.0)])
    assert all(text in render(alignment, name).content for name in ("srt", "vtt", "ass"))


def test_unspoken_cues_may_be_dropped():
    cues = [
        AlignedCue(0, "one", 1.0, 2.0),
        AlignedCue(1, "two", status="not_spoken", input_start=2.0, input_end=3.0),
        AlignedCue(2, "[MUSIC]", 3.0, 4.0, status="not_spoken"),
    ]
    alignment = Alignment("a.wav", 5.0, "m", cues)
    assert render(alignment, "srt").content.count("-->") == 3
    dropped = render(alignment, "srt", "drop")
    assert dropped.content == "1\n00:00:01,000 --> 00:00:02,000\none\n\n"
    assert dropped.notes == ["2 cues are not spoken and dropped (--unspoken)"]
    assert render(alignment, "json", "drop").content == render(alignment, "json").content
