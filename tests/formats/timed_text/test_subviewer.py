from __future__ import annotations

import io

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats import read_captions, render
from tests.formats.conftest import rows


def test_sbv(reading):
    text = "0:00:06.477,0:00:09.034\nGood evening,\nall.\n\n0:00:09.366,1:00:12.149\nTonight\n"
    for name in ("a.sbv", "a.txt", "a"):
        captions = reading(text, name)
        assert captions.format == "sbv"
        assert rows(captions) == [(6.477, 9.034, "Good evening,\nall."), (9.366, 3612.149, "Tonight")]


def test_subviewer_2_has_a_header_and_hundredths(reading):
    text = (
        "[INFORMATION]\n[TITLE]\n[END INFORMATION]\n[SUBTITLE]\n[COLF]&HFFFFFF,[STYLE]bd,[SIZE]18\n"
        "00:00:06.47,00:00:09.03\nGood evening,[br]all.\n\n00:00:09.36,00:00:12.14\nTonight\n"
    )
    assert rows(reading(text, "a.sub")) == [(6.47, 9.03, "Good evening,\nall."), (9.36, 12.14, "Tonight")]


def test_what_a_line_must_not_look_like_gets_a_joiner():
    text = "one\n\n0:00:01.000,0:00:02.000\n<i>[br]</i><br>two"
    alignment = Alignment("a", 9.0, "m", [AlignedCue(0, text, 1.0, 2.0), AlignedCue(1, "three", 3.0, 36003.5)])
    content = render(alignment, "sbv").content
    assert content == (
        "0:00:01.000,0:00:02.000\none\n0:\u206000:01.000,0:00:02.000\n[\u2060br]\ntwo\n\n0:00:03.000,0:00:09.000\nthree\n\n"
    )
    assert [cue.start for cue in read_captions(io.StringIO(content)).cues] == [1.0, 3.0]
