"""Numbers that no time can have: the cue and its text stay, the time is dropped with a note, nothing else is raised."""

from __future__ import annotations

import io

import pytest

from ctcalign.errors import CaptionError
from ctcalign.formats import OUTPUT_FORMATS, read_alignment, render
from ctcalign.formats.captions import read_captions

HUGE = ("9" * 20, "9" * 400, "9" * 5000)
TEMPLATES = {
    "srt": "1\n00:00:01,000 --> {}:00:02,000\nHello there\n\n2\n00:00:03,000 --> 00:00:04,000\nyou\n",
    "vtt": "WEBVTT\n\n00:01.000 --> {}:00:02.000\nHello there\n\n00:03.000 --> 00:04.000\nyou\n",
    "ass": "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,{}:00:02.00,Hello there\n"
    "Dialogue: 0:00:03.00,0:00:04.00,you\n",
    "lrc": "[{}:01.00]Hello there\n[00:03.00]you\n",
    "ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="{}s">Hello there</p>'
    '<p begin="3s" end="4s">you</p></div></body></tt>',
    "tsv": "start\tend\ttext\n1.0\t{}\tHello there\n3.0\t4.0\tyou\n",
    "stm": "talk A Ann 1.0 {} Hello there\ntalk A Ann 3.0 4.0 you\n",
    "audacity": "1.0\t{}\tHello there\n3.0\t4.0\tyou\n",
    "whisper": '{{"segments": [{{"start": 1, "end": {}, "text": "Hello there"}}, '
    '{{"start": 3, "end": 4, "text": "you"}}]}}',
    "json3": '{{"events": [{{"tStartMs": 1000, "dDurationMs": {}, "segs": [{{"utf8": "Hello there"}}]}}, '
    '{{"tStartMs": 3000, "dDurationMs": 1000, "segs": [{{"utf8": "you"}}]}}]}}',
    "lhotse": '{{"recording_id": "a", "start": 1, "duration": {}, "text": "Hello there"}}\n'
    '{{"recording_id": "a", "start": 3, "duration": 1, "text": "you"}}\n',
}
STARTS_ALONE = ("ass", "tsv", "stm", "whisper", "json3")


@pytest.mark.parametrize("huge", HUGE, ids=("20", "400", "5000"))
@pytest.mark.parametrize("format", TEMPLATES)
def test_a_huge_number_costs_one_time_and_no_text(format, huge):
    source = io.StringIO(TEMPLATES[format].format(huge))
    if len(huge) > 4300 and format in ("whisper", "json3", "lhotse"):
        with pytest.raises(CaptionError, match=r"more than 4,300 digits"):
            read_captions(source, format)
        return
    cues = {cue.text: (cue.start, cue.end) for cue in read_captions(source, format).cues}
    # A start alone ends at the next cue, where the format can have one.
    assert cues["Hello there"] == ((1.0, 3.0) if format in STARTS_ALONE else (None, None))
    assert cues["you"] == (3.0, 3.0 if format == "lrc" else 4.0)


@pytest.mark.parametrize("format", TEMPLATES)
@pytest.mark.parametrize("large", ["99999999999", "123456789012345"])
def test_a_large_number_can_be_written_in_every_format(format, large):
    alignment = read_alignment(io.StringIO(TEMPLATES[format].format(large)))
    for output in OUTPUT_FORMATS:
        assert render(alignment, output).content is not None


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("00:00:01." + "5" * 5000, 1.555555555555555),
        ("00:00:01,000000000000000000000000001", 1.0),
        ("999999999999999:00", 999999999999999 * 60.0),
        ("1000000000000000:00", None),
        ("00:00:" + "0" * 4301, None),
    ],
)
def test_clock_times_have_at_most_fifteen_digits_before_the_fraction(time, seconds):
    from ctcalign.formats.shared.clock import parse_clock

    assert parse_clock(time) == seconds


def test_a_long_row_of_digits_is_text_of_a_cue_and_not_its_number():
    text = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" + "9" * 5000 + "\n00:00:03,000 --> 00:00:04,000\nyou\n"
    cues = read_captions(io.StringIO(text), "srt").cues
    assert [cue.id for cue in cues] == ["1", None]
    assert "".join(cue.text for cue in cues).replace("\n", "") == "Hello" + "9" * 5000 + "you"


@pytest.mark.parametrize("name", ["9" * 5000, "123456789", "²"])
def test_an_odd_name_of_a_channel_is_no_channel_number(name):
    captions = read_captions(io.StringIO(f"talk {name} Ann 1 2 Hello\ntalk 1 Bob 3 4 you\n"), "stm")
    assert [cue.channel for cue in captions.cues] == [None, 0]


@pytest.mark.parametrize(
    "rate", ['ttp:subFrameRate="0.5"', 'ttp:frameRateMultiplier="0 1001"', f'ttp:frameRate="{"9" * 500}"']
)
def test_impossible_rates_of_ttml_do_not_count(rate):
    text = (
        f'<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" {rate}>'
        '<body><div><p begin="00:00:01:15.1" end="90f">Hello</p></div></body></tt>'
    )
    [cue] = read_captions(io.StringIO(text), "ttml").cues
    assert (cue.start is None) == (cue.end is None)
    assert cue.end in (None, 3.0)


@pytest.mark.parametrize("number", ["1e999", "9" * 5000])
def test_a_textgrid_with_an_impossible_time_is_damaged(number):
    text = f'"ooTextFile"\n"TextGrid"\n0\n2\n<exists>\n1\n"IntervalTier"\n"words"\n0\n2\n1\n0\n{number}\n"hello"\n'
    with pytest.raises(CaptionError, match="is not a time"):
        read_captions(io.StringIO(text), "textgrid")
