"""The command and its function: one file in, several out, nothing half."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.cli import commands
from ctcalign.errors import CaptionError, OutputError, UsageError
from ctcalign.formats import FORMATS, OUTPUT_FORMATS, format_of, read_alignment, write
from ctcalign.formats.converting import convert
from ctcalign.scoring.files import read_timed

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello <i>you</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n[MUSIC]\n\n"


def run(*arguments, stdin=None):
    return CliRunner().invoke(commands, ["convert", *map(str, arguments)], input=stdin)


@pytest.fixture
def srt(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")
    return path


@pytest.fixture
def alignment():
    words = [AlignedWord("Hello", 1.0, 1.5, -0.25, 0.875), AlignedWord("you", 1.5, 2.5)]
    return Alignment("talk.wav", 9.0, "builtin:en", [AlignedCue(0, "Hello you", 1.0, 2.5, words=words)])


def test_several_outputs_at_once(srt, tmp_path):
    result = run(srt, tmp_path / "a.vtt", tmp_path / "b.json", tmp_path / "c.TextGrid")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "00:00:01.000 --> 00:00:02.500\nHello <i>you</i>" in (tmp_path / "a.vtt").read_text()
    document = json.loads((tmp_path / "b.json").read_text())
    assert [cue["status"] for cue in document["cues"]] == ["aligned", "not_spoken"]
    assert document["duration"] == 4.0


def test_the_same_captions_come_out_of_the_same_format(srt, tmp_path):
    convert(srt, [tmp_path / "again.srt"])
    assert (tmp_path / "again.srt").read_text() == SRT


def test_pipes(srt):
    result = run("-", "-", "--to", "vtt", stdin=SRT)
    assert result.exit_code == 0
    assert result.stdout.startswith("WEBVTT\n\n1\n00:00:01.000 -->")


def test_our_json_through_a_pipe(alignment, tmp_path):
    stream = io.StringIO()
    write(alignment, stream, "json")
    result = run("-", "-", "--to", "ctm", stdin=stream.getvalue())
    assert result.stdout == "talk 1 1.000 0.500 Hello 0.8750\ntalk 1 1.500 1.000 you NA\n"


def test_an_existing_output_needs_overwrite(srt, tmp_path):
    out = tmp_path / "a.vtt"
    out.write_text("old")
    result = run(srt, out)
    with pytest.raises(UsageError, match=r"a\.vtt exists; use overwrite=True"):
        convert(srt, [out])
    assert result.exit_code != 0
    assert out.read_text() == "old"
    assert run(srt, out, "--overwrite").exit_code == 0
    assert out.read_text().startswith("WEBVTT")


@pytest.mark.parametrize(
    ("outputs", "error", "text"),
    [
        (["a.xyz"], UsageError, r"a\.xyz: no output format has this extension, expected one of \.json"),
        (["a.txt"], UsageError, r"\.txt may be several formats"),
        (["-"], UsageError, "stdout needs the name of a format"),
        (["a.srt", "a.srt"], UsageError, "is named twice"),
        (["talk.srt"], UsageError, "is also an input"),
        (["nowhere/a.srt"], OutputError, "there is no folder"),
        (["a.vtt", "a.ctm"], OutputError, r"nothing in .* fits the format ctm: 2 cues have no timed words"),
        ([], UsageError, "no output given"),
    ],
)
def test_errors_are_raised_before_anything_is_written(srt, tmp_path, monkeypatch, outputs, error, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=text):
        convert("talk.srt", outputs, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["talk.srt"]


def test_unknown_names_of_formats(srt, tmp_path):
    with pytest.raises(UsageError, match="format is 'mp3', expected one of json, srt"):
        convert(srt, [tmp_path / "a"], to_format="mp3")
    with pytest.raises(UsageError, match="names a folder, but the format srt is a file"):
        convert(srt, [f"{tmp_path}/a/"], to_format="srt")
    with pytest.raises(UsageError, match="mp3"):
        convert(srt, [tmp_path / "a.vtt"], from_format="mp3")


@pytest.mark.parametrize("broken", ['{"schema": "ctcalign/alignment/1", "cues": [', "", "{}"])
def test_damaged_input_is_an_error_without_output(tmp_path, broken):
    path = tmp_path / "in.json"
    path.write_text(broken)
    with pytest.raises(CaptionError, match=r"in\.json"):
        convert(path, [tmp_path / "a.srt"])
    assert not (tmp_path / "a.srt").exists()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"schema": "ctcalign/alignment/2"}, "newer ctcalign"),
        ({"duration": "long"}, "duration: expected a finite number, got 'long'"),
        ({"cues": {}}, "cues: expected a list"),
        ({"cues": [3]}, r"cues\[0\]: expected an object, got 3"),
        ({"cues": [{"index": -1}]}, r"cues\[0\]\.index: expected a whole number from 0, got -1"),
        ({"cues": [{"index": 0, "text": "a", "status": "lost"}]}, r"cues\[0\]\.status: expected one of aligned"),
        ({"cues": [{"index": 0, "text": "a", "status": "aligned", "start": float("nan")}]}, r"cues\[0\]\.start"),
    ],
)
def test_a_document_that_breaks_the_schema_names_the_place(tmp_path, alignment, change, text):
    path = tmp_path / "in.json"
    path.write_text(json.dumps({**alignment.to_dict(), **change}))
    with pytest.raises(CaptionError, match=rf"in\.json: {text}|in\.json: .*{text}"):
        read_alignment(path)


def test_unknown_keys_give_a_warning(tmp_path, alignment):
    document = alignment.to_dict()
    document["cues"][0]["keep"] = True
    path = tmp_path / "in.json"
    path.write_text(json.dumps(document))
    assert read_alignment(path).warnings == ['ignored the unknown key "keep" (1 times)']


def test_methods_of_an_alignment(alignment, tmp_path):
    alignment.to_json(tmp_path / "whatever.data")
    assert Alignment.from_dict(json.loads((tmp_path / "whatever.data").read_text())) == alignment
    report = alignment.save(tmp_path / "a.vtt")
    assert (report.format, report.cues_written, report.words_written, report.omitted) == ("vtt", 1, 2, [])
    alignment.save(tmp_path / "labels.txt", "audacity-words")
    assert (tmp_path / "labels.txt").read_text().count("\n") == 2
    with pytest.raises(UsageError, match="may be several formats"):
        alignment.save(tmp_path / "labels.txt")


def test_streams_of_text_and_bytes(alignment):
    text, raw = io.StringIO(), io.BytesIO()
    write(alignment, text, "srt")
    write(alignment, raw, "srt")
    assert raw.getvalue().decode() == text.getvalue() != ""
    with pytest.raises(UsageError, match="folder"):
        write(alignment, text, "kaldi")


def test_every_extension_finds_its_format(tmp_path):
    for name, entry in FORMATS.items():
        for extension in entry.extensions if entry.render else ():
            assert format_of(f"some.dir/a{extension}").name == name
            assert format_of(f"A{extension.upper()}").name == name
    assert format_of("data/train/").name == "kaldi"


def test_kaldi_folder_and_back(alignment, tmp_path):
    convert_from = tmp_path / "a.json"
    alignment.to_json(convert_from)
    convert(convert_from, [f"{tmp_path}/data/"])
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == [
        "reco2dur",
        "segments",
        "spk2utt",
        "text",
        "utt2spk",
        "wav.scp",
    ]


def test_list_and_help_need_no_input():
    listed = run("--list")
    assert listed.exit_code == 0
    for name in OUTPUT_FORMATS:
        assert name in listed.stdout
    helped = run("--help")
    assert helped.exit_code == 0
    assert "ctcalign convert talk.json talk.vtt" in helped.stdout


def test_the_extension_wins_over_the_named_format(srt, tmp_path):
    result = run(srt, tmp_path / "a.json", tmp_path / "b.unknown", "-", "--to", "textgrid")
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "a.json").read_text())["schema"]
    assert (tmp_path / "b.unknown").read_text() == result.stdout
    assert result.stdout.startswith('File type = "ooTextFile"')


@pytest.mark.parametrize(("name", "format"), [("a.srt", "srt-words"), ("a.tsv", "tsv-words"), ("a.txt", "audacity")])
def test_the_named_format_chooses_a_variant_of_the_extension(alignment, tmp_path, name, format):
    write(alignment, tmp_path / "talk.json")
    convert(tmp_path / "talk.json", [tmp_path / name], to_format=format)
    stream = io.StringIO()
    write(alignment, stream, format)
    assert (tmp_path / name).read_text() == stream.getvalue()


def test_a_folder_without_a_slash_is_refused(srt, tmp_path):
    (tmp_path / "data").mkdir()
    result = run(srt, tmp_path / "data")
    assert result.exit_code == 2
    assert "is a folder; name a file in it, or write" in result.stderr
    assert list((tmp_path / "data").iterdir()) == []


def test_warnings_of_the_time_when_a_document_was_made_are_not_repeated(alignment, tmp_path):
    alignment.warnings = ["the recording is truncated"]
    write(alignment, tmp_path / "talk.json")
    (report,) = convert(tmp_path / "talk.json", [tmp_path / "talk.srt"])
    assert not any("truncated" in note for note in report.notes)
    assert read_alignment(tmp_path / "talk.json").warnings == ["the recording is truncated"]


@pytest.mark.parametrize("name", ["json", "whisper", "json3", "lhotse", "ttml", "textgrid", "ass"])
def test_a_file_is_not_read_as_another_format_than_the_named_one(srt, tmp_path, name):
    with pytest.raises(CaptionError, match=re.escape(str(srt))):
        convert(srt, [tmp_path / "out.vtt"], name)
    assert not (tmp_path / "out.vtt").exists()


def test_json_of_any_kind_is_json(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text('{"segments": [{"start": 1, "end": 2, "text": "hi"}]}')
    assert [cue.text for cue in read_alignment(path, "json").cues] == ["hi"]


@pytest.fixture
def several(tmp_path):
    path = tmp_path / "all.stm"
    path.write_text("one A Ann 1.0 2.0 hello\ntwo A Bob 1.5 2.5 you\n")
    return path


def test_one_of_several_recordings(several, tmp_path):
    result = run(several, "-", "--to", "srt", "--recording", "two")
    assert (result.exit_code, result.stdout) == (0, "1\n00:00:01,500 --> 00:00:02,500\nyou\n\n")
    with pytest.raises(CaptionError, match=r"contains 2 recordings \(one, two\); choose one by its id \(--recording\)"):
        convert(several, [tmp_path / "a.srt"])
    with pytest.raises(CaptionError, match=r"contains no recording 'x'; it has one, two; .*--recording"):
        convert(several, [tmp_path / "a.srt"], recording="x")


def test_the_recording_of_the_audio_is_taken(several, tmp_path):
    soundfile.write(tmp_path / "one.wav", np.zeros(16_000), 16_000)
    convert(several, [tmp_path / "a.tsv"], audio=tmp_path / "one.wav")
    assert "hello" in (tmp_path / "a.tsv").read_text()
    assert "you" not in (tmp_path / "a.tsv").read_text()
    soundfile.write(tmp_path / "x.wav", np.zeros(16_000), 16_000)
    with pytest.raises(CaptionError, match=r"\(one, two\), but not 'x', the name of the audio; .*convert --recording"):
        convert(several, [tmp_path / "b.tsv"], audio=tmp_path / "x.wav")


def test_scoring_files_read_the_likely_recording(several):
    for likely, text in (("one", "hello"), ("two", "you")):
        [file] = read_timed(several, likely=likely)
        assert [cue.text for cue in file.cues] == [text]


@pytest.mark.parametrize(("first", "warned"), [("13:02:11", True), ("0:00:01", True), ("0:00:00", False)])
def test_times_of_day_are_told_where_the_recording_is_known(tmp_path, first, warned):
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    (tmp_path / "a.txt").write_text(f"[{first}] Ann: hello there\n[13:02:20] Bob: how are you\n")
    [report] = convert(tmp_path / "a.txt", [tmp_path / "a.srt"], audio=tmp_path / "a.wav")
    assert any("begin after the end of" in note for note in report.notes) == warned
