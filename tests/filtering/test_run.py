"""Filtering of alignments, lhotse manifests and folders of both."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.alignment.alignment import AlignedWord, Alignment
from ctcalign.errors import CaptionError, UsageError
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.run import filter_files
from ctcalign.formats import read_alignment, write
from ctcalign.scoring.files import read_timed
from tests.filtering.talks import cue, supervision, talk


@pytest.fixture
def source(tmp_path):
    write(talk(), tmp_path / "talk.json")
    return tmp_path / "talk.json"


def kept_of(source, tmp_path, criteria=None, **options):
    """Indices of the kept cues, and the report."""
    report = filter_files([source], tmp_path / "kept.json", criteria or Criteria(), overwrite=True, **options)
    return [cue.index for cue in read_alignment(tmp_path / "kept.json").cues], report


@pytest.mark.parametrize(("precision", "kept"), [(0.99, []), (0.98, [0]), (0.8, [0]), (0.79, [0, 1]), (0.5, [0, 1])])
def test_by_precision(source, tmp_path, precision, kept):
    """0.98 and 0.6 have the mean 0.79."""
    found, report = kept_of(source, tmp_path, precision=precision)
    assert found == kept
    assert report.criteria.min_confidence == {0: 1.0, 1: 0.98, 2: 0.6}[len(kept)]
    if kept:
        assert report.tally.precision >= precision
    else:
        assert "no cue has a confidence of 0.99 or more" in report.warnings[0]


@pytest.mark.parametrize(("precision", "kept"), [(0.95, 1), (0.92, 4), (0.9, 4)])  # 1.0 and one 0.9: mean 0.95
def test_cues_of_equal_confidence_are_kept_together(tmp_path, precision, kept):
    cues = [cue(n, "some words", 10.0 * n, 10.0 * n + 5, c) for n, c in enumerate([1.0, 0.9, 0.9, 0.9, 0.2])]
    write(Alignment("talk.wav", 60.0, "none", cues), tmp_path / "talk.json")
    assert len(kept_of(tmp_path / "talk.json", tmp_path, precision=precision)[0]) == kept


@pytest.mark.parametrize("precision", [0.0, 1.5])
def test_a_precision_out_of_range_is_refused(source, tmp_path, precision):
    with pytest.raises(UsageError, match="expected a fraction above 0"):
        kept_of(source, tmp_path, precision=precision)


def test_kept_cues_are_not_changed_and_rejected_ones_are_reported(source, tmp_path):
    _, report = kept_of(source, tmp_path, Criteria(min_confidence=0.95), rejected=tmp_path / "rejected.jsonl")
    kept = read_alignment(tmp_path / "kept.json")
    assert kept.cues == talk().cues[:1]
    assert kept.warnings == ["filter: 4 of 5 cues were rejected"]
    rows = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
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
    assert report.tally.rejected == rows


def test_seconds_and_cues_are_counted(source, tmp_path):
    kept, report = kept_of(source, tmp_path)
    tally = report.tally
    assert kept == [0, 1, 4]
    assert (tally.cues, tally.kept_cues, tally.seconds, tally.kept_seconds) == (5, 3, 17.0, 17.0)
    assert tally.precision == pytest.approx(0.79)


@pytest.mark.parametrize(
    ("criteria", "kept"),
    [
        (Criteria(min_duration=5.0), [0, 1]),
        (Criteria(max_duration=5.0), [1, 4]),
        (Criteria(min_letter_rate=1.5), [1, 4]),  # 11 letters in 10 s, 9 in 5 s, 9 in 2 s
        (Criteria(max_letter_rate=2.0), [0, 1]),
        (Criteria(min_scores={"score": -0.5}), [0, 1, 4]),
        (Criteria(min_scores={"score": -0.4}), []),
        (Criteria(min_scores={"score": -1.0}, min_confidence=0.7), [0]),
        (Criteria(min_scores={"min_mean": -2.0}), []),
        (Criteria(max_error_rate=0.5), []),
        (Criteria(min_confidence=0.6, max_duration=10.0), [0, 1]),  # limits are inclusive
    ],
)
def test_limits(source, tmp_path, criteria, kept):
    assert kept_of(source, tmp_path, criteria)[0] == kept


def test_limits_may_name_fields_outside_the_schema_and_these_are_kept(source, tmp_path):
    document = json.loads(source.read_text())
    document["cues"][0] |= {"scores": {"min_mean": -1.0}, "cer": 0.1}
    document["cues"][1] |= {"scores": {"min_mean": -3.0}, "cer": 0.1}
    source.write_text(json.dumps(document))
    kept_of(source, tmp_path, Criteria(min_scores={"min_mean": -2.0}, max_error_rate=0.2))
    assert json.loads((tmp_path / "kept.json").read_text())["cues"] == document["cues"][:1]


def test_limits_of_words(tmp_path):
    alignment = Alignment("a.wav", 9.0, "m", [cue(0, "one two", 0.0, 1.0, 0.9), cue(1, "three", 1.0, 2.0, 0.9)])
    alignment.cues[0].words[1].confidence = 0.3
    alignment.cues[1].words.append(AlignedWord("[laughs]", status="not_spoken"))
    alignment.cues.append(cue(2, "four", 2.0, 3.0, 0.9))
    alignment.cues[2].words.append(AlignedWord("five", status="not_spoken", reason="not found in the audio"))
    write(alignment, tmp_path / "a.json")
    assert kept_of(tmp_path / "a.json", tmp_path, Criteria(min_confidence=0.8))[0] == [0, 1, 2]
    kept, report = kept_of(tmp_path / "a.json", tmp_path, Criteria(min_confidence=0.8, words=True))
    assert kept == [1]
    assert report.tally.reasons == {"a word: confidence below 0.8": 1, "a word is not spoken": 1}


def test_words_of_a_supervision_have_a_confidence_or_a_score(tmp_path):
    words = [["one", 0.0, 0.5, 0.9], {"symbol": "two", "start": 0.5, "duration": 0.5, "score": 0.3}]
    row = supervision("s", {"confidence": 0.9}, alignment={"word": words})
    nats = supervision("n", {"confidence": 0.9}, alignment={"word": [["one", 0.0, 0.5, -2.0]]})
    (tmp_path / "s.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(nats) + "\n")
    report = filter_files([tmp_path / "s.jsonl"], tmp_path / "k.jsonl", Criteria(min_confidence=0.8, words=True))
    assert report.tally.reasons == {"a word: confidence below 0.8": 1, "a word: no confidence": 1}


def test_a_lhotse_manifest_is_unchanged_but_for_rejected_supervisions(tmp_path):
    write(talk(), tmp_path / "cuts.jsonl.gz")
    report = filter_files([tmp_path / "cuts.jsonl.gz"], tmp_path / "kept.jsonl.gz", Criteria(min_confidence=0.95))
    [before], [after] = (
        [json.loads(line) for line in gzip.decompress((tmp_path / name).read_bytes()).splitlines()]
        for name in ("cuts.jsonl.gz", "kept.jsonl.gz")
    )
    assert after["supervisions"] == before["supervisions"][:1]
    assert {**after, "supervisions": []} == {**before, "supervisions": []}
    assert [row["id"] for row in report.tally.rejected] == ["talk-0000001", "talk-0000004"]


def test_rows_without_a_kept_supervision_are_left_out(tmp_path):
    good, bad = supervision("g", {"confidence": 0.9}), supervision("b", {"confidence": 0.1})
    (tmp_path / "s.jsonl").write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n")
    filter_files([tmp_path / "s.jsonl"], tmp_path / "k.jsonl", Criteria(min_confidence=0.5))
    assert [json.loads(line) for line in (tmp_path / "k.jsonl").read_text().splitlines()] == [good]
    cuts = [{"type": "MonoCut", "id": s["id"], "start": 0, "duration": 1, "supervisions": [s]} for s in (good, bad)]
    tracks = [{"offset": 0, "cut": cut} for cut in cuts]
    mixed = {"type": "MixedCut", "id": "m", "tracks": tracks}
    (tmp_path / "c.json").write_text(json.dumps([*cuts, mixed]))
    filter_files([tmp_path / "c.json"], tmp_path / "k.json", Criteria(min_confidence=0.5))
    kept = json.loads((tmp_path / "k.json").read_text())
    assert [row["id"] for row in kept] == ["g", "m"]
    assert [t["cut"]["supervisions"] for t in kept[1]["tracks"]] == [[good], []]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    (path / "deep").mkdir(parents=True)
    write(talk(), path / "a.json")
    write(talk(), path / "deep" / "b.json")
    (path / "truth.key.json").write_text('{"format": "ctcalign-truth/1", "utterances": []}')
    return path


def test_a_folder_to_a_folder(folder, tmp_path):
    report = filter_files([folder], f"{tmp_path / 'out'}/", Criteria(min_confidence=0.95))
    for name in ("a.json", "deep/b.json"):
        assert len(read_alignment(tmp_path / "out" / name).cues) == 1
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.json")) == ["a.json", "b.json"]
    assert report.warnings == ["1 JSON files in the folders are neither alignments nor lhotse manifests"]
    assert (report.tally.kept_cues, report.tally.cues) == (2, 10)


def test_a_folder_to_one_manifest(folder, tmp_path):
    filter_files([folder], tmp_path / "train.jsonl.gz", Criteria(min_confidence=0.95))
    files = read_timed(tmp_path / "train.jsonl.gz")
    assert [file.recording for file in files] == ["talk", "talk-2"]  # in two folders: two recordings
    assert [(c.index, c.confidence) for file in files for c in file.cues] == [(0, 0.98), (0, 0.98)]


def test_a_damaged_file_of_a_folder_is_reported_and_the_others_are_filtered(folder, tmp_path):
    (folder / "cut_off.json").write_text('{"schema": "ctcalign/alignment/1", "cues": [')
    report = filter_files([folder], f"{tmp_path / 'out'}/", Criteria(), rejected=tmp_path / "r.jsonl")
    assert "cut_off.json: not valid JSON" in report.warnings[0]
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert any("not valid JSON" in row["reason"] for row in rows)
    with pytest.raises(CaptionError, match=r"cut_off\.json: not valid JSON"):
        filter_files([folder / "cut_off.json"], tmp_path / "k.json", Criteria())


def test_a_file_keeps_its_layout(tmp_path):
    """A JSON list stays a list, JSON lines stay lines, an alignment stays one cue a line."""
    rows = [supervision("a", {}), supervision("b", {})]
    (tmp_path / "list.json").write_text(json.dumps(rows))
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write(talk(), tmp_path / "talk.json")
    filter_files([tmp_path / n for n in ("list.json", "lines.jsonl", "talk.json")], f"{tmp_path}/out/", Criteria())
    assert json.loads((tmp_path / "out" / "list.json").read_text()) == rows
    assert [json.loads(line) for line in (tmp_path / "out" / "lines.jsonl").read_text().splitlines()] == rows
    text = (tmp_path / "out" / "talk.json").read_text()
    assert [line[:10] for line in text.splitlines() if line.startswith('{"index"')] == ['{"index": '] * 3


def sound(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.zeros(int(seconds * 8000), np.float32), 8000)


@pytest.mark.parametrize(
    ("alignment", "recording"),
    [
        ("a.json", "talk.wav"),
        ("out/json/a.json", "talk.wav"),
        ("a/b.json", "a/talk.wav"),
        ("a/b.json", "audio/talk.wav"),
    ],
)
def test_a_manifest_from_another_folder_has_its_recordings(alignment, recording, tmp_path, monkeypatch):
    (tmp_path / alignment).parent.mkdir(parents=True, exist_ok=True)
    sound(tmp_path / recording, 30)
    name = "../audio/talk.wav" if "audio" in recording else "talk.wav"
    write(replace(talk(), audio=name), tmp_path / alignment)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    report = filter_files([Path("..") / alignment], "train.jsonl", Criteria(min_confidence=0.95))
    assert report.warnings == []
    [cut] = [json.loads(line) for line in Path("train.jsonl").read_text().splitlines()]
    assert cut["recording"]["sources"][0]["source"] == str((tmp_path / recording).resolve())


def test_of_two_recordings_of_a_name_the_one_of_that_duration_counts(tmp_path, monkeypatch):
    sound(tmp_path / "talk.wav", 3)
    sound(tmp_path / "in" / "talk.wav", 30)
    write(talk(), tmp_path / "in" / "a.json")
    monkeypatch.chdir(tmp_path)
    filter_files(["in/a.json"], "train.jsonl", Criteria())
    source = json.loads(Path("train.jsonl").read_text())["recording"]["sources"][0]["source"]
    assert source == str(tmp_path / "in" / "talk.wav")


def test_a_recording_that_is_not_found_is_named(folder, tmp_path):
    sound(folder / "talk.wav", 30)
    (folder / "a.json").write_text((folder / "a.json").read_text().replace("talk.wav", "gone.wav"))
    report = filter_files([folder], tmp_path / "train.jsonl.gz", Criteria(min_confidence=0.95))
    assert re.search(r"1 of 2 recordings were not found.*gone.wav of .*a.json; expected from the", report.warnings[1])


def _cuts_of(source, **more):
    recording = {"id": "r", "sources": [{"type": "file", "channels": [0], "source": source}], "duration": 30.0, **more}
    row = {"id": "c", "start": 0, "duration": 30.0, "channel": 0, "type": "MonoCut", "recording": recording}
    return {**row, "supervisions": [supervision("s", {"confidence": 0.9})]}


@pytest.mark.parametrize(
    ("source", "recording"),
    [
        ("talk.wav", "data/talk.wav"),  # beside the manifest
        ("wav/talk.wav", "data/wav/talk.wav"),
        ("../audio/talk.wav", "audio/talk.wav"),
        ("data/wav/talk.wav", "data/wav/talk.wav"),  # from the folder above the manifest
        ("talk.wav", "here/talk.wav"),  # from the working folder
        ("gone/talk.wav", "data/talk.wav"),
    ],
)
@pytest.mark.parametrize("output", ["train.jsonl", "kept/", "-"])
def test_a_manifest_in_another_folder_names_the_same_recordings(
    source, recording, output, tmp_path, monkeypatch, capsysbinary
):
    sound(tmp_path / recording, 30)
    for folder in ("data", "here"):
        (tmp_path / folder).mkdir(exist_ok=True)
    rows = [
        _cuts_of(source),
        {"id": "m", "type": "MixedCut", "tracks": [{"type": "MonoCut", "offset": 0, "cut": _cuts_of(source)}]},
    ]
    (tmp_path / "data" / "cuts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path / "here")
    report = filter_files(["../data/cuts.jsonl"], output, Criteria(min_confidence=0.5))
    assert report.warnings == []
    text = capsysbinary.readouterr().out if output == "-" else Path(report.written[0]).read_bytes()
    one, mixed = (json.loads(line) for line in text.splitlines())
    for cut in (one, mixed["tracks"][0]["cut"]):
        assert cut["recording"]["sources"][0]["source"] == str((tmp_path / recording).resolve())


def test_a_file_of_a_manifest_that_is_not_found_is_named_and_kept(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cuts.jsonl").write_text(json.dumps(_cuts_of("gone.wav")) + "\n")
    report = filter_files([tmp_path / "in" / "cuts.jsonl"], tmp_path / "train.jsonl", Criteria(min_confidence=0.5))
    [warning] = report.warnings
    assert re.search(r"1 relative paths in the manifests do not exist: gone.wav of .*cuts.jsonl", warning)
    assert json.loads((tmp_path / "train.jsonl").read_text()) == _cuts_of("gone.wav")


@pytest.mark.parametrize("source", ["/data/talk.wav", "https://example.org/talk.wav", "pipe:cat talk.wav"])
def test_other_sources_of_a_manifest_stay(tmp_path, source):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cuts.jsonl").write_text(json.dumps(_cuts_of(source)) + "\n")
    report = filter_files([tmp_path / "in" / "cuts.jsonl"], tmp_path / "train.jsonl", Criteria(min_confidence=0.5))
    assert report.warnings == []
    assert json.loads((tmp_path / "train.jsonl").read_text()) == _cuts_of(source)


def test_relative_paths_stay_where_the_output_lies_beside_the_input(tmp_path):
    sound(tmp_path / "talk.wav", 30)
    (tmp_path / "cuts.jsonl").write_text(json.dumps(_cuts_of("talk.wav")) + "\n")
    filter_files([tmp_path / "cuts.jsonl"], tmp_path / "train.jsonl", Criteria(min_confidence=0.5))
    assert json.loads((tmp_path / "train.jsonl").read_text()) == _cuts_of("talk.wav")


def _ids(cuts):
    return [(cut["id"], cut["supervisions"][0]["id"], cut["supervisions"][0]["recording_id"]) for cut in cuts]


def _filtered(inputs, tmp_path):
    report = filter_files(inputs, tmp_path / "train.jsonl", Criteria(min_confidence=0.5), overwrite=True)
    return [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()], report.warnings


def test_two_recordings_of_one_name_have_two_ids(tmp_path):
    for folder in ("a", "b", "c"):
        sound(tmp_path / folder / "talk.wav", 30)
        write(talk(), tmp_path / folder / "x.json")
    cuts, warnings = _filtered([tmp_path / folder / "x.json" for folder in "abc"], tmp_path)
    assert warnings == []
    assert _ids(cuts) == [
        ("talk", "talk-0000000", "talk"),
        ("talk-2", "talk-2-0000000", "talk-2"),
        ("talk-3", "talk-3-0000000", "talk-3"),
    ]
    assert [cut["recording"]["id"] for cut in cuts] == ["talk", "talk-2", "talk-3"]
    assert len({cut["recording"]["sources"][0]["source"] for cut in cuts}) == 3


def test_two_alignments_of_one_recording_name_it_alike(tmp_path):
    sound(tmp_path / "talk.wav", 30)
    for name in ("x.json", "y.json"):
        write(talk(), tmp_path / name)
    cuts, _ = _filtered([tmp_path / "x.json", tmp_path / "y.json"], tmp_path)
    assert _ids(cuts) == [("talk", "talk-0000000", "talk"), ("talk-2", "talk-2-0000000", "talk")]


def test_recordings_that_are_not_found_have_two_ids_too(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(talk(), tmp_path / folder / "x.json")
    cuts, _ = _filtered([tmp_path / "a" / "x.json", tmp_path / "b" / "x.json"], tmp_path)
    assert [cut["id"] for cut in cuts] == ["talk", "talk-2"]


def test_ids_of_manifests_stay_and_alignments_get_others(tmp_path):
    write(talk(), tmp_path / "x.json")
    row = {**_cuts_of(str(tmp_path / "r.wav")), "id": "talk"}
    (tmp_path / "cuts.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "more.jsonl").write_text(json.dumps(row) + "\n")
    cuts, warnings = _filtered([tmp_path / name for name in ("x.json", "cuts.jsonl", "more.jsonl")], tmp_path)
    assert [cut["id"] for cut in cuts] == ["talk-2", "talk", "talk"]
    assert "train.jsonl: 1 ids of cuts occur twice or more: talk" in " ".join(warnings)
