"""Encodings of caption files."""

from __future__ import annotations

import gzip
import io

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import CaptionError, UsageError
from ctcalign.formats.captions import read_captions

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


def test_lines_of_utf8_stay_when_others_are_not(reading):
    lines = ["– “tonight”", "ascii", "naïve café", "它很高", "12 £"]
    pages = ["utf-8", "utf-8", "cp1252", "utf-8", "cp1252"]
    data = b"\n".join(line.encode(page) for line, page in zip(lines, pages, strict=True))
    captions = reading(data, "a.txt")
    assert [cue.text for cue in captions.cues] == lines
    assert any("2 of 5 lines are not UTF-8 (line 3); read as cp1252" in warning for warning in captions.warnings)


def test_byte_order_marks_inside_are_dropped(reading):
    one = "1\n00:00:01,000 --> 00:00:02,000\nGrüße\n\n"
    captions = reading(("\ufeff" + one + "\ufeff" + one.replace("01,", "03,").replace("02,", "04,")).encode())
    assert [(cue.start, cue.id, cue.text) for cue in captions.cues] == [(1.0, "1", "Grüße"), (3.0, "1", "Grüße")]
    text = io.StringIO("\ufeffa\n\ufeffb\n")
    assert [cue.text for cue in read_captions(text).cues] == ["a", "b"]


@pytest.mark.parametrize("end", [b"\x00", b"\x00" * 200, b"\x00\r\n\x00\x00", b"\x1a"])
def test_what_fills_the_end_of_a_file_is_dropped(reading, end):
    captions = reading("– Grüße\nb".encode() + end, "a.txt")
    assert [cue.text for cue in captions.cues] == ["– Grüße", "b"]
    assert captions.encoding == "utf-8"


@pytest.mark.parametrize("text", ["晚上好，欢迎来到海港博物馆。", "Добрый вечер", "مساء الخير", "Grüße", "こんばんは"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_mark_in_every_script(reading, text, codec):
    captions = reading(f"1\r\n00:00:01,000 --> 00:00:02,000\r\n{text}\r\n".encode(codec))
    assert (captions.cues[0].text, captions.encoding) == (text, codec)


def test_the_named_encoding_is_used(reading):
    data = "Merhaba dünya, şekerli çay".encode("cp1254")
    assert reading(data, "a.txt", encoding="latin-1").cues[0].text == "Merhaba dünya, þekerli çay"
    assert reading(data, "a.txt", encoding="cp1254").warnings == []
    assert reading("Grüße".encode("utf-16"), "a.txt", encoding="UTF-16").cues[0].text == "Grüße"
    damaged = reading("Grüße".encode("cp1252"), "a.txt", encoding="utf-8")
    assert "2 characters are not valid utf-8" in damaged.warnings[0]
    for wrong in ("utf-99", "base64", "a\x00"):
        with pytest.raises(UsageError, match="expected an encoding"):
            reading(data, "a.txt", encoding=wrong)


@pytest.mark.parametrize(
    "command",
    ["convert {} - --to tsv", "score {} {}", "plot no.wav {}", "search no.wav --phrases {}", "align no.wav {}"],
)
def test_every_command_that_reads_captions_takes_an_encoding(tmp_path, command):
    path = tmp_path / "a.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".encode("cp1252"))
    arguments = [part.format(path) for part in command.split()]
    result = CliRunner().invoke(commands, [*arguments, "--encoding", "nonsense"], catch_exceptions=True)
    assert "expected an encoding" in result.output + str(result.exception)
    assert "No such option" not in result.output


def test_a_file_in_a_named_encoding_is_converted(tmp_path):
    path = tmp_path / "a.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nşeker\n".encode("cp1254"))
    result = CliRunner().invoke(commands, ["convert", str(path), "-", "--to", "srt", "--encoding", "cp1252"])
    assert "þeker" in result.output
