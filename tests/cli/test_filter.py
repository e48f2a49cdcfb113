"""`ctcalign filter` as a user calls it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.formats import read_alignment, write
from tests.filtering.talks import supervision, talk


def run(*arguments):
    return CliRunner().invoke(commands, ["filter", *map(str, arguments)])


@pytest.fixture
def source(tmp_path):
    write(talk(), tmp_path / "talk.json")
    return tmp_path / "talk.json"


def test_by_precision(source, tmp_path):
    """0.98 and 0.6 have the mean 0.79."""
    result = run(source, "-o", tmp_path / "kept.json", "--precision", "0.79", "--json")
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert (summary["min_confidence"], summary["cues_kept"]) == (0.6, 2)
    assert summary["estimated_precision"] == pytest.approx(0.79)


def test_precision_excludes_confidence(source, tmp_path):
    result = run(source, "-o", tmp_path / "kept.json", "--precision", "0.9", "--min-confidence", "0.9")
    assert result.exit_code == 2
    assert "remove --min-confidence and --words" in result.stderr


def test_by_confidence(source, tmp_path):
    out, rejected = tmp_path / "kept.json", tmp_path / "rejected.jsonl"
    result = run(source, "-o", out, "--min-confidence", "0.95", "--rejected", rejected)
    assert result.exit_code == 0
    kept = read_alignment(out)
    assert kept.cues == talk().cues[:1]
    assert kept.warnings == ["filter: 4 of 5 cues were rejected"]
    rows = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [(row["index"], row["reason"]) for row in rows] == [
        (1, "confidence below 0.95"),
        (2, "not spoken"),
        (3, "failed"),
        (4, "no confidence"),
    ]
    assert result.stderr.splitlines() == [
        "ctcalign: kept 10.0 s of 17.0 s (58.8 %), 1 of 5 cues (20.0 %)",
        "ctcalign: estimated precision 98.0 % (mean confidence of the kept cues from 0.95 on)",
        "ctcalign:   1 x confidence below 0.95",
        "ctcalign:   1 x not spoken",
        "ctcalign:   1 x failed",
        "ctcalign:   1 x no confidence",
        f"ctcalign: 1 rejected for no confidence: {source} cue 4",
    ]
    assert result.stdout == ""


def test_summary_as_json(source, tmp_path):
    result = run(source, "-o", tmp_path / "kept.json", "--json")
    assert [c.index for c in read_alignment(tmp_path / "kept.json").cues] == [0, 1, 4]
    summary = json.loads(result.stdout)
    assert (summary["cues"], summary["cues_kept"], summary["with_confidence"]) == (5, 3, 2)
    assert summary["hours_kept"] == pytest.approx(17 / 3600)
    assert summary["estimated_precision"] == pytest.approx(0.79)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--min-duration", "5"], [0, 1]),
        (["--max-duration", "5"], [1, 4]),
        (["--min-letter-rate", "1.5"], [1, 4]),  # 11 letters in 10 s, 9 in 5 s, 9 in 2 s
        (["--max-letter-rate", "2"], [0, 1]),
        (["--min-score", "-0.5"], [0, 1, 4]),
        (["--min-score", "-0.4"], []),
        (["--min-score", "score=-1", "--min-confidence", "0.7"], [0]),
        (["--min-score", "min_mean=-2"], []),
        (["--max-cer", "0.5"], []),
    ],
)
def test_options(source, tmp_path, options, kept):
    result = run(source, "-o", tmp_path / "kept.json", *options)
    assert result.exit_code == 0
    assert [c.index for c in read_alignment(tmp_path / "kept.json").cues] == kept
    if not kept:
        assert "warning: nothing is kept of 5 cues" in result.stderr


def test_standard_output(source):
    result = run(source, "-o", "-", "--min-confidence", "0.95")
    assert json.loads(result.stdout)["cues"][0]["index"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["{source}"], 2, "Missing option '-o'"),
        (["{source}", "-o", "{folder}/x.srt"], 2, "expected .json, .jsonl, .jsonl.gz or a folder/"),
        (["{source}", "-o", "{source}", "--overwrite"], 2, "is an input too; write elsewhere"),
        (["{source}", "-o", "{other}"], 2, "exists; give --overwrite"),
        (
            ["{source}", "-o", "{folder}/n.json", "--rejected", "{folder}/n.json"],
            2,
            "also the file for rejected cues",
        ),
        (["{source}", "-o", "-", "--rejected", "-"], 2, "both go to standard output"),
        (["{source}", "-o", "-", "--json"], 2, "both go to standard output"),
        (["{source}", "{other}", "-o", "{folder}/n.json"], 2, "2 inputs do not fit into one .json"),
        (["{source}", "-o", "{folder}/n.json", "--words"], 2, "no limit of confidence or scores is set"),
        (["{source}", "-o", "{folder}/n.json", "--min-score", "high"], 2, "expected a number, or NAME=NUMBER"),
        (["{source}", "-o", "{folder}/n.json", "--min-duration", "9", "--max-duration", "1"], 2, "nothing can be kept"),
        (["{source}", "-o", "{folder}/n.json", "--min-confidence", "95"], 2, "--min-confidence"),
        (["{folder}", "-o", "{folder}/out/"], 2, "is in the input folder"),
        (["none.json", "-o", "{folder}/n.json"], 1, "none.json: no such file or folder"),
        (["{captions}", "-o", "{folder}/n.json"], 1, "not valid JSON"),
        (["{broken}", "-o", "{folder}/n.json"], 1, "cues[0].index: expected a whole number"),
        (["{percent}", "-o", "{folder}/n.jsonl"], 1, "confidence is 95, expected a probability"),
        (["{other}", "-o", "{folder}/n.json"], 1, "neither an alignment of ctcalign nor a lhotse manifest"),
        (["{source}", "-o", "{folder}/none/n.json"], 1, "there is no folder"),
        (["{mixed}", "{percent}", "-o", "{folder}/m.jsonl"], 1, "row 2 is neither a cut nor a supervision"),
    ],
)
def test_an_error_is_one_line_and_a_status(source, tmp_path, arguments, status, message):
    (tmp_path / "other.json").write_text('{"something": "else"}')
    (tmp_path / "captions.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    document = {"schema": "ctcalign/alignment/1", "audio": "", "duration": 1, "model": "", "cues": [{"text": "a"}]}
    (tmp_path / "broken.json").write_text(json.dumps(document))
    (tmp_path / "percent.jsonl").write_text(json.dumps(supervision("s", {"confidence": 95})))
    (tmp_path / "mixed.jsonl").write_text(json.dumps(supervision("s", {})) + '\n{"a": 1}\n')
    names = {path.name.partition(".")[0]: path for path in tmp_path.iterdir()}
    given = [a.format(**names, source=source, folder=tmp_path) for a in arguments]
    before = sorted(tmp_path.rglob("*"))
    result = run(*given)
    assert result.exit_code == status
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
