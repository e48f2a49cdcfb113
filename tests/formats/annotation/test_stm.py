"""NIST STM."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.formats import read_alignment, render, write
from ctcalign.formats.converting import convert
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


REFERENCE = """;; CATEGORY "0" "" ""
;; LABEL "O" "Overall" "Overall"
talk 1 inter_segment_gap 0.000 4.600 <O,F0,UNKNOWN> IGNORE_TIME_SEGMENT_IN_SCORING
talk 1 Anna 4.600 7.160 <O,F0,FEMALE> Good evening
;; a break
talk 1 excluded_region 10.440 10.850 <NA> ignore_time_segment_in_scoring
talk 1 UNKNOWN 10.850 12.940 tonight a {lighthouse / light house / @} (%hesitation) <B_ASIDE> reed
talk 2 Thomas 11.040 19.990 <O,F0,MALE> thank you
"""


def test_an_stm_file_comes_back_as_it_was(tmp_path):
    source, through, target = tmp_path / "a.stm", tmp_path / "a.json", tmp_path / "b.stm"
    source.write_text(REFERENCE)
    (report,) = convert(source, [through])
    assert report.notes == []
    convert(through, [target])
    assert target.read_text() == REFERENCE


@pytest.mark.parametrize(("names", "written"), [("AB", "AB"), ("ab", "ab"), ("12", "12"), ("01", "01"), ("2", "2")])
def test_channels_keep_their_names(tmp_path, names, written):
    source, target, words = tmp_path / "a.stm", tmp_path / "b.stm", tmp_path / "b.ctm"
    source.write_text("".join(f"rec {name} Ann {i}.000 {i}.500 hello\n" for i, name in enumerate(names)))
    alignment = read_alignment(source)
    for cue in alignment.cues:
        cue.words = [AlignedWord("hello", cue.start, cue.end)]
    write(alignment, target)
    write(alignment, words)
    assert [line.split()[:2] for line in target.read_text().split("\n") if line] == [["rec", name] for name in written]
    assert [line.split()[:2] for line in words.read_text().split("\n") if line] == [["rec", name] for name in written]


def test_a_channel_that_the_file_does_not_name_is_named_in_its_manner(tmp_path):
    source = tmp_path / "a.stm"
    source.write_text("rec A Ann 1.000 2.000 hello\n")
    alignment = read_alignment(source)
    alignment.cues.append(AlignedCue(1, "you", 3.0, 4.0, channel=1))
    alignment.duration = 5.0
    assert [line.split()[1] for line in render(alignment, "stm").content.split("\n") if line] == ["A", "B"]


def test_other_formats_get_the_wording_that_was_recognised(tmp_path):
    source = tmp_path / "a.stm"
    source.write_text("talk 1 Ann 1.000 4.000 a {lighthouse / light house / @} and {b / @}\n")
    alignment = read_alignment(source)
    assert "a lighthouse and b\n" in render(alignment, "srt").content
    alignment.cues[0].words = [
        AlignedWord("a", 1.0, 1.2),
        AlignedWord("{lighthouse / light house / @}", 1.5, 2.5, reading="light house"),
        AlignedWord("and", 3.0, 3.2),
        AlignedWord("{b / @}", status="not_spoken"),
    ]
    assert "a light house and\n" in render(alignment, "srt").content
    assert [line.split()[2:5] for line in render(alignment, "ctm").content.split("\n") if line] == [
        ["1.000", "0.200", "a"],
        ["1.500", "0.500", "light"],
        ["2.000", "0.500", "house"],
        ["3.000", "0.200", "and"],
    ]


def test_two_channels_may_speak_at_once(reading):
    content = "rec A Ann 1 3 hello\nrec B Bob 2 4 you\nrec A Ann 2.5 5 late\n"
    assert [w for w in reading(content, "a.stm").warnings if "overlaps" in w] == [
        w for w in reading(content, "a.stm").warnings if "line 3" in w
    ]
