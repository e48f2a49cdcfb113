"""The format of a file by its extension and its content."""

from __future__ import annotations

import pytest

from ctcalign.errors import CaptionError, UsageError

SRT = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, naïve café\n"


@pytest.mark.parametrize(
    ("content", "name", "format"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "wrong.srt", "vtt"),
        (SRT, "wrong.txt", "srt"),
        ("1.0\t2.0\tHi\n", "labels.txt", "audacity"),
        ("[00:01.00]Hi\n[00:02.00]Ho\n", "song.txt", "lrc"),
        ('{"events": [{"tStartMs": 0, "dDurationMs": 1000, "segs": [{"utf8": "Hi"}]}]}', "a.json", "json3"),
        ('{"segments": [{"start": 0, "end": 1, "text": "Hi"}]}', "a.json", "whisper"),
        ('{"text": "Hi", "start": 0, "end": 1}\n{"text": "Ho", "start": 1, "end": 2}\n', "a.jsonl", "whisper"),
        ("[MUSIC] Hello\n[00:01] is no stamp of mine\nHi\n", "a.txt", "txt"),
        ("{\\an8}Hello\n", "a.txt", "txt"),
        ("a 1 0.5 0.25 hello 0.9\na 1 0.75 0.25 you 0.8\n", "ali", "ctm"),
        ("a 1 bob 0.5 1.25 hello you\n", "ali", "stm"),
        ("start\tend\ttext\n0\t1000\thi\n", "x", "tsv"),
        ("Hello you\n", "transcript", "txt"),
    ],
)
def test_content_corrects_the_extension(reading, content, name, format):
    assert reading(content, name).format == format


def test_a_corrected_extension_is_noted(reading):
    assert any("read as vtt" in w for w in reading("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "wrong.srt").warnings)


def test_an_unknown_format_is_refused_with_the_known_ones(reading):
    with pytest.raises(CaptionError, match=r"unknown caption format '.md'.*textgrid"):
        reading("# Hello\nyou\n", "notes.md")
    assert reading("# Hello\nyou\n", "notes.md", format="txt").cues[0].text == "# Hello"
    with pytest.raises(UsageError, match="expected one of"):
        reading("x", "a.txt", format="docx")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"segments": [{"text": "a"}', "not valid JSON"),
        ('{"a": 1}', "no known caption format"),
        ("[1, 2]", "no known caption format"),
        ('{"segments": [[0, 1, "a"]]}', "expected segments as objects"),
        ('{"text": "a"}\n{"text": \n', "line 2"),
        ("[" * 100000, "nested too deeply|not valid JSON"),
        ('{"schema": "ctcalign/alignment/9", "cues": []}', "ctcalign/alignment/9"),
        ('{"schema": "ctcalign/alignment/1"}', "list of cues"),
    ],
)
def test_other_json_is_refused(reading, content, message):
    with pytest.raises(CaptionError, match=message):
        reading(content, "a.json")


@pytest.mark.parametrize(
    ("name", "format"), [("a.json3", None), ("a.json", "json3"), ("a.json", "lhotse"), ("a.txt", "json")]
)
def test_json_of_no_known_format_is_refused_under_every_name(reading, name, format):
    with pytest.raises(CaptionError, match="JSON of no known caption format"):
        reading('{"a": 1}', name, format=format)


def test_json_of_another_format_has_no_events(reading):
    with pytest.raises(CaptionError, match="no captions found in it as json3"):
        reading('{"segments": [{"start": 0, "end": 1, "text": "Hi"}]}', "a.json3")
