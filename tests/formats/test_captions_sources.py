"""Where captions come from, how they are decoded and recognised."""

from __future__ import annotations

import gzip
import io
import sys

import pytest

from ctcalign.errors import CaptionError, UsageError
from ctcalign.formats.captions import read_captions
from ctcalign.formats.registry import INPUT_FORMATS

SRT = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, naïve café\n"


def test_plain_text_is_a_cue_a_line(reading):
    captions = reading("One line.\n\n  \nAnother – line\n" + "long " * 200 + "\n", "a.txt")
    assert [c.text for c in captions.cues][:2] == ["One line.", "Another – line"]
    assert len(captions.cues) == 3
    assert all(c.start is None and c.end is None for c in captions.cues)
    assert (captions.format, captions.warnings) == ("txt", [])


def test_other_line_separators_do_not_cut_a_line(reading):
    captions = reading("one\u2028two\x0bthree\nfour\n", "a.txt")
    assert [c.text for c in captions.cues] == ["one\u2028two\x0bthree", "four"]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8 with BOM"),
        ("utf-16", "utf-16 LE with BOM"),
        ("utf-32", "utf-32 LE with BOM"),
    ],
)
def test_unicode_encodings_need_no_warning(reading, codec, name):
    captions = reading(SRT.encode(codec))
    assert captions.cues[0].text == "Grüße, naïve café"
    assert captions.cues[0].id == "1"
    assert (captions.encoding, captions.warnings) == (name, [])


def test_utf16_big_endian_with_mark_and_without(reading):
    marked = reading(b"\xfe\xff" + SRT.encode("utf-16-be"))
    assert (marked.cues[0].text, marked.encoding) == ("Grüße, naïve café", "utf-16 BE with BOM")
    bare = reading(SRT.encode("utf-16-be"))
    assert (bare.cues[0].text, bare.encoding) == ("Grüße, naïve café", "utf-16-be")
    assert "no byte-order mark" in bare.warnings[0]
    little = reading(SRT.encode("utf-16-le"))
    assert little.encoding == "utf-16-le"


TEXTS = {
    "cp1252": "Elle a été très déçue : « où est l'élève ? » – l’œuvre coûte 5 €.",
    "cp1251": "Однажды в студёную зимнюю пору я из лесу вышел; был сильный мороз. Гляжу, поднимается медленно в гору.",
    "shift_jis": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "gb18030": "关关雎鸠，在河之洲。窈窕淑女，君子好逑。参差荇菜，左右流之。窈窕淑女，寤寐求之。",
    "euc_kr": "나 보기가 역겨워 가실 때에는 말없이 고이 보내 드리오리다. ",
}


@pytest.mark.parametrize("codec", TEXTS)
def test_older_code_pages_are_guessed_with_a_warning(reading, codec):
    captions = reading(f"1\n00:00:01,000 --> 00:00:02,000\n{TEXTS[codec]}\n".encode(codec))
    assert captions.cues[0].text == TEXTS[codec]
    assert any("not UTF-8" in w and captions.encoding in w for w in captions.warnings)


def test_one_slip_does_not_change_the_code_page(reading):
    data = ("Ärger über Öl. " * 20).encode() + b"caf\xe9\nno"
    captions = reading(data, "a.txt")
    assert captions.encoding == "utf-8"
    assert captions.cues[0].text.endswith("caf\ufffd")
    assert "line 1" in captions.warnings[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\n\t ", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "swapped"),
        (b"fLaC\x00\x00", "FLAC audio"),
        (b"\x00\x00\x00\x18ftypmp42", "MP4"),
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"PK\x03\x04\x14\x00", "office document"),
        (b"abc\x00\x01\x00\x02\x00\x00xyz", "binary data"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08" * 20, "binary data"),
        (b"\x1f\x8b\x08\x00broken", "gzip file is damaged"),
    ],
)
def test_what_is_no_text_is_refused(reading, data, message):
    with pytest.raises(CaptionError, match=message):
        reading(data)


def test_gzip_is_unpacked(reading):
    captions = reading(gzip.compress(SRT.encode()), "a.srt.gz")
    assert (captions.format, captions.cues[0].text) == ("srt", "Grüße, naïve café")


def test_a_missing_file_and_text_given_as_a_path_are_refused(tmp_path):
    with pytest.raises(CaptionError, match="no such caption file"):
        read_captions(tmp_path / "missing.srt")
    with pytest.raises(CaptionError, match="Hello"):
        read_captions("Hello there,\nthis is text")
    with pytest.raises(CaptionError):
        read_captions("word " * 2000)
    with pytest.raises(CaptionError, match="cannot be read"):
        read_captions("a\0b")
    with pytest.raises(CaptionError, match="directory"):
        read_captions(tmp_path)
    with pytest.raises(CaptionError, match="got int"):
        read_captions(5)


def test_streams_are_recognised_by_content_or_name():
    captions = read_captions(io.StringIO("\ufeff" + SRT.replace("\n", "\r\n")))
    assert (captions.format, captions.cues[0].text) == ("srt", "Grüße, naïve café")
    assert read_captions(io.BytesIO(SRT.encode("utf-16"))).cues == captions.cues
    assert read_captions(io.StringIO("just text\nand more")).format == "txt"
    with pytest.raises(CaptionError, match="empty"):
        read_captions(io.StringIO(""))


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + SRT.encode()), encoding="ascii"))
    captions = read_captions("-")
    assert (captions.format, captions.cues[0].text) == ("srt", "Grüße, naïve café")


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


def test_the_named_format_wins(reading):
    assert len(reading(SRT, "a.srt", format="txt").cues) == 3
    assert reading(SRT, "a.txt", format="SubRip").format == "srt"


EMPTY = {
    "vtt": "WEBVTT\n\nNOTE nothing\n",
    "ass": "[Script Info]\n\n[Events]\nComment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x\n",
    "ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>',
    "json3": '{"events": []}',
    "whisper": '{"segments": []}',
    "json": '{"schema": "ctcalign/alignment/1", "cues": []}',
    "lhotse": '{"supervisions": []}',
    "stm": ";; nothing\n",
    "ctm": ";; nothing\n",
    "textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n1\n<absent>\n',
    "lrc": "[ar:nobody]\n",
    "audacity": "\\\t100\t200\n",
    "tsv": "start\tend\ttext\n",
}


@pytest.mark.parametrize("format", EMPTY)  # any text is a cue of txt, srt and kaldi
def test_a_file_without_captions_is_refused(reading, format):
    with pytest.raises(CaptionError, match="no captions"):
        reading(EMPTY[format], "captions", format=format)


def test_the_list_of_empty_files_is_complete():
    assert set(INPUT_FORMATS) - set(EMPTY) == {"txt", "srt", "kaldi"}
