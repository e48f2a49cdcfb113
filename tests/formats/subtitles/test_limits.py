"""Subtitles within the limits that the user sets."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import UsageError
from ctcalign.formats import render
from ctcalign.formats.subtitles import SubtitleLimits
from ctcalign.formats.subtitles.breaking import width_of
from ctcalign.formats.subtitles.limits import limited

SPEECH = "Tonight we hear about a lighthouse that nearly went dark, and about the three men who lived there."


def timed(text: str, start: float = 0.0, each: float = 0.5, **more) -> AlignedCue:
    """A cue whose words take half a second each."""
    words = [AlignedWord(word, start + k * each, start + (k + 1) * each) for k, word in enumerate(text.split())]
    return AlignedCue(0, text, start, start + each * len(words), words=words, **more)


def parts(cue: AlignedCue, duration: float = 100.0, **limits) -> list[tuple[float | None, float | None, str]]:
    done, _ = limited(Alignment("a.wav", duration, "m", [cue]), SubtitleLimits(**limits))
    return [(one.start, one.end, one.text) for one in done.cues]


def test_a_long_caption_is_divided_with_the_times_of_its_words():
    assert parts(timed(SPEECH), max_line_length=32) == [
        (0.0, 4.5, "Tonight we hear about\na lighthouse that nearly went"),
        (4.5, 9.0, "dark, and about the three\nmen who lived there."),
    ]


def test_a_caption_within_the_limits_stays_as_it_is():
    own = "- A line\n- and  another,   spaced"
    assert parts(timed(own), max_line_length=42) == [(0.0, 3.5, own)]


def test_lines_are_even_and_end_at_punctuation():
    [(_, _, text)] = parts(timed("Please welcome our guest of tonight, Mr Thomas Reed."), max_line_length=42)
    assert text == "Please welcome our guest of tonight,\nMr Thomas Reed."


def test_lines_of_the_input_are_joined_with_a_space():
    [(_, _, text)] = parts(timed("one\ntwo<br>three\nfour"), max_line_length=42, max_lines=1)
    assert text == "one two three four"


def test_one_speaker_a_line():
    """A dash belongs to the word behind it."""
    [(_, _, text)] = parts(timed("- Did you see the light over there? - No, I was asleep."), max_line_length=42)
    assert text == "- Did you see the light over there?\n- No, I was asleep."


def test_tags_are_closed_and_opened_again():
    texts = [text for *_, text in parts(timed(f"<i>{SPEECH}</i>"), max_line_length=32)]
    assert len(texts) > 1
    assert all(text.startswith("<i>") and text.endswith("</i>") and text.count("<") == 2 for text in texts)


def test_a_position_holds_for_every_part():
    texts = [text for *_, text in parts(timed("{\\an8}" + SPEECH), max_line_length=32)]
    assert len(texts) > 1
    assert all(text.startswith("{\\an8}") for text in texts)


def test_chinese_is_broken_between_characters_but_not_before_punctuation():
    text = "今天我们来讲一讲铁路的历史。铁路最早出现在英国，当时的火车在矿山和港口之间运行。"
    lines = "\n".join(text for *_, text in parts(AlignedCue(0, text, 0.0, 8.0), max_line_length=14)).split("\n")
    assert "".join(lines) == text
    assert all(len(line) <= 14 and line[0] not in "。，" for line in lines)


def test_every_line_of_right_to_left_text_has_its_direction():
    text = "\u202bשלום לכולם, הערב נספר על המגדלור שכמעט כבה, ועל שלושת האנשים שגרו בו.\u202c"
    rows = [line for _, _, part in parts(timed(text), max_line_length=24) for line in part.split("\n")]
    assert len(rows) > 2
    assert all(row.startswith("\u202b") and row.endswith("\u202c") for row in rows)
    assert " ".join(row.strip("\u202b\u202c") for row in rows) == text.strip("\u202b\u202c")
    marked = "\u200fאחת שתיים שלוש ארבע חמש"
    assert parts(timed(marked), max_line_length=14)[0][2] == "\u200fאחת שתיים\n\u200fשלוש ארבע חמש"


def test_marks_of_direction_have_no_width_and_small_kana_have_one():
    assert width_of("\u202bאב\u202c\u200f") == 2
    assert width_of("きゃっと") == 4
    assert width_of("👩\u200d👩\u200d👧e\u0301") == 2


def test_without_word_times_the_length_decides():
    cue = AlignedCue(0, "aaaa bbbb cccc dddd", 0.0, 8.0)
    assert parts(cue, max_line_length=9, max_lines=1) == [(0.0, 4.0, "aaaa bbbb"), (4.0, 8.0, "cccc dddd")]


def test_a_caption_without_times_only_gets_lines():
    assert [text for *_, text in parts(AlignedCue(0, "aa bb cc", status="failed"), max_line_length=2)] == ["aa\nbb\ncc"]


def test_a_longer_word_stays_whole_and_is_named():
    cue = timed("a verylongwordindeed b")
    done, notes = limited(Alignment("a.wav", 9.0, "m", [cue]), SubtitleLimits(max_line_length=10))
    assert " ".join(one.text for one in done.cues).split() == cue.text.split()
    assert notes == ["1 cue with a line longer than --max-line-length, no place to break: 0"]


def test_a_fast_caption_lasts_into_the_pause():
    cues = [timed("twenty characters ok", 0.0, 0.1), timed("next", 5.0), timed("ten chars.", 5.4, 0.1)]
    cues[1].index, cues[2].index = 1, 2
    done, notes = limited(Alignment("a.wav", 5.7, "m", cues), SubtitleLimits(max_cps=10))
    assert [one.end for one in done.cues] == pytest.approx([2.0, 5.5, 5.7])
    assert notes == ["1 cue faster than --max-cps, no room after them: 2"]


def test_only_subtitles_are_limited():
    alignment = Alignment("a.wav", 20.0, "m", [timed(SPEECH)])
    limits = SubtitleLimits(max_line_length=32)
    assert render(alignment, "srt", limits=limits).cues == 2
    assert render(alignment, "ass", limits=limits).cues == 2
    for format in ("json", "stm", "lrc"):
        assert render(alignment, format, limits=limits).content == render(alignment, format).content


def test_the_words_keep_their_times_in_vtt():
    alignment = Alignment("a.wav", 20.0, "m", [timed(SPEECH)])
    whole = re.findall(r"<([\d:.]+)>(\w+)", str(render(alignment, "vtt").content))
    divided = re.findall(r"<([\d:.]+)>(\w+)", str(render(alignment, "vtt", limits=SubtitleLimits(32)).content))
    assert set(divided) < set(whole)
    assert len(divided) == len(whole) - 1  # the first word of the second cue begins with it


@pytest.mark.parametrize("limits", [{"max_line_length": 0}, {"max_lines": -1}, {"max_cps": 0.0}])
def test_a_limit_is_above_zero(limits):
    with pytest.raises(UsageError, match="expected a number above 0"):
        SubtitleLimits(**limits)


TEXTS = st.lists(
    st.sampled_from(
        ["a", "of", "word,", "sentence.", "extraordinarily", "<i>x</i>", "<b>", "</b>", "-", "？", "语言学", "&amp;"]
    ),
    min_size=1,
    max_size=30,
)


@given(
    TEXTS,
    st.lists(st.sampled_from([" ", "\n", "  "]), min_size=30, max_size=30),
    st.booleans(),
    st.integers(3, 40),
    st.integers(1, 3),
)
def test_nothing_is_lost_and_nothing_overlaps(pieces, gaps, with_words, longest, most):
    text = "".join(piece + gap for piece, gap in zip(pieces, gaps, strict=False)).strip()
    cue = timed(text, 1.0) if with_words else AlignedCue(0, text, 1.0, 9.0)
    done, notes = limited(Alignment("a.wav", 50.0, "m", [cue]), SubtitleLimits(longest, most))
    seen = "".join(re.sub(r"<[^>]*>|\s", "", one.text) for one in done.cues)
    assert seen == re.sub(r"<[^>]*>|\s", "", text)
    assert (done.cues[0].start, done.cues[-1].end) == (cue.start, cue.end)
    for a, b in itertools.pairwise(done.cues):
        assert a.start <= a.end <= b.start
    if not notes:
        for one in done.cues:
            lines = re.sub(r"<[^>]*>", "", one.text).replace("&amp;", "&").split("\n")
            assert len(lines) <= most
            assert all(len(line) <= longest for line in lines)
        assert limited(done, SubtitleLimits(longest, most))[0].cues == done.cues
