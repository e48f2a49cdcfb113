"""`read_captions`: paths, streams, named formats, recordings."""

from __future__ import annotations

import io
import os
import sys
import threading
import time

import pytest

from ctcalign.errors import CaptionError, UsageError
from ctcalign.formats import read_alignment
from ctcalign.formats.captions import read_captions
from ctcalign.formats.registry import INPUT_FORMATS

SRT = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, naïve café\n"


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


def test_the_named_format_wins(reading):
    assert len(reading(SRT, "a.srt", format="txt").cues) == 3
    assert reading(SRT, "a.txt", format="SubRip").format == "srt"


EMPTY = {
    "vtt": "WEBVTT\n\nNOTE nothing\n",
    "ass": "[Script Info]\n\n[Events]\nComment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x\n",
    "ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>',
    "eaf": "<ANNOTATION_DOCUMENT><TIME_ORDER/></ANNOTATION_DOCUMENT>",
    "scc": "Scenarist_SCC V1.0\n",
    "json3": '{"events": []}',
    "whisper": '{"segments": []}',
    "srv": "<timedtext/>",
    "json": '{"schema": "ctcalign/alignment/1", "cues": []}',
    "lhotse": '{"supervisions": []}',
    "stm": ";; nothing\n",
    "ctm": ";; nothing\n",
    "textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n1\n<absent>\n',
    "lrc": "[ar:nobody]\n",
    "audacity": "\\\t100\t200\n",
    "tsv": "start\tend\ttext\n",
}


@pytest.mark.parametrize("format", EMPTY)  # any text is a cue of txt, srt, kaldi, ...
def test_a_file_without_captions_is_refused(reading, format):
    with pytest.raises(CaptionError, match="no captions"):
        reading(EMPTY[format], "captions", format=format)


def test_the_list_of_empty_files_is_complete():
    assert set(INPUT_FORMATS) - set(EMPTY) == {"txt", "srt", "kaldi", "sbv", "microdvd", "transcript"}


def test_files_of_several_recordings_need_a_choice(reading):
    content = "".join(f"talk{i} A s 0 1 text {i}\ntalk{i} B s 0 1 other {i}\n" for i in range(9))
    with pytest.raises(CaptionError, match=r"9 recordings \(talk0, .*4 more"):
        reading(content, "a.stm")
    captions = reading(content, "a.stm", recording="talk3")
    assert [(c.text, c.channel) for c in captions.cues] == [("text 3", 0), ("other 3", 1)]


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 3000),
        ("lrc", "loose\n" * 10000),
        ("lrc", "[00:01.00]x\nloose\n" * 5000),
        ("ctm", "a 1 bad\n" * 10000),
        ("ctm", "".join(f"a 1 {i / 10:.1f} 0.1 x\n" for i in range(10000))),
    ],
)
def test_long_and_odd_files_take_linear_time(reading, format, content):
    begin = time.process_time()
    captions = reading(content, "a", format=format)
    assert time.process_time() - begin < 3  # a twentieth of it on an idle core; quadratic ways took 10 and more
    assert sum(len(c.text.split()) for c in captions.cues) >= 3000


@pytest.mark.parametrize("named", ["talk.srt", "talk"])
def test_a_pipe_is_read_once(tmp_path, named):
    """As `<(zcat talk.srt.gz)` of a shell is; a second reader would wait for ever."""
    text = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"
    pipe = tmp_path / named
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    alignment = read_alignment(pipe)
    writer.join(10)
    assert [(cue.start, cue.end, cue.text) for cue in alignment.cues] == [(1.0, 2.0, "Hello")]


@pytest.mark.parametrize("codec", ["idna", "undefined", "base64", "no-such"])
def test_a_codec_that_cannot_read_texts_is_refused(codec):
    with pytest.raises(UsageError, match="expected an encoding such as"):
        read_captions(io.BytesIO(b"hello"), encoding=codec)


def test_text_that_a_codec_cannot_read_is_one_line():
    with pytest.raises(CaptionError, match="cannot be read as punycode"):
        read_captions(io.BytesIO(b"\xf6\xee-\xce\x8cd"), encoding="punycode")
