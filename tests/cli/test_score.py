"""`ctcalign score` as a user calls it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.scoring.example import write_example


def run(*arguments):
    return CliRunner().invoke(commands, ["score", *map(str, arguments)])


@pytest.fixture
def files(tmp_path):
    return write_example(tmp_path)


def test_tables(files):
    result = run(*files)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "cues: 4 of 5 spoken ones placed; matched by index"
    start = next(line for line in result.stdout.splitlines() if line.startswith("start"))
    assert start.split()[1:9] == ["175.0", "467.5", "1500.0", "1500.0", "1500.0", "-332.5", "25.0", "%"]
    assert "runaway (an end more than 1 s off): 25.0 % of the placed cues" in result.stdout
    assert "skipped as not spoken: precision 0.500, recall 0.500 (1 of 2 correct; in all, 2" in result.stdout
    assert "ECE 0.2286, Brier 0.0857, 2 of 7 right" in result.stdout
    assert "0.90 to 1.00" in result.stdout


def test_json(files):
    result = run(*files, "--json", "--collar", "0.1", "--min-confidence", "0.5", "--bins", "1")
    found = json.loads(result.stdout)
    assert found["schema"] == "ctcalign/score/1"
    cue = found["levels"]["cue"]
    assert cue["starts"]["median"] == pytest.approx(0.175)
    assert cue["starts"]["within_50_ms"] == 0.25
    assert cue["ptem"]["collar"] == 0.1
    assert cue["kept"] == {"true": 2, "false": 1, "missed": 0, "precision": pytest.approx(2 / 3), "recall": 1.0}
    assert len(cue["calibration"]["bins"]) == 1


def test_bounds_change_the_errors(files):
    found = json.loads(run(*files, "--json", "--bounds", "tolerant").stdout)
    assert found["levels"]["cue"]["ends"]["median"] == 0.0


def test_plot(files, tmp_path):
    picture = tmp_path / "errors.png"
    result = run(*files, "--plot", picture)
    assert result.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"wrote {picture}" in result.stderr
    again = run(*files, "--plot", picture)
    assert again.exit_code == 2
    assert "exists; give --overwrite" in again.stderr
    assert run(*files, "--plot", picture, "--overwrite").exit_code == 0


def test_words_against_words_of_another_format(tmp_path):
    (tmp_path / "a.ctm").write_text("talk 1 1.02 0.40 good\ntalk 1 1.60 0.50 evening\n")
    (tmp_path / "r.srt").write_text(
        "1\n00:00:01,000 --> 00:00:01,400\nGood\n\n2\n00:00:01,500 --> 00:00:02,000\nevening\n"
    )
    found = json.loads(run(tmp_path / "a.ctm", tmp_path / "r.srt", "--json").stdout)
    assert list(found["levels"]) == ["word"]
    assert found["levels"]["word"]["starts"]["max"] == pytest.approx(0.1)


def manifest(path, *rows):
    path.write_text(
        "\n".join(
            json.dumps({"id": f"{r}-{start}", "recording_id": r, "start": start, "duration": 1.0, "text": text})
            for r, start, text in rows
        )
    )
    return path


def test_manifests_of_several_recordings_are_compared_by_their_ids(tmp_path):
    alignment = manifest(tmp_path / "a.jsonl", ("b", 5.1, "two"), ("a", 1.0, "one"), ("z", 0.0, "more"))
    reference = manifest(tmp_path / "r.jsonl", ("a", 1.0, "one"), ("b", 5.0, "two"), ("c", 0.0, "gone"))
    result = run(alignment, reference, "--json")
    cue = json.loads(result.stdout)["levels"]["cue"]
    assert (cue["spoken"], cue["placed"]) == (3, 2)
    assert "contains nothing for 1 recordings of the reference: c" in result.stderr
    assert "skipped: z" in result.stderr
    only = json.loads(run(alignment, reference, "--recording", "b", "--json").stdout)
    assert only["levels"]["cue"]["starts"]["median"] == pytest.approx(0.1)


def test_a_reference_without_confidences_or_skips_prints_what_there_is(tmp_path):
    (tmp_path / "a.srt").write_text("1\n00:00:01,100 --> 00:00:02,000\nGood evening\n")
    (tmp_path / "r.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nGood evening\n")
    result = run(tmp_path / "a.srt", tmp_path / "r.srt", "--plot", tmp_path / "p.svg")
    assert result.exit_code == 0
    for word in ("calibration", "AUC", "not spoken"):
        assert word not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["{alignment}", "none.json"], 1, "none.json: no such caption file"),
        (["{alignment}", "{truth}", "--level", "word"], 1, "has no words with times; compare cues"),
        (["{alignment}", "{short}", "--match", "order"], 1, "the reference has 1 items and the alignment 7"),
        (["{alignment}", "{short}", "--match", "index"], 1, "the reference has no index 1"),
        (["{alignment}", "{broken}"], 1, "not valid JSON"),
        (["{alignment}", "{words}"], 1, "one has cues, the other only words"),
        (["-", "-"], 2, "both standard input"),
        (["{alignment}"], 2, "Missing argument 'REFERENCE'"),
        (["{alignment}", "{truth}", "--plot", "p.txt"], 2, "p.txt: no picture format"),
        (["{alignment}", "{truth}", "--bins", "0"], 2, "--bins"),
        (["{alignment}", "{truth}", "--min-confidence", "95"], 2, "--min-confidence"),
        (["{alignment}", "{truth}", "--match", "time"], 2, "--match"),
    ],
)
def test_an_error_is_one_line_and_a_status(files, tmp_path, arguments, status, message):
    short = {"format": "ctcalign-truth/1", "utterances": [{"text": "one two", "start": 1.0, "end": 2.0}]}
    (tmp_path / "short.json").write_text(json.dumps(short))
    (tmp_path / "broken.json").write_text('{"format": "ctcalign-truth/1", "utterances": [')
    (tmp_path / "words.ctm").write_text("talk 1 1.02 0.40 good\n")
    names = {"alignment": files[0], "truth": files[1]}
    names |= {name: tmp_path / f"{name}.json" for name in ("short", "broken")} | {"words": tmp_path / "words.ctm"}
    result = run(*(argument.format(**names) for argument in arguments))
    assert result.exit_code == status
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
