"""What each format looks like, by hand: tags, speakers, pauses, cues without a place."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats import render
from ctcalign.formats.shared.mark_up import plain


def tag(text: str) -> AlignedWord:
    return AlignedWord(text, status="not_spoken")


@pytest.fixture
def talk() -> Alignment:
    return Alignment(
        "talks/my talk.wav",
        20.0,
        "builtin:en",
        [
            AlignedCue(
                0,
                "<i>Hello</i> big {\\b1}world{\\b0} &\n<co> [MUSIC]",
                0.5,
                3.0,
                words=[
                    tag("<i>"),
                    AlignedWord("Hello", 0.7, 0.9, -0.1, 0.9),
                    tag("</i>"),
                    AlignedWord("big", 0.9, 1.2, -0.1, 0.25),
                    tag("{\\b1}"),
                    AlignedWord("world", 1.5, 1.8),
                    tag("{\\b0}"),
                    AlignedWord("&", 1.8, 2.0),
                    AlignedWord("<co>", status="failed", reason="no characters of the model"),
                    AlignedWord("[MUSIC]", 2.0, 3.0, status="not_spoken"),
                ],
                speaker="Ann <A>",
                id="intro",
            ),
            AlignedCue(1, "never\n\nfound", status="failed", reason="not in the audio"),
            AlignedCue(2, "old time", status="failed", input_start=5.0, input_end=6.5),
            AlignedCue(3, "♪", 7.0, 8.0, status="not_spoken"),
        ],
    )


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
        "1 cue has no place and is left out: 1",
    ]


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


def test_ass(talk):
    events = render(talk, "ass").content.split("Effect, Text\n")[1].splitlines()
    assert events == [
        "Dialogue: 0,0:00:00.50,0:00:03.00,Default,Ann <A>,0,0,0,,{\\i1}{\\k20}{\\k20}Hello{\\i0} {\\k30}big "
        "{\\b1}{\\k30}{\\k30}world{\\b0} {\\k20}&\\N<co> {\\k100}[MUSIC]",
        "Dialogue: 0,0:00:05.00,0:00:06.50,Default,,0,0,0,,old time",
        "Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,♪",
        "Comment: 0,0:00:00.00,0:00:00.00,Default,,0,0,0,,never\\N\\Nfound",
    ]


def test_lrc(talk):
    assert render(talk, "lrc").content == (
        "[re:ctcalign]\n[ti:my_talk]\n[length:00:20.00]\n"
        "[00:00.50]<00:00.70>Hello <00:00.90>big <00:01.50>world <00:01.80>& <co> <00:02.00>[MUSIC]<00:03.00>\n"
        "[00:03.00]\n[00:07.00]♪\n[00:08.00]\n"
    )


def test_ctm(talk):
    rendered = render(talk, "ctm")
    assert rendered.content == (
        "my_talk 1 0.700 0.200 Hello 0.9000\n"
        "my_talk 1 0.900 0.300 big 0.2500\n"
        "my_talk 1 1.500 0.300 world NA\n"
        "my_talk 1 1.800 0.200 & NA\n"
    )
    assert "1 word without a place left out" in rendered.notes


def test_stm(talk):
    assert render(talk, "stm").content == (
        "my_talk 1 Ann_<A> 0.500 3.000 Hello big world & <co> [MUSIC]\nmy_talk 1 UNKNOWN 7.000 8.000 ♪\n"
    )


def test_kaldi_holds_what_can_be_trained_on(talk):
    rendered = render(talk, "kaldi")
    assert rendered.content["text"] == "Ann__A_-my_talk-0000000 Hello big world & <co>\n"
    assert rendered.content["segments"] == "Ann__A_-my_talk-0000000 my_talk 0.500 3.000\n"
    assert rendered.omitted == [1, 2, 3]


def test_speakers_that_overlap_get_tiers_of_their_own():
    cues = [AlignedCue(0, "one", 0.0, 2.0, speaker="Ann"), AlignedCue(1, "two", 1.0, 3.0, speaker="unknown")]
    cues.append(AlignedCue(2, "three", 2.5, 4.0))
    rendered = render(Alignment("a", 5.0, "m", cues), "textgrid")
    for name in ("Ann - cues", "unknown - cues", "unknown speaker - cues"):
        assert rendered.content.count(f'name = "{name}"') == 1
    assert (rendered.cues, rendered.notes) == (3, [])


def test_quotes_and_keys_in_a_textgrid():
    cue = AlignedCue(0, 'say "hi"', 0.0, 1.0)
    assert 'text = "say ""hi""" \n' in render(Alignment("a", 5.0, "m", [cue]), "textgrid").content
    # Readers that look for the keys of the long form would stumble: the short form has none.
    cue.text = 'item [2]: "x"'
    content = render(Alignment("a", 5.0, "m", [cue]), "textgrid").content
    assert content.startswith('File type = "ooTextFile short"\n')
    assert '0\n1\n"item [2]: ""x"""\n1\n5\n""\n' in content


def test_cues_of_one_speaker_that_overlap_are_clipped_and_told():
    cues = [AlignedCue(0, "one", 0.0, 2.0), AlignedCue(1, "two", 1.0, 3.0), AlignedCue(2, "in it", 1.0, 2.5)]
    rendered = render(Alignment("a", 5.0, "m", cues), "textgrid")
    assert rendered.notes == [
        "2 cues began before the end of the one before: clipped",
    ]
    assert rendered.cues == 3


def test_zero_lengths_get_a_tick_where_a_format_needs_one():
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, "one", 1.0, 1.0)])
    assert "00:00:01,000 --> 00:00:01,001" in render(alignment, "srt").content
    assert "xmin = 1 \n            xmax = 1.001 " in render(alignment, "textgrid").content
    assert "0:00:01.00,0:00:01.01" in render(alignment, "ass").content


def test_unordered_cues_are_sorted_and_told():
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, "second", 3.0, 4.0), AlignedCue(1, "first", 1.0, 2.0)])
    for name in ("srt", "vtt", "ass"):
        rendered = render(alignment, name)
        assert rendered.content.index("first") < rendered.content.index("second")
        assert "cues were not in the order of time: sorted by start" in rendered.notes


def test_captions_without_word_times_cannot_be_a_ctm_and_say_so():
    rendered = render(Alignment("a", 5.0, "", [AlignedCue(0, "no words", 1.0, 2.0)]), "ctm")
    assert (rendered.content, rendered.omitted) == ("", [0])
    assert rendered.notes == ["1 cue has no timed words and is left out: 0"]


@pytest.mark.parametrize(
    ("text", "srt", "vtt", "ass"),
    [
        ("a < b > c", "a < b > c", "a &lt; b &gt; c", "a < b > c"),
        ("<font color='red'>x</font>", "<font color='red'>x</font>", "x", "x"),
        ("<v Bob>x", "x", "<v Bob>x", "x"),
        ("<c.yellow>x</c>", "x", "<c.yellow>x</c>", "x"),
        ("{\\an8\\i1}x", "{\\an8}<i>x", "<i>x", "{\\an8\\i1}x"),
        ("AT&amp;T", "AT&T", "AT&amp;T", "AT&T"),
        ("AT&T", "AT&T", "AT&amp;T", "AT&T"),
        ("x<br/>y", "x\ny", "x\ny", "x\\Ny"),
        ("{sic} \\N", "{sic} \\N", "{sic} \\N", "｛sic｝ \\\u2060N"),
        ("<00:00:01.000>x", "x", "x", "x"),
        ("<em>x</em>", "<em>x</em>", "<i>x</i>", "{\\i1}x{\\i0}"),
        ("a --> b", "a --> b", "a --&gt; b", "a --> b"),
        ("5 --> 6", "5 --\u2060> 6", "5 --&gt; 6", "5 --> 6"),
        ("x\x00y\u2028z", "xy\nz", "xy\nz", "xy\\Nz"),
    ],
)
def test_the_markup_of_a_text_becomes_that_of_the_format(text, srt, vtt, ass):
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, text, 1.0, 2.0)])
    assert render(alignment, "srt").content.split("\n", 2)[2] == srt + "\n\n"
    assert render(alignment, "vtt").content.split("\n", 3)[3] == vtt + "\n\n"
    assert render(alignment, "ass").content.split(",,0,0,0,,")[1] == ass + "\n"


def test_plain_text_is_one_line_without_tags():
    assert plain("<i>a</i>\n <b>b</b>&nbsp;c{\\an8}<br>d") == "a b c d"
