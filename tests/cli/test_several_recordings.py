"""`ctcalign align A B C --captions-dir FOLDER`: one process, one model, and a bad recording that does not end it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from click.testing import CliRunner

from ctcalign.aligner.several import pairs_of
from ctcalign.cli import commands
from ctcalign.errors import UsageError

TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
TEXTS = {"a": "Good evening, and welcome to the harbour museum.", "b": "Tonight we hear about a lighthouse"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two excerpts of the talk with their texts, and a recording that is none."""
    place = tmp_path_factory.mktemp("corpus")
    (place / "text").mkdir()
    samples, rate = sf.read(TALK, dtype="float32")
    truth = json.loads((TALK.parent / "truth.json").read_text(encoding="utf-8"))["cues"]
    for name, text in TEXTS.items():
        row = next(row for row in truth if text in row["text"])
        sf.write(place / f"{name}.wav", samples[int(row["start"] * rate) : int((row["end"] + 0.2) * rate)], rate)
        (place / "text" / f"{name}.txt").write_text(text + "\n")
    (place / "bad.wav").write_bytes(b"no sound")
    (place / "text" / "bad.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nno sound\n")
    return place


def run(*arguments):
    return CliRunner().invoke(commands, ["align", *map(str, arguments)], catch_exceptions=False)


def test_each_recording_gets_its_files(corpus, tmp_path):
    files = [corpus / "a.wav", corpus / "b.wav"]
    options = ("--captions-dir", corpus / "text", "-o", tmp_path / "out", "--format", "json", "--format", "srt")
    result = run(*files, *options)
    assert result.exit_code == 0, result.output
    assert "2 of 2 recordings" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "a.srt", "b.json", "b.srt"]
    for name, text in TEXTS.items():
        alone = tmp_path / f"{name}.json"
        assert run(corpus / f"{name}.wav", corpus / "text" / f"{name}.txt", "-q", "-o", alone).exit_code == 0
        found = json.loads((tmp_path / "out" / f"{name}.json").read_text(encoding="utf-8"))
        assert found == json.loads(alone.read_text(encoding="utf-8"))
        assert [cue["text"] for cue in found["cues"]] == [text]
    again = run(*files, *options)
    assert again.exit_code == 2
    assert "exists; give --overwrite" in again.stderr


def test_a_bad_recording_is_named_and_the_others_are_aligned(corpus, tmp_path):
    result = run(
        corpus / "a.wav", corpus / "bad.wav", corpus / "b.wav", "--captions-dir", corpus / "text", "-o", tmp_path
    )
    assert result.exit_code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]
    errors = [line for line in result.stderr.splitlines() if line.startswith("ctcalign: error: ")]
    assert len(errors) == 1
    assert "bad.wav" in errors[0]
    assert "2 of 3 recordings" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{c}/a.wav", "{c}/b.wav", "{c}/text/a.txt"), "got 3 files, expected AUDIO CAPTIONS; several recordings"),
        (("{c}/a.wav", "--captions-dir", "{c}/text"), "expected one output, a folder: -o FOLDER"),
        (("{c}/a.wav", "--captions-dir", "{c}/text", "-o", "-"), "expected one output, a folder"),
        (("{c}/a.wav", "--captions-dir", "{c}/text", "-o", "{c}/bad.wav"), "is a file, expected a folder"),
        (("{c}/a.wav", "--captions-dir", "{c}/no", "-o", "{o}"), "does not exist"),
    ],
)
def test_wrong_calls(corpus, tmp_path, arguments, message):
    result = run(*(argument.format(c=corpus, o=tmp_path / "o") for argument in arguments))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "o").exists()


def test_captions_that_are_missing_or_not_unique(tmp_path):
    for name in ("a.srt", "b.en.srt", "b.de.srt", "c.srt", "c.en.srt", "d.wav"):
        (tmp_path / name).touch()
    assert Path(pairs_of(["x/a.mp3"], tmp_path)[0].captions).name == "a.srt"
    assert Path(pairs_of(["x/c.mp3"], tmp_path)[0].captions).name == "c.srt"  # the exact name wins
    with pytest.raises(UsageError, match=r"x/b.mp3: 2 files in .* have its name \(b.de.srt, b.en.srt\)"):
        pairs_of(["x/b.mp3"], tmp_path)
    with pytest.raises(UsageError, match=r"no captions in .* for x/e.mp3; expected a file of the same name, such as e"):
        pairs_of(["x/a.mp3", "x/e.mp3"], tmp_path)
    with pytest.raises(UsageError, match="no captions in"):
        pairs_of([str(tmp_path / "d.wav")], tmp_path)  # a recording is not its own text
    with pytest.raises(UsageError, match=r"y/a.wav: has the name of x/a.mp3"):
        pairs_of(["x/a.mp3", "y/a.wav"], tmp_path)


def test_the_model_is_loaded_once(corpus, tmp_path, monkeypatch):
    import ctcalign.aligner.run  # keeps what it imports
    import ctcalign.models

    calls = []
    real = ctcalign.models.load_model
    monkeypatch.setitem(vars(ctcalign.models), "load_model", lambda *given: calls.append(given) or real(*given))
    assert run(corpus / "a.wav", corpus / "b.wav", "--captions-dir", corpus / "text", "-o", tmp_path).exit_code == 0
    assert len(calls) == 1
    assert np.isfinite(json.loads((tmp_path / "a.json").read_text())["duration"])
