"""Limits of texts: small packed files that are large, many lines, many captions, deep nesting."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import subprocess
import sys
import time

import pytest

from ctcalign.errors import CaptionError, UsageError
from ctcalign.files import max_text_size, parse_json, read_json_lines
from ctcalign.files.text_size import check_text
from ctcalign.formats import read_alignment
from ctcalign.formats.captions import read_captions
from ctcalign.scoring.files import read_timed
from ctcalign.train.preference.examples import read_examples

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "talk.srt.gz"
    path.write_bytes(gzip.compress(b"hello\n" * 50_000_000))
    start = time.process_time()
    for read in (read_captions, read_alignment):
        with pytest.raises(CaptionError, match=r"talk\.srt\.gz: unpacks to more than 256 MB .* --max-text-size"):
            read(path)
    assert time.process_time() - start < 3.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SRT + "word " * 19_000, "a caption has 95,00. characters, expected at most 1,562"),
        ("word\n" * 1_000_000, "more than 1,562 lines|has more than"),
        ("word\n" * 1_600, "more than 1,562 lines"),
        ("word\n" * 1_200, "has 1,200 captions, expected at most 1,000"),
        (json.dumps([{"text": "word", "start": 0, "end": 1}] * 1_200), "has 1,200 captions"),
        ('{"segments": [' + "{}," * 7_000 + "{}]}", "JSON objects and lists"),
        ("talk 1 0 1 word\n" * 1_570, "more than 1,562 lines"),
        ("x" * 500_000, "has more than 400,000"),
    ],
)
def test_what_is_too_large_is_refused_by_one_line_with_the_option(text, message):
    for source in (io.StringIO(text), io.BytesIO(text.encode())):
        with max_text_size(400_000), pytest.raises(CaptionError, match=message) as error:
            read_captions(source)
        assert "--max-text-size" in str(error.value)
        assert "\n" not in str(error.value)


def test_the_limit_can_be_raised_and_ends_with_its_block():
    text = "word\n" * 1_200
    with max_text_size(400_000):
        with max_text_size(4_000_000):
            assert len(read_captions(io.StringIO(text)).cues) == 1_200
        with pytest.raises(CaptionError):
            read_captions(io.StringIO(text))
    assert len(read_captions(io.StringIO(text)).cues) == 1_200


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "64M", 10**19])
def test_a_limit_that_is_no_size_is_a_usage_error(size):
    with pytest.raises(UsageError, match="max_text_size"), max_text_size(size):
        pass


def test_manifests_may_be_four_times_as_large(tmp_path):
    row = {"id": "s", "recording_id": "a", "start": 0, "duration": 1, "text": "word"}
    path = tmp_path / "supervisions.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"text": "x" * 30_000}) + "\n")
    with max_text_size(10_000):
        assert len(read_json_lines(path)) == 2
        [file] = read_timed(path)
        assert len(file.cues) == 2
    with max_text_size(1_000), pytest.raises(CaptionError, match="--max-text-size"):
        read_json_lines(path)


def test_a_line_of_examples_that_never_ends_is_refused(tmp_path):
    path = tmp_path / "pairs.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    with max_text_size(1_000_000), pytest.raises(CaptionError, match="a line has more than 1,000,000 characters"):
        read_examples(str(path))


@pytest.mark.parametrize("depth", [201, 5_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('{"events": [', "]}")])
def test_json_nested_too_deeply_is_one_line(depth, opening, closing):
    text = opening * depth + "1" + closing * depth
    for name in ("x.json", "x.jsonl"):
        with pytest.raises(CaptionError, match=r"nested too deeply|more than"):
            parse_json(text, name)
    with pytest.raises(CaptionError, match="nested too deeply"):
        read_captions(io.StringIO('{"segments": ' + text + "}"), "json")


@pytest.mark.parametrize("depth", [300, 50_000])
def test_xml_nested_too_deeply_is_one_line(depth):
    text = '<tt xmlns="http://www.w3.org/ns/ttml"><body>' + "<div>" * depth + "</div>" * depth + "</body></tt>"
    with pytest.raises(CaptionError, match="nested too deeply"):
        read_captions(io.StringIO(text), "ttml")


def test_ordinary_nesting_is_read():
    assert parse_json("[" * 150 + "]" * 150, "x") is not None


def test_entities_that_multiply_are_refused():
    names = "abcdefgh"
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in itertools.pairwise(names)
    )
    text = f'<!DOCTYPE tt [{entities}]><tt xmlns="http://www.w3.org/ns/ttml"><body><div><p>&h;&h;</p></div></body></tt>'
    with pytest.raises(CaptionError, match=r"not well-formed XML|more than"):
        read_captions(io.StringIO(text), "ttml")


def test_the_option_reaches_the_reader(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text("word\n" * 1_200)
    command = [sys.executable, "-m", "ctcalign", "convert", str(path), str(tmp_path / "o.json")]
    refused = subprocess.run([*command, "--max-text-size", "400k"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "has 1,200 captions, expected at most 1,000" in refused.stderr
    subprocess.run(command, check=True)


def test_the_lines_of_a_textgrid_of_a_day_are_read():
    """Four lines for each interval: more than other files have."""
    rows = "".join(f'{i}\n{i + 1}\n"word"\n' for i in range(600))
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n600\n<exists>\n1\n'
    text = f'{head}"IntervalTier"\n"cues"\n0\n600\n600\n{rows}'
    with max_text_size(200_000):
        assert len(read_captions(io.StringIO(text)).cues) == 600
        with pytest.raises(CaptionError, match="lines"):
            read_captions(io.StringIO("word\n" * 1_800))


def test_the_largest_output_of_a_day_is_within_the_limits():
    """24 hours of speech at 127 words a minute as a TextGrid with tokens: 172 MB in 6.8 million lines."""
    line = "            xmax = 1.23 \n"
    check_text('File type = "ooTextFile"\n' + line * 6_900_000, "talk.TextGrid")
    with pytest.raises(CaptionError, match="more than 1,000,000 lines"):
        check_text(line * 1_100_000, "talk.srt")
