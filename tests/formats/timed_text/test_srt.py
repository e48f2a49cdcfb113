"""SubRip, proper and damaged."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctcalign.formats import render
from ctcalign.formats.captions import read_captions
from ctcalign.formats.converting import convert
from ctcalign.formats.shared.blocks import timings
from ctcalign.formats.shared.drafts import Notes, Source
from ctcalign.formats.timed_text.srt import read
from tests.formats.conftest import rows


def test_a_proper_file_gives_its_cues_and_no_warning(reading):
    captions = reading("1\n00:00:01,240 --> 00:00:02,742\nOne\ntwo\n\n2\n00:01:02,000 --> 01:00:00,001\n<i>Three</i>\n")
    assert rows(captions) == [(1.24, 2.742, "One\ntwo"), (62.0, 3600.001, "<i>Three</i>")]
    assert [c.id for c in captions.cues] == ["1", "2"]
    assert [c.index for c in captions.cues] == [0, 1]
    assert (captions.format, captions.encoding, captions.warnings) == ("srt", "utf-8", [])


@pytest.mark.parametrize("end", ["\r\n", "\r", "\r\r\n"])
def test_line_ends_of_other_systems_are_line_ends(reading, end):
    text = "1\n00:00:01,000 --> 00:00:02,000\nOne\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree\n"
    captions = reading(text.replace("\n", end))
    assert rows(captions) == [(1.0, 2.0, "One\ntwo"), (3.0, 4.0, "Three")]
    assert captions.warnings == []


@pytest.mark.parametrize(
    ("line", "times", "warning"),
    [
        ("00:00:01.500 --> 00:00:02.500", (1.5, 2.5), "'.' instead of ','"),
        ("00:00:01 --> 00:00:02", (1.0, 2.0), "without milliseconds"),
        ("00:00:01,5 --> 00:00:02,25", (1.5, 2.25), None),
        ("00: 00: 01, 500 --> 00: 00: 02, 500", (1.5, 2.5), "unusual form"),
        ("00:01,500 -> 00:02,500", (1.5, 2.5), "unusual form"),
        ("0:00:01,500-->0:00:02,500", (1.5, 2.5), None),
        ("00:00:01,500 --> 00:00:02,500 X1:100 X2:200 Y1:300 Y2:400", (1.5, 2.5), None),
        ("00:00:05,000 --> 00:00:03,000", (5.0, 5.0), "end before start"),
        ("-00:00:01,000 --> 00:00:03,000", (0.0, 3.0), "negative start"),
        ("-00:00:03,000 --> -00:00:01,000", (None, None), "before the beginning"),
        ("00:00:xx,500 --> 00:00:02,500", (None, None), "unreadable times"),
        ("00:00:01,500 --> ", (None, None), "unreadable times"),
        ("00:00:01,500 --> soon", (None, None), "unreadable times"),
        (" --> ", (None, None), "unreadable times"),
    ],
)
def test_a_broken_timing_line_keeps_its_cue_and_warns_with_its_line(reading, line, times, warning):
    captions = reading(f"1\n{line}\nOne\n\n2\n00:00:10,000 --> 00:00:11,000\nTwo\n")
    assert rows(captions) == [(*times, "One"), (10.0, 11.0, "Two")]
    if warning is None:
        assert captions.warnings == []
    else:
        assert len(captions.warnings) == 1
        assert warning in captions.warnings[0]
        assert "captions.srt, line 2:" in captions.warnings[0]


def test_a_missing_blank_line_does_not_glue_two_cues(reading):
    captions = reading("1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\nTwo\n")
    assert rows(captions) == [(1.0, 2.0, "One"), (3.0, 4.0, "Two")]
    assert any("no blank line" in w and "line 4" in w for w in captions.warnings)


def test_a_missing_number_is_noted_and_a_figure_above_it_stays_text(reading):
    captions = reading("1\n00:00:01,000 --> 00:00:02,000\nIt was\n1984\n00:00:03,000 --> 00:00:04,000\nTwo\n")
    assert rows(captions) == [(1.0, 2.0, "It was\n1984"), (3.0, 4.0, "Two")]
    assert any("no cue number" in w and "line 5" in w for w in captions.warnings)


def test_a_cue_that_is_only_a_figure_is_text(reading):
    captions = reading("1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7\n")
    assert rows(captions) == [(1.0, 2.0, "42"), (3.0, 4.0, "7")]
    assert captions.warnings == []


def test_empty_cues_stay(reading):
    captions = reading(
        "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\n3\n00:00:05,000 --> 00:00:06,000\nx\n"
    )
    assert rows(captions) == [(1.0, 2.0, ""), (3.0, 4.0, ""), (5.0, 6.0, "x")]


def test_text_before_the_first_cue_and_after_a_blank_line_is_kept(reading):
    captions = reading("Captions by Ann\n\n1\n00:00:01,000 --> 00:00:02,000\nOne\n\nmore of one\n")
    assert rows(captions) == [(None, None, "Captions by Ann"), (1.0, 2.0, "One\n\nmore of one")]
    assert any("text before the first cue" in w and "line 1" in w for w in captions.warnings)
    assert any("blank line inside a cue" in w and "line 6" in w for w in captions.warnings)


def test_overlaps_and_disorder_are_noted_and_the_order_of_the_file_kept(reading):
    captions = reading(
        "1\n00:00:05,000 --> 00:00:08,000\nB\n\n2\n00:00:01,000 --> 00:00:02,000\nA\n\n"
        "3\n00:00:07,000 --> 00:00:09,000\nC\n"
    )
    assert [c.text for c in captions.cues] == ["B", "A", "C"]
    assert any("file order kept" in w and "line 6" in w for w in captions.warnings)
    assert any("overlaps" in w and "line 10" in w for w in captions.warnings)


def test_double_spaced_files_are_read(reading):
    captions = reading("1\n\n00:00:01,000 --> 00:00:02,000\n\nOne\n\n\n\n2\n\n00:00:03,000 --> 00:00:04,000\n\nTwo\n\n")
    assert rows(captions) == [(1.0, 2.0, "One"), (3.0, 4.0, "Two")]


def test_an_arrow_in_the_text_is_text(reading):
    captions = reading("1\n00:00:01,000 --> 00:00:02,000\nfrom here --> to there\na -> b, x <- y\n")
    assert rows(captions) == [(1.0, 2.0, "from here --> to there\na -> b, x <- y")]


def test_many_faults_of_one_kind_are_counted(reading):
    text = "".join(f"{i}\n00:00:{i:02d}.000 --> 00:00:{i:02d}.500\nx\n\n" for i in range(1, 31))
    captions = reading(text)
    assert len(captions.cues) == 30
    assert len(captions.warnings) == 6
    assert "25 more" in captions.warnings[-1]


LINE = st.one_of(
    st.sampled_from(
        ["", "", "1", "2", "17", "00:00:01,000 --> 00:00:02,000", "00:00:03.5 --> x", "WEBVTT", "-->", "a -> b"]
    ),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12),
)


@given(st.lists(LINE, max_size=30))
@example(["1", "-->", "-->"])  # a timing line that cannot be read, and a text that is the same
@example(["0:-->:", "0:-->:"])
def test_no_line_of_a_file_is_lost(lines):
    """Every line that is not blank is a text line, a timing line or the number above one."""
    drafts = read(Source("x.srt", "\n".join(lines)), Notes("x.srt"))
    kept = [line for d in drafts for line in d.text.split("\n") if line.strip()]
    numbers = [d.id for d in drafts if d.id is not None]
    timed = [timing.row + 1 for timing in timings(lines)]
    rest = list(kept)
    for n, line in enumerate(lines, 1):
        if line.strip() and n not in timed and line in rest:
            rest.remove(line)
        elif line.strip() and n not in timed:
            assert line.strip().rstrip(".") in numbers
    assert rest == []


def test_srt(talk):
    rendered = render(talk, "srt")
    assert rendered.content == (
        "1\n00:00:00,500 --> 00:00:03,000\n<i>Hello</i> big <b>world</b> &\n<co> [MUSIC]\n\n"
        "2\n00:00:05,000 --> 00:00:06,500\nold time\n\n"
        "3\n00:00:07,000 --> 00:00:08,000\n♪\n\n"
    )
    assert rendered.omitted == [1]
    assert rendered.notes == [
        "1 cue not placed, written at the time of the input file: 2",
        "1 cue has no place and is omitted: 1",
    ]


def test_text_on_the_line_of_the_times_is_kept(reading):
    captions = reading(
        "1\n00:00:01,000 --> 00:00:02,000 Hello\nyou\n\n2\n00:00:03,000 --> 00:00:04,000  X1:10 X2:20\nBye\n"
    )
    assert rows(captions) == [(1.0, 2.0, "Hello\nyou"), (3.0, 4.0, "Bye")]
    assert any("text on the line of the times" in warning for warning in captions.warnings)


def test_numbers_and_positions_of_a_file_stay(tmp_path):
    content = (
        "7\n00:00:01,000 --> 00:00:02,000  X1:100 X2:200 Y1:10 Y2:20\n{\\an8}Hello\n\n"
        "9\n00:00:03,000 --> 00:00:04,000\nyou\n\n"
        "0012\n00:00:05,000 --> 00:00:06,000\n<font color=red>there</font>\n\n"
    )
    source, target, other = tmp_path / "a.srt", tmp_path / "b.srt", tmp_path / "b.vtt"
    source.write_text(content)
    _, report = convert(source, [target, other])
    assert target.read_text() == content
    (note,) = [note for note in report.notes if "not kept" in note]
    assert "settings (1 cue), commands in braces (1 cue), <font> (1 cue)" in note


@pytest.mark.parametrize("second", ["", "1"])
def test_numbers_that_are_no_names_are_counted_anew(tmp_path, second):
    source, target = tmp_path / "a.srt", tmp_path / "b.srt"
    source.write_text(f"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n{second}\n00:00:03,000 --> 00:00:04,000\nyou\n")
    convert(source, [target])
    assert [c.id for c in read_captions(target).cues] == ["1", "2"]
