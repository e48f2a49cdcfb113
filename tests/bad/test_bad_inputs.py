"""Wrong inputs: each gives one clear line, the right exit status, and leaves nothing half-written behind.

stderr is no terminal here, so there is no progress bar; what remains are lines that begin with "ctcalign:". A failure
has exactly one of them, which begins with "ctcalign: error:".
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ctcalign.cli import commands
from tests.bad.files import (
    BROKEN_SRT,
    RATE,
    SRT,
    WORDS,
    Make,
    content,
    cut,
    folder,
    noise_bytes,
    picture,
    silent_film,
    some_nan,
    speech,
    talk,
    wave,
)

GOOD: dict[str, Make] = {"a.wav": speech, "a.txt": content(WORDS)}
ALIGN = "align a.wav a.txt -o out.json"


@dataclass(frozen=True)
class Bad:
    """A call that must fail: files to make (beside GOOD), the command, the exit status, and the text of the line."""

    name: str
    text: str  # regular expression
    files: dict[str, Make] = field(default_factory=dict)
    call: str = ALIGN
    status: int = 1
    stdin: bytes | None = None


# fmt: off
RECORDINGS = [
    Bad("missing recording", r"b\.wav: no such file", call="align b.wav a.txt -o out.json"),
    Bad("empty recording", r"a\.wav: is empty \(0 bytes\)", {"a.wav": content("")}),
    Bad("text as recording", r"a\.wav: is a text file, not a recording", {"a.wav": content(WORDS)}),
    Bad("picture as recording", r"a\.wav: is a PNG image", {"a.wav": picture}),
    Bad("archive as recording", r"a\.wav: is a ZIP archive", {"a.wav": content(b"PK\x03\x04" + bytes(200))}),
    Bad("folder as recording", r"a\.wav: is a folder", {"a.wav": folder}),
    Bad("address as recording", r"not an address; download it", call="align https://a.example/b.mp3 a.txt -o out.json"),
    Bad("header cut", r"a\.wav: ", {"a.wav": cut(speech, 0.0001)}),
    Bad("noise as mp3", r"a\.mp3: ", {"a.mp3": noise_bytes}, "align a.mp3 a.txt -o out.json"),
    Bad("random bytes", r"a\.wav: cannot be decoded", {"a.wav": content(np.random.default_rng(1).bytes(5000))}),
    Bad("no samples", r"a\.wav: holds no audio samples", {"a.wav": wave(np.zeros(0))}),
    Bad("one sample", r"none of the 18 words was found in 0\.0 s of audio", {"a.wav": wave(np.zeros(1))}),
    Bad("video without sound", r"a\.mp4: .*(no audio|without)", {"a.mp4": silent_film},
        "align a.mp4 a.txt -o out.json"),
    Bad("no such channel", r"channel.*\b7\b", call=ALIGN + " --channel 7", status=2),
    Bad("nothing on standard input", r"standard input.*empty", call="align - a.txt -o out.json", stdin=b""),
    Bad("nothing to transcribe", r"a\.wav: is empty", {"a.wav": content("")}, "transcribe a.wav -o out.srt"),
]
CAPTIONS = [
    Bad("missing captions", r"b\.txt: no such caption file", call="align a.wav b.txt -o out.json"),
    Bad("empty captions", r"a\.txt: the file is empty", {"a.txt": content("")}),
    Bad("only white space", r"a\.txt: ", {"a.txt": content(" \n\n\t\n")}),
    Bad("only mark-up", r"the 2 cues contain no spoken word", {"a.txt": content("[MUSIC]\n(laughs)\n")}),
    Bad("recording and captions swapped", r"a\.wav: expected captions .*swapped", call="align a.txt a.wav -o out.json"),
    Bad("picture as captions", r"a\.srt: expected captions", {"a.srt": picture}, "align a.wav a.srt -o out.json"),
    Bad("binary captions", r"a\.txt: expected captions", {"a.txt": content(bytes(range(256)) * 9)}),
    Bad("bytes of no encoding", r"a\.srt: begins as .* cannot be decoded; save it as UTF-8",
        {"a.srt": content(b"\xef\xbb\xbf" + SRT.encode() + b"\xff\xc0" * 200)}, "align a.wav a.srt -o out.json"),
    Bad("srt of broken times and no text", r"the 2 cues contain no spoken word",
        {"a.srt": content("1\nnever --> ever\n\n2\nx --> y\n")}, "align a.wav a.srt -o out.json"),
    Bad("another script", r"has symbols for none of the \d+ words.*model",
        {"a.txt": content("今晚我们听一座灯塔的故事。\n")},
        ALIGN + " --romanise never"),
    Bad("nothing but not-a-number", r"none of the .* words was found.*a\.wav: 48000 samples were not finite",
        {"a.wav": wave(np.full(48_000, np.nan, np.float32), "FLOAT")}),
    Bad("ten times too much text", r"none of the 180 words was found in .* s of audio.*belong to this recording",
        {"a.wav": wave(0.1 * np.sin(np.arange(RATE)).astype(np.float32)), "a.txt": content(WORDS * 10)}),
    Bad("damaged json", r"a\.json: not valid JSON", {"a.json": content('{"segments": [{"text": "Good')},
        "align a.wav a.json -o out.json"),
    Bad("json of something else", r"a\.json: JSON of no known caption format", {"a.json": content('{"price": 3}')},
        "align a.wav a.json -o out.json"),
    Bad("damaged ttml", r"a\.ttml: not well-formed XML", {"a.ttml": content("<tt><body><div><p begin=")},
        "align a.wav a.ttml -o out.json"),
    Bad("unknown caption format", r"captions.*'docx'|format.*'docx'", call=ALIGN + " --captions-format docx", status=2),
    Bad("nothing piped as captions", r"empty", call="align a.wav - -o out.json", stdin=b""),
]
OUTPUTS = [
    Bad("unknown output format", r"out\.docx: no output format has this extension",
        call="align a.wav a.txt -o out.docx", status=2),
    Bad("unknown format name", r"format is 'docx'", call="align a.wav a.txt --format docx -o out", status=2),
    Bad("output is there", r"out\.json exists; give --overwrite", {"out.json": content("mine")}, status=2),
    Bad("output is an input", r"a\.txt.*(input|several formats)",
        call="align a.wav a.txt --overwrite -o a.txt", status=2),
    Bad("output named twice", r"named twice", call=ALIGN + " -o out.json", status=2),
    Bad("no folder for the output", r"there is no folder", call="align a.wav a.txt -o no/such/out.json"),
    Bad("output is a folder", r"out\.json: is a folder", {"out.json": folder}, status=2),
    Bad("system folder", r"out\.json: cannot be written", call="align a.wav a.txt -o /proc/self/out.json"),
    Bad("full device", r"/dev/full: cannot be written: No space left",
        call="align a.wav a.txt --format srt -o /dev/full"),
]
CALLS = [
    Bad("no captions named", r"Missing argument 'CAPTIONS'", call="align a.wav", status=2),
    Bad("unknown option", r"No such option.*--faster", call=ALIGN + " --faster", status=2),
    Bad("unknown command", r"No such command 'allign'", call="allign a.wav a.txt", status=2),
    Bad("window of nothing", r"--window", call=ALIGN + " --window 0", status=2),
    Bad("memory of no size", r"--max-memory': got 'lots'", call=ALIGN + " --max-memory lots", status=2),
    Bad("far too little memory", r"max_memory", call=ALIGN + " --max-memory 1M", status=2),
    Bad("channel of no number", r"--channel': got 'left'", call=ALIGN + " --channel left", status=2),
    Bad("unknown model", r"model.*'builtin:xx'|builtin:xx", call=ALIGN + " --model builtin:xx", status=2),
    Bad("model of no family", r"whisper-large", call=ALIGN + " --model whisper-large", status=2),
    Bad("missing checkpoint", r"no\.safetensors", call=ALIGN + " --model checkpoint:no.safetensors"),
    Bad("text as onnx model", r"a\.onnx", {"a.onnx": content(WORDS)}, ALIGN + " --model onnx:a.onnx"),
    Bad("no such device", r"device.*'gpu9'|gpu9", call=ALIGN + " --device gpu9", status=2),
]
OTHERS = [
    Bad("convert what is not there", r"no\.json: no such", call="convert no.json out.srt"),
    Bad("convert a recording", r"a\.wav: expected captions", call="convert a.wav out.srt"),
    Bad("convert to nothing", r"Missing argument", call="convert a.txt", status=2),
    Bad("convert an alignment of the future", r"ctcalign/alignment/9",
        {"a.json": content('{"schema": "ctcalign/alignment/9"}')}, "convert a.json out.srt"),
    Bad("plot beyond the end", r"--start is 99", {"a.srt": content(SRT)}, "plot a.wav a.srt --start 99 -o out.png", 2),
    Bad("plot as gif", r"out\.gif: no picture format", {"a.srt": content(SRT)}, "plot a.wav a.srt -o out.gif", 2),
]
ALL = [*RECORDINGS, *CAPTIONS, *OUTPUTS, *CALLS, *OTHERS]

# Inputs with faults that do not prevent the work: one line reports the fault.
BENT = [
    Bad("recording cut short", r"a\.wav: .*(cut|ends|truncated)", {"a.wav": cut(speech, 0.6)}, status=0),
    Bad("compressed recording cut short", r"a\.ogg: .*(cut|ends|truncated)", {"a.ogg": cut(talk, 0.3)},
        "align a.ogg a.txt -o out.json", 0),
    Bad("some samples are no numbers", r"a\.wav: 10 samples were not finite", {"a.wav": some_nan}, status=0),
    Bad("captions cut inside a character", r"a\.srt: 1 characters? .* not valid utf-16",
        {"a.srt": content(SRT.encode("utf-16")[:-1])}, "align a.wav a.srt -o out.json", 0),
    Bad("a broken time among good ones", r"a\.srt.*line 6", {"a.srt": content(BROKEN_SRT)},
        "align a.wav a.srt -o out.json", 0),
]
# fmt: on


def make_files(bad: Bad, place: Path) -> set[str]:
    for name, make in {**GOOD, **bad.files}.items():
        make(place / name)
    return left_in(place)


def left_in(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*")}


def invoke(call: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(commands, call.split(), input=stdin)


def check_line(result: Result, kind: str, text: str) -> None:
    lines = [line for line in result.stderr.splitlines() if line.startswith(f"ctcalign: {kind}:")]
    assert len(lines) == 1, result.stderr
    assert re.search(text, lines[0]), lines[0]
    assert len(lines[0]) < 400


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_a_wrong_input_is_one_line_a_status_and_no_output(bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = make_files(bad, tmp_path)
    result = invoke(bad.call, bad.stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    check_line(result, "error", bad.text)
    assert result.exit_code == bad.status
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert left_in(tmp_path) == before
    if "out.json" in bad.files and (tmp_path / "out.json").is_file():
        assert (tmp_path / "out.json").read_text() == "mine"


@pytest.mark.parametrize("bad", BENT, ids=lambda bad: bad.name)
def test_a_bent_input_is_used_as_far_as_it_goes_and_says_so(bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = make_files(bad, tmp_path)
    result = invoke(bad.call)
    assert result.exit_code == 0, result.output
    check_line(result, "warning", bad.text)
    assert left_in(tmp_path) == before | {"out.json"}


def test_there_are_enough_of_them():
    assert len(ALL) >= 25
    assert len({bad.name for bad in [*ALL, *BENT]}) == len(ALL) + len(BENT)


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = make_files(Bad("", "", {"out.json": content("mine")}), tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = invoke(ALIGN + " --overwrite")
    assert result.exit_code == 1
    check_line(result, "error", r"out\.json: cannot be written: No space left on device")
    assert left_in(tmp_path) == before
    assert (tmp_path / "out.json").read_text() == "mine"


def test_one_output_of_several_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_files(Bad("", ""), tmp_path)
    result = invoke("align a.wav a.txt -o out.json -o no/out.srt")
    assert result.exit_code == 1
    check_line(result, "error", r"no/out\.srt")
    assert not (tmp_path / "out.json").exists()
