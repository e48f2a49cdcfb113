"""`ctcalign align-corpus` on a folder: outputs, resuming, and recordings that cannot be aligned."""

from __future__ import annotations

import gzip
import json
import os

import pytest
import soundfile as sf
from click.testing import CliRunner

import ctcalign
from ctcalign.cli import commands
from tests.corpus.collections import TEXTS, excerpts, report_of, results


def run(*arguments):
    given = ["align-corpus", *map(str, arguments), "--fast", "--workers", "1"]
    return CliRunner().invoke(commands, given, catch_exceptions=False)


@pytest.fixture(scope="module")
def aligned(talks, tmp_path_factory):
    """The output folder of an undisturbed run."""
    output = tmp_path_factory.mktemp("out") / "aligned"
    done = run(talks, "-o", output, "--format", "vtt")
    assert done.exit_code == 0, done.output
    return output


def test_each_recording_is_aligned_as_alone(talks, aligned):
    model = ctcalign.load_model("builtin:en")
    for name, text in TEXTS.items():
        found = ctcalign.read_alignment(aligned / "alignments" / f"{name}.json")
        alone = ctcalign.align(talks / f"{name}.wav", talks / f"{name}.txt", model)
        assert found.to_dict() == alone.to_dict()
        assert [cue.text for cue in found.cues] == [text]
        assert (aligned / "alignments" / f"{name}.vtt").read_text(encoding="utf-8").startswith("WEBVTT")


def test_the_manifest_and_the_report_cover_all(aligned):
    rows = [json.loads(line) for line in gzip.open(aligned / "cuts.jsonl.gz", "rt", encoding="utf-8")]
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [row["recording"]["id"] for row in rows] == ["a", "b"]
    report = report_of(aligned)
    assert (report["done"], report["failed"], report["left"], report["recordings"]) == (2, 0, 0, 2)
    assert sum(report["histogram"]) == report["cues"]["aligned"] == 2
    assert report["hours"] > 0.001
    assert [row["id"] for row in report["worst"]] != []
    assert "2 of 2" in (aligned / "report.html").read_text(encoding="utf-8")
    events = [json.loads(line)["event"] for line in (aligned / "log.jsonl").read_text().splitlines()]
    assert events == ["start", "done", "done", "end"]


def test_what_is_done_is_not_done_again(talks, aligned):
    before = {path: path.stat().st_mtime_ns for path in aligned.rglob("*") if "alignments" in path.parts}
    again = run(talks, "-o", aligned, "--format", "vtt", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["done"] == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_only_what_has_changed_is_done_again(tmp_path):
    talks, output = excerpts(tmp_path / "talks"), tmp_path / "out"
    assert run(talks, "-o", output).exit_code == 0
    first = results(output)
    times = {name: (output / name).stat().st_mtime_ns for name in first if name.startswith("alignments")}
    os.utime(talks / "a.wav")  # touched: the content is the same
    samples, rate = sf.read(talks / "b.wav")
    sf.write(talks / "b.wav", samples[: -rate // 2], rate)
    assert run(talks, "-o", output).exit_code == 0
    assert (output / "alignments" / "a.json").stat().st_mtime_ns == times["alignments/a.json"]
    assert results(output)["alignments/b.json"] != first["alignments/b.json"]
    (output / "alignments" / "a.json").write_text("{")  # damaged
    (talks / "b.wav").unlink()
    (talks / "b.txt").unlink()
    assert run(talks, "-o", output).exit_code == 0
    assert results(output)["alignments/a.json"] == first["alignments/a.json"]
    report = report_of(output)
    assert (report["done"], report["gone"]) == (1, 1)
    settings = run(talks, "-o", output, "--all-spoken")
    assert "other settings, model or version" in settings.stderr


BAD = {
    "empty": "recording cannot be read",
    "corrupt": "recording cannot be read",
    "short": "captions were not found in the recording",
    "nocaptions": "no captions",
    "norecording": "no recording",
    "emptycaptions": "captions cannot be read",
    "pipe": "not a file",
    "folder": "not a file",
    "twice": "several files with the same name",
    "silent": "captions were not found in the recording",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A good pair among bad ones."""
    folder = excerpts(tmp_path_factory.mktemp("bad") / "talks", "a")
    for name in BAD:
        if name != "nocaptions":
            (folder / f"{name}.txt").write_text("one two three\n")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "corrupt.mp3").write_bytes(b"\x7fELF no sound" * 100)
    sf.write(folder / "short.wav", [0.1, 0.0, -0.1], 16000)
    sf.write(folder / "silent.wav", [0.0] * 16000, 16000)
    for name in ("nocaptions.wav", "emptycaptions.wav", "twice.wav", "twice.flac"):
        sf.write(folder / name, [0.0] * 1600, 16000)
    (folder / "emptycaptions.txt").write_text("")
    os.mkfifo(folder / "pipe.wav")
    (folder / "folder.wav").mkdir()
    return folder


def test_bad_recordings_are_named_and_the_rest_is_done(bad, tmp_path):
    found = run(bad, "-o", tmp_path / "out")
    assert found.exit_code == 1
    report = report_of(tmp_path / "out")
    assert {one["id"]: one["reason"] for one in report["failures"]} == BAD
    assert report["done"] == 1
    for name in BAD:
        assert f"error: {name}: {BAD[name]}" in found.stderr or "more recordings failed" in found.stderr
        assert (tmp_path / "out" / "failed" / f"{name}.txt").read_text().startswith(name)
    assert f"1 of {1 + report['failed']} recordings aligned, {report['failed']} failed" in found.stderr
    assert "Traceback" in (tmp_path / "out" / "failed" / "corrupt.txt").read_text()
    events = (tmp_path / "out" / "log.jsonl").read_text()
    assert run(bad, "-o", tmp_path / "out").exit_code == 1  # again named, but not tried again
    assert report_of(tmp_path / "out")["failures"] == report["failures"]
    assert (tmp_path / "out" / "log.jsonl").read_text().count('"id": "corrupt"') == events.count('"id": "corrupt"')
    assert run(bad, "-o", tmp_path / "out", "--retry-failed").exit_code == 1
    assert (tmp_path / "out" / "log.jsonl").read_text().count('"id": "corrupt"') > events.count('"id": "corrupt"')


def test_names_that_no_file_system_has(talks, tmp_path):
    long, odd = "x" * 2000, "../b: the \u00fcbung\n"
    rows = [
        {"audio": str(talks / "a.wav"), "captions": str(talks / "a.txt"), "id": long},
        {"audio": str(talks / "b.wav"), "captions": str(talks / "b.txt"), "id": odd},
        {"audio": f"{long}.wav", "captions": str(talks / "b.txt"), "id": "longpath"},
        {"audio": str(talks / "a.wav"), "captions": str(talks / "a.txt"), "id": "twice"},
        {"audio": str(talks / "b.wav"), "captions": str(talks / "b.txt"), "id": "twice"},
        {"audio": "nul\0.wav", "captions": str(talks / "b.txt"), "id": "nul"},
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = tmp_path / "out" / "deep"
    found = run(tmp_path / "pairs.jsonl", "-o", output)
    assert found.exit_code == 1
    report = report_of(output)
    assert {one["id"]: one["reason"] for one in report["failures"]} == {
        "longpath": "no recording",
        "twice": "several entries with the same id",
        "nul": "no recording",
    }
    assert report["done"] == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["deep"]
    assert {row["id"] for row in report["worst"]} == {long, odd}
    cuts = [json.loads(line) for line in gzip.open(output / "cuts.jsonl.gz", "rt", encoding="utf-8")]
    assert len({cut["id"] for cut in cuts}) == 2
    assert all(cut["id"].split() == [cut["id"]] for cut in cuts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{t}", "-o", "{t}"), "holds other files"),
        (("{t}", "-o", "{t}/a.txt"), "is a file"),
        (("{t}", "-o", "{o}", "--format", "nosuch"), "expected one of"),
        (("{t}", "-o", "{o}", "--max-lines", "2"), "ass, sbv, scc, srt, ttml, vtt"),
        (("{t}", "-o", "{o}", "--shard", "3/2"), "expected NUMBER/COUNT"),
        (("{t}", "-o", "{o}", "--timeout-per-hour", "soon"), "expected a duration"),
        (("{t}", "-o", "{o}", "--faithful"), "--method ipfa"),
        (("{t}/a.wav", "-o", "{o}"), "expected a folder with recordings and captions"),
        (("{t}", "-o", "{o}", "--model", "builtin:no"), "did you mean"),
    ],
)
def test_wrong_calls_are_one_line(talks, tmp_path, arguments, message):
    call = [argument.format(t=talks, o=tmp_path / "o") for argument in arguments]
    given = call if "--model" in call else [*call, "--fast"]
    found = CliRunner().invoke(commands, ["align-corpus", *given])
    assert found.exit_code in (1, 2) or isinstance(found.exception, ctcalign.CtcAlignError)
    text = f"{found.output}{found.exception or ''}"
    assert message in " ".join(text.split())


def test_a_dry_run_keeps_nothing(talks, tmp_path):
    found = run(talks, "-o", tmp_path / "out", "--dry-run", "--json")
    assert found.exit_code == 0, found.output
    planned = json.loads(found.stdout)
    assert (planned["recordings"], planned["samples"], planned["workers"]) == (2, 2, 1)
    seconds = sum(sf.info(talks / f"{name}.wav").duration for name in TEXTS)
    assert planned["hours"] == pytest.approx(seconds / 3600, abs=0.005)
    assert planned["seconds"] > 0
    assert not (tmp_path / "out").exists()
