"""NIST STM."""

from __future__ import annotations

from ctcalign.formats import render
from tests.formats.conftest import rows


def test_stm(reading):
    content = (
        ";; comment\ntalk 1 Ann 0.50 2.25 <o,f0,female> hello there\ntalk 1 inter_segment_gap 2.25 3 <o,,> "
        "ignore_time_segment_in_scoring\ntalk 1 Bob 3 4.5 <unk> you\ntalk 1 Bob 5 6\ntalk 1 Bob x 6 late\nbad line\n"
    )
    captions = reading(content, "a.stm")
    assert rows(captions) == [
        (0.5, 2.25, "hello there"),
        (2.25, 3.0, ""),
        (3.0, 4.5, "<unk> you"),
        (5.0, 6.0, ""),
        (None, None, "late"),
        (None, None, "bad line"),
    ]
    assert [c.speaker for c in captions.cues] == ["Ann", None, "Bob", "Bob", "Bob", None]
    assert any("unreadable times" in w and "line 6" in w for w in captions.warnings)
    assert any("fewer than five columns" in w and "line 7" in w for w in captions.warnings)
    assert captions.recording == "talk"


def test_stm_output(talk):
    assert render(talk, "stm").content == (
        "my_talk 1 Ann_<A> 0.500 3.000 Hello big world & <co> [MUSIC]\nmy_talk 1 UNKNOWN 7.000 8.000 ♪\n"
    )
