"""Encodings of caption files."""

from __future__ import annotations

import gzip

import pytest

from ctcalign.errors import CaptionError

SRT = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, naïve café\n"


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


def test_one_invalid_byte_does_not_change_the_encoding(reading):
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
def test_binary_and_empty_files_are_refused(reading, data, message):
    with pytest.raises(CaptionError, match=message):
        reading(data)


def test_gzip_is_unpacked(reading):
    captions = reading(gzip.compress(SRT.encode()), "a.srt.gz")
    assert (captions.format, captions.cues[0].text) == ("srt", "Grüße, naïve café")
