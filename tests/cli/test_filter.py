"""`ctcalign filter` as a user calls it."""

from __future__ import annotations

import gzip
import json

import pytest
from click.testing import CliRunner

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.cli import commands
from ctcalign.formats import read_alignment, write
from ctcalign.scoring.files import read_timed


def run(*arguments):
    return CliRunner().invoke(commands, ["filter", *map(str, arguments)])


def cue(index, text, start, end, confidence, **more):
    texts = text.split()
    long = (end - start) / len(texts)
    words = [
        AlignedWord(w, start + i * long, start + (i + 1) * long, confidence=confidence) for i, w in enumerate(texts)
    ]
    return AlignedCue(index, text, start, end, confidence=confidence, score=-0.5, words=words, **more)


def talk():
    """10 s sure, 5 s doubtful, one not spoken, one failed, 2 s without a confidence."""
    sure, doubtful = cue(0, "Good evening", 0.0, 10.0, 0.98), cue(1, "ladies and", 10.0, 15.0, 0.6)
    silent = AlignedCue(2, "nobody", status="not_spoken", reason="not found in the audio", confidence=0.01)
    failed = AlignedCue(3, "broken", status="failed", reason="no path")
    unknown = cue(4, "gentlemen", 20.0, 22.0, None)
    return Alignment("talk.wav", 30.0, "none", [sure, doubtful, silent, failed, unknown])


@pytest.fixture
def source(tmp_path):
    write(talk(), tmp_path / "talk.json")
    return tmp_path / "talk.json"


@pytest.mark.parametrize(
    ("wanted", "kept"), [("0.99", []), ("0.98", [0]), ("0.8", [0]), ("0.79", [0, 1]), ("0.5", [0, 1])]
)
def test_by_precision(source, tmp_path, wanted, kept):
    """0.98 and 0.6 have the mean 0.79."""
    out = tmp_path / "kept.json"
    result = run(source, "-o", out, "--precision", wanted, "--json")
    assert result.exit_code == 0
    assert [cue.index for cue in read_alignment(out).cues] == kept
    summary = json.loads(result.stdout)
    assert summary["min_confidence"] == {0: 1.0, 1: 0.98, 2: 0.6}[len(kept)]
    if kept:
        assert summary["estimated_precision"] >= float(wanted)
    else:
        assert "no cue has a confidence of 0.99 or more" in summary["warnings"][0]


def test_cues_of_one_confidence_stay_together(tmp_path):
    cues = [cue(n, "some words", 10.0 * n, 10.0 * n + 5, sure) for n, sure in enumerate([1.0, 0.9, 0.9, 0.9, 0.2])]
    write(Alignment("talk.wav", 60.0, "none", cues), tmp_path / "talk.json")
    for wanted, kept in (("0.95", 1), ("0.92", 4), ("0.9", 4)):  # 1.0 and one 0.9 would have the mean 0.95
        out = tmp_path / f"kept{wanted}.json"
        assert run(tmp_path / "talk.json", "-o", out, "--precision", wanted).exit_code == 0
        assert len(read_alignment(out).cues) == kept


def test_precision_and_confidence_are_two_ways(source, tmp_path):
    result = run(source, "-o", tmp_path / "kept.json", "--precision", "0.9", "--min-confidence", "0.9")
    assert result.exit_code == 2
    assert "leave --min-confidence and --words out" in result.stderr


def test_by_confidence(source, tmp_path):
    out, rejected = tmp_path / "kept.json", tmp_path / "rejected.jsonl"
    result = run(source, "-o", out, "--min-confidence", "0.95", "--rejected", rejected)
    assert result.exit_code == 0
    kept = read_alignment(out)
    assert kept.cues == talk().cues[:1]
    assert kept.warnings == ["filter: 4 of 5 cues were left out"]
    rows = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [(row["index"], row["reason"]) for row in rows] == [
        (1, "confidence below 0.95"),
        (2, "not spoken"),
        (3, "failed"),
        (4, "no confidence"),
    ]
    assert rows[0] == {
        "file": str(source),
        "index": 1,
        "start": 10.0,
        "end": 15.0,
        "text": "ladies and",
        "confidence": 0.6,
        "reason": "confidence below 0.95",
    }
    assert result.stderr.splitlines() == [
        "ctcalign: kept 10.0 s of 17.0 s (58.8 %), 1 of 5 cues (20.0 %)",
        "ctcalign: estimated precision 98.0 % (mean confidence of what is kept from 0.95 on)",
        "ctcalign:   1 x confidence below 0.95",
        "ctcalign:   1 x not spoken",
        "ctcalign:   1 x failed",
        "ctcalign:   1 x no confidence",
        f"ctcalign: 1 left out for no confidence: {source} cue 4",
    ]
    assert result.stdout == ""


def test_the_bound_itself_is_kept(source, tmp_path):
    run(source, "-o", tmp_path / "kept.json", "--min-confidence", "0.6", "--max-duration", "10")
    assert [c.index for c in read_alignment(tmp_path / "kept.json").cues] == [0, 1]


def test_without_conditions_what_is_not_spoken_goes(source, tmp_path):
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
def test_conditions(source, tmp_path, options, kept):
    result = run(source, "-o", tmp_path / "kept.json", *options)
    assert result.exit_code == 0
    assert [c.index for c in read_alignment(tmp_path / "kept.json").cues] == kept
    if not kept:
        assert "warning: nothing is kept of 5 cues" in result.stderr


def test_fields_that_the_schema_does_not_know_can_be_asked_for_and_stay(source, tmp_path):
    document = json.loads(source.read_text())
    document["cues"][0] |= {"scores": {"min_mean": -1.0}, "cer": 0.1}
    document["cues"][1] |= {"scores": {"min_mean": -3.0}, "cer": 0.1}
    source.write_text(json.dumps(document))
    run(source, "-o", tmp_path / "kept.json", "--min-score", "min_mean=-2", "--max-cer", "0.2")
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert kept["cues"] == document["cues"][:1]


def test_words(tmp_path):
    alignment = Alignment("a.wav", 9.0, "m", [cue(0, "one two", 0.0, 1.0, 0.9), cue(1, "three", 1.0, 2.0, 0.9)])
    alignment.cues[0].words[1].confidence = 0.3
    alignment.cues[1].words.append(AlignedWord("[laughs]", status="not_spoken"))
    alignment.cues.append(cue(2, "four", 2.0, 3.0, 0.9))
    alignment.cues[2].words.append(AlignedWord("five", status="not_spoken", reason="not found in the audio"))
    write(alignment, tmp_path / "a.json")
    without = run(tmp_path / "a.json", "-o", tmp_path / "b.json", "--min-confidence", "0.8")
    assert "3 of 3 cues" in without.stderr
    result = run(tmp_path / "a.json", "-o", tmp_path / "c.json", "--min-confidence", "0.8", "--words")
    assert [c.index for c in read_alignment(tmp_path / "c.json").cues] == [1]
    assert "1 x a word: confidence below 0.8" in result.stderr
    assert "1 x a word is not spoken" in result.stderr


def test_a_lhotse_manifest_keeps_everything_else(tmp_path):
    write(talk(), tmp_path / "cuts.jsonl.gz")
    result = run(tmp_path / "cuts.jsonl.gz", "-o", tmp_path / "kept.jsonl.gz", "--min-confidence", "0.95")
    assert result.exit_code == 0
    [before], [after] = (
        [json.loads(line) for line in gzip.decompress((tmp_path / name).read_bytes()).splitlines()]
        for name in ("cuts.jsonl.gz", "kept.jsonl.gz")
    )
    assert after["supervisions"] == before["supervisions"][:1]
    assert {**after, "supervisions": []} == {**before, "supervisions": []}
    assert "1 left out for no confidence" in result.stderr
    assert "talk-0000004" in result.stderr


def supervision(name, confidence, **more):
    return {"id": name, "recording_id": "r", "start": 0, "duration": 1.0, "text": "x", "custom": confidence, **more}


def test_supervisions_and_cuts_that_lose_all_of_them(tmp_path):
    good, bad = supervision("g", {"confidence": 0.9}), supervision("b", {"confidence": 0.1})
    (tmp_path / "s.jsonl").write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n")
    run(tmp_path / "s.jsonl", "-o", tmp_path / "k.jsonl", "--min-confidence", "0.5")
    assert [json.loads(line) for line in (tmp_path / "k.jsonl").read_text().splitlines()] == [good]
    cuts = [{"type": "MonoCut", "id": s["id"], "start": 0, "duration": 1, "supervisions": [s]} for s in (good, bad)]
    tracks = [{"offset": 0, "cut": cut} for cut in cuts]
    mixed = {"type": "MixedCut", "id": "m", "tracks": tracks}
    (tmp_path / "c.json").write_text(json.dumps([*cuts, mixed]))
    run(tmp_path / "c.json", "-o", tmp_path / "k.json", "--min-confidence", "0.5")
    kept = json.loads((tmp_path / "k.json").read_text())
    assert [row["id"] for row in kept] == ["g", "m"]
    assert [t["cut"]["supervisions"] for t in kept[1]["tracks"]] == [[good], []]


def folder_of_talks(folder):
    (folder / "deep").mkdir(parents=True)
    write(talk(), folder / "a.json")
    write(talk(), folder / "deep" / "b.json")
    (folder / "truth.key.json").write_text('{"format": "ctcalign-truth/1", "utterances": []}')
    return folder


def test_a_folder_to_a_folder(tmp_path):
    given = folder_of_talks(tmp_path / "in")
    result = run(given, "-o", f"{tmp_path / 'out'}/", "--min-confidence", "0.95")
    assert result.exit_code == 0
    for name in ("a.json", "deep/b.json"):
        assert len(read_alignment(tmp_path / "out" / name).cues) == 1
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.json")) == ["a.json", "b.json"]
    assert "1 JSON files in the folders are neither alignments nor lhotse manifests" in result.stderr
    assert "2 of 10 cues" in result.stderr


def test_a_folder_to_one_manifest(tmp_path):
    given = folder_of_talks(tmp_path / "in")
    assert run(given, "-o", tmp_path / "train.jsonl.gz", "--min-confidence", "0.95").exit_code == 0
    [file] = read_timed(tmp_path / "train.jsonl.gz")
    assert [(c.index, c.confidence) for c in file.cues] == [(0, 0.98), (0, 0.98)]


def test_a_broken_file_of_a_folder_is_named_and_the_others_are_filtered(tmp_path):
    given = folder_of_talks(tmp_path / "in")
    (given / "cut_off.json").write_text('{"schema": "ctcalign/alignment/1", "cues": [')
    result = run(given, "-o", f"{tmp_path / 'out'}/", "--rejected", tmp_path / "r.jsonl")
    assert result.exit_code == 0
    assert "cut_off.json: not valid JSON" in result.stderr
    assert any(
        "not valid JSON" in json.loads(line)["reason"] for line in (tmp_path / "r.jsonl").read_text().splitlines()
    )


def test_standard_output(source):
    result = run(source, "-o", "-", "--min-confidence", "0.95")
    assert json.loads(result.stdout)["cues"][0]["index"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["{source}"], 2, "Missing option '-o'"),
        (["{source}", "-o", "{folder}/x.srt"], 2, "expected .json, .jsonl, .jsonl.gz or a folder/"),
        (["{source}", "-o", "{source}", "--overwrite"], 2, "is an input too; write elsewhere"),
        (["{source}", "-o", "{other}"], 2, "is there already; give --overwrite"),
        (
            ["{source}", "-o", "{folder}/n.json", "--rejected", "{folder}/n.json"],
            2,
            "also the file for what is rejected",
        ),
        (["{source}", "-o", "-", "--rejected", "-"], 2, "both go to standard output"),
        (["{source}", "-o", "-", "--json"], 2, "both go to standard output"),
        (["{source}", "{other}", "-o", "{folder}/n.json"], 2, "2 files do not fit into one of JSON"),
        (["{source}", "-o", "{folder}/n.json", "--words"], 2, "no confidence or score is asked for"),
        (["{source}", "-o", "{folder}/n.json", "--min-score", "high"], 2, "expected a number, or NAME=NUMBER"),
        (["{source}", "-o", "{folder}/n.json", "--min-duration", "9", "--max-duration", "1"], 2, "nothing can be kept"),
        (["{source}", "-o", "{folder}/n.json", "--min-confidence", "95"], 2, "--min-confidence"),
        (["{folder}", "-o", "{folder}/out/"], 2, "lies in the input"),
        (["none.json", "-o", "{folder}/n.json"], 1, "none.json: no such file or folder"),
        (["{captions}", "-o", "{folder}/n.json"], 1, "not valid JSON"),
        (["{broken}", "-o", "{folder}/n.json"], 1, "cues[0].index: expected a whole number"),
        (["{percent}", "-o", "{folder}/n.jsonl"], 1, "confidence is 95, expected a probability"),
        (["{other}", "-o", "{folder}/n.json"], 1, "no alignment of ctcalign and no lhotse manifest"),
        (["{source}", "-o", "{folder}/none/n.json"], 1, "there is no folder"),
        (["{mixed}", "{percent}", "-o", "{folder}/m.jsonl"], 1, "row 2 is no cut and no supervision"),
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
