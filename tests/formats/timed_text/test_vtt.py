"""WebVTT."""

from __future__ import annotations

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.formats import read_alignment, render
from ctcalign.formats.converting import convert
from tests.formats.conftest import rows


def test_header_notes_styles_and_regions_are_no_captions(reading):
    captions = reading(
        "WEBVTT - captions\nKind: captions\nLanguage: en\n\nSTYLE\n::cue { color: white }\n\nREGION\nid:a\n\n"
        "NOTE made\nfor tests\n\nintro\n00:01.000 --> 00:02.000 align:start position:10%\nHello\nyou\n\n"
        "NOTE\n\n01:00:03.500 --> 01:00:04.000\nBye\n",
        "a.vtt",
    )
    assert rows(captions) == [(1.0, 2.0, "Hello\nyou"), (3603.5, 3604.0, "Bye")]
    assert [c.id for c in captions.cues] == ["intro", None]
    assert captions.warnings == []


def test_a_note_line_inside_a_cue_is_text(reading):
    captions = reading("WEBVTT\n\n00:01.000 --> 00:02.000\nNOTE this\nSTYLE\n", "a.vtt")
    assert rows(captions) == [(1.0, 2.0, "NOTE this\nSTYLE")]


def test_a_cue_may_be_named_note(reading):
    captions = reading("WEBVTT\n\nNOTE\n00:01.000 --> 00:02.000\nHello\n\nNOTE gone\n", "a.vtt")
    assert [(c.id, c.start, c.text) for c in captions.cues] == [("NOTE", 1.0, "Hello")]


def test_voice_tags_give_the_speaker_and_stay_in_the_text(reading):
    captions = reading(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud Ann &amp; Bob>Hello</v>\n\n"
        "00:02.000 --> 00:03.000\n<v Ann>Hi</v> <v Bob>Ho</v>\n",
        "a.vtt",
    )
    assert [c.speaker for c in captions.cues] == ["Ann & Bob", None]
    assert captions.cues[0].text == "<v.loud Ann &amp; Bob>Hello</v>"


def test_stamps_between_words_become_word_times(reading):
    captions = reading(
        "WEBVTT\n\n00:01.000 --> 00:04.000\nhello<00:00:01.500><c> big</c><00:00:02.250><c> wor</c><00:00:03.000>ld\n",
        "a.vtt",
    )
    assert captions.cues[0].text == "hello big world"
    assert captions.cues[0].words == (
        CueWord("hello", 1.0, 1.5),
        CueWord("big", 1.5, 2.25),
        CueWord("world", 2.25, 4.0),
    )


def test_a_stamp_before_a_pause_ends_the_word(reading):
    captions = reading("WEBVTT\n\n00:01.000 --> 00:04.000\n<b>one</b><00:02.000> <00:03.000>two &amp; three\n", "a.vtt")
    cue = captions.cues[0]
    assert cue.text == "<b>one</b> two &amp; three"
    assert cue.words[:2] == (CueWord("one", 1.0, 2.0), CueWord("two", 3.0, None))
    assert cue.words[-1] == CueWord("three", None, 4.0)


@pytest.mark.parametrize("head", ["", "\n\n"])
def test_a_missing_header_is_noted(reading, head):
    captions = reading(head + "00:01.000 --> 00:02.000\nHello\n", "a.vtt")
    assert rows(captions) == [(1.0, 2.0, "Hello")]
    assert "no WEBVTT header" in captions.warnings[0]


def test_no_blank_line_after_the_header_or_between_cues(reading):
    captions = reading("WEBVTT\n00:01.000 --> 00:02.000\nHello\n00:02.000 --> 00:03.000\nyou\n", "a.vtt")
    assert rows(captions) == [(1.0, 2.0, "Hello"), (2.0, 3.0, "you")]


def test_a_name_right_under_the_header_is_the_name_of_the_cue(reading):
    captions = reading("WEBVTT\nfirst\n00:01.000 --> 00:02.000\nHello\n", "a.vtt")
    assert (captions.cues[0].id, captions.cues[0].text) == ("first", "Hello")


def test_stray_text_and_commas_are_kept(reading):
    captions = reading("WEBVTT\n\nwho wrote this\n\n00:00:01,000 --> 00:00:02,000\nHello\n\nyou\n", "a.vtt")
    assert rows(captions) == [(None, None, "who wrote this"), (1.0, 2.0, "Hello\n\nyou")]


def test_an_hls_time_map_is_noted(reading):
    captions = reading(
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\nHi\n", "a.vtt"
    )
    assert "X-TIMESTAMP-MAP" in captions.warnings[0]
    assert rows(captions) == [(1.0, 2.0, "Hi")]


def test_vtt(talk):
    rendered = render(talk, "vtt")
    assert rendered.content == (
        "WEBVTT\n\n"
        "intro\n00:00:00.500 --> 00:00:03.000\n"
        "<v Ann &lt;A&gt;><i><00:00:00.700>Hello</i> <00:00:00.900>big<00:00:01.200> <b><00:00:01.500>world</b> "
        "<00:00:01.800>&amp;\n&lt;co&gt; <00:00:02.000>[MUSIC]\n\n"
        "00:00:05.000 --> 00:00:06.500\nold time\n\n"
        "00:00:07.000 --> 00:00:08.000\n♪\n\n"
        "NOTE cue 1 was not placed (not in the audio):\nnever\nfound\n\n"
    )
    assert rendered.words == 4


LAYOUT = """WEBVTT - Some title
Kind: captions
X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000

STYLE
::cue(.yellow) { color: yellow }
::cue(b) { color: red }

REGION
id:fred
width:40%

NOTE a comment
over two lines

intro
00:00:04.600 --> 00:00:07.160 region:fred align:left
<v.loud Anna Smith>Good evening, and <c.yellow>welcome</c>.</v>

NOTE another

NOTE1
00:00:07.660 --> 00:00:10.440 line:0 position:20%,line-left size:50%
<lang en>Tonight we hear</lang> &amp; that.

00:00:17.040 --> 00:00:19.990 vertical:rl
its <ruby>lamp<rt>light</rt></ruby> went <b.red>dark</b>

NOTE the end

"""


def test_a_vtt_file_comes_back_as_it_was(tmp_path):
    source, through, target = tmp_path / "a.vtt", tmp_path / "a.json", tmp_path / "b.vtt"
    source.write_text(LAYOUT)
    convert(source, [through])
    convert(through, [target])
    assert target.read_text() == LAYOUT


def test_retiming_keeps_settings_and_blocks(tmp_path):
    source = tmp_path / "a.vtt"
    source.write_text(LAYOUT)
    alignment = read_alignment(source)
    for cue in alignment.cues:
        cue.start, cue.end = cue.start + 60, cue.end + 60
    alignment.duration = 90.0
    expected = LAYOUT.replace("00:00:04.6", "00:01:04.6").replace("00:00:07.1", "00:01:07.1")
    expected = expected.replace("00:00:07.6", "00:01:07.6").replace("00:00:10.4", "00:01:10.4")
    expected = expected.replace("00:00:17.0", "00:01:17.0").replace("00:00:19.9", "00:01:19.9")
    assert render(alignment, "vtt").content == expected


@pytest.mark.parametrize("name", ["a.srt", "a.ass", "a.lrc", "a.TextGrid", "a.stm", "a.tsv", "a.ctm"])
def test_one_note_names_the_layout_that_is_lost(tmp_path, name):
    source, target = tmp_path / "a.vtt", tmp_path / name
    source.write_text(LAYOUT.replace("welcome", "<00:00:05.000>welcome"))
    (report,) = convert(source, [target])
    (note,) = [note for note in report.notes if "not kept" in note]
    for what in ("header", "STYLE", "REGION", "NOTE (3)", "settings (3 cues)"):
        assert what in note
    if name == "a.srt":
        assert "<v> (1 cue)" in note
        assert "<ruby> (1 cue)" in note


def test_a_plain_file_has_nothing_to_lose(tmp_path):
    source = tmp_path / "a.vtt"
    source.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello <i>you</i>\n")
    for name in ("a.srt", "a.ass", "b.vtt"):
        (report,) = convert(source, [tmp_path / name])
        assert report.notes == []
