"""Enhanced LRC."""

from __future__ import annotations

from ctcalign.alignment.cue import CueWord
from ctcalign.formats import render
from tests.formats.conftest import rows


def test_lrc(reading):
    content = (
        "[ar:Nobody]\n[offset:+500]\n[00:01.50][00:10.5]Chorus [x]\n[00:03.00]\n[00:04:00] Verse\nloose line\n"
        "[00:05.50]<00:05.50>Hel<00:05.75>lo <00:06.00>you<00:06.50>\n"
    )
    captions = reading(content, "a.lrc")
    assert rows(captions) == [
        (1.0, 2.5, "Chorus [x]"),
        (3.5, 5.0, "Verse"),
        (None, None, "loose line"),
        (5.0, 6.0, "Hello you"),
        (10.0, 10.0, "Chorus [x]"),
    ] or rows(captions)[2:] == [(5.0, 6.0, "Hello you"), (10.0, 10.0, "Chorus [x]"), (None, None, "loose line")]
    assert next(c for c in captions.cues if c.words).words == (CueWord("Hello", 5.0, 5.5), CueWord("you", 5.5, 6.0))
    assert any("without a time" in w and "line 6" in w for w in captions.warnings)


def test_lrc_output(talk):
    assert render(talk, "lrc").content == (
        "[re:ctcalign]\n[ti:my_talk]\n[length:00:20.00]\n"
        "[00:00.50]<00:00.70>Hello <00:00.90>big <00:01.50>world <00:01.80>& <co> <00:02.00>[MUSIC]<00:03.00>\n"
        "[00:03.00]\n[00:07.00]♪\n[00:08.00]\n"
    )


def test_stamps_with_hours_are_not_minutes_and_hundredths(reading):
    captions = reading("[00:01:02] Good evening\n[00:01:05] Tonight we hear\n", "a.txt")
    assert [cue.start for cue in captions.cues] == [62.0, 65.0]
    assert reading("[00:01:02]a\n[00:01:75]b\n", "a.txt").cues[0].start == 1.02  # hundredths of seconds


def test_a_stamp_of_thousands_of_digits_is_no_stamp(reading):
    assert reading(f"[00:01:{'2' * 5000}] Good evening\n[00:02.00] Tonight\n", "a.lrc").cues
