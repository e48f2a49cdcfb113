"""Kaldi and lhotse in and out: the outputs pass the validators of both and hold the given ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.corpus.collections import TEXTS, excerpts, report_of


def run(*arguments):
    given = ["align-corpus", *map(str, arguments), "--fast", "--workers", "1"]
    return CliRunner().invoke(commands, given, catch_exceptions=False)


def check_kaldi(folder: Path) -> dict[str, list[list[str]]]:
    """The rules of Kaldi's utils/validate_data_dir.sh, written anew; gives the fields of each file."""
    tables = {}
    for name in ("wav.scp", "segments", "text", "utt2spk", "spk2utt", "reco2dur"):
        data = (folder / name).read_bytes()
        assert data.endswith(b"\n"), name
        lines = data.decode().splitlines()
        assert lines == sorted(lines, key=lambda line: line.split()[0].encode()), f"{name} is not sorted"
        tables[name] = [line.split() for line in lines]
        keys = [row[0] for row in tables[name]]
        assert len(set(keys)) == len(keys), f"{name} has a key twice"
    utterances = [row[0] for row in tables["utt2spk"]]
    assert utterances == [row[0] for row in tables["text"]] == [row[0] for row in tables["segments"]]
    assert all(len(row) == 2 for row in tables["utt2spk"])
    assert all(len(row) > 1 for row in tables["text"])
    speakers: dict[str, list[str]] = {}
    for utterance, speaker in tables["utt2spk"]:
        speakers.setdefault(speaker, []).append(utterance)
    assert {row[0]: row[1:] for row in tables["spk2utt"]} == speakers
    order = [speaker for _, speaker in tables["utt2spk"]]
    assert order == sorted(order, key=str.encode), "utterances are not in the order of their speakers"
    seconds = {row[0]: float(row[1]) for row in tables["reco2dur"]}
    assert seconds.keys() == {row[0] for row in tables["wav.scp"]}
    for _, name, start, end in tables["segments"]:
        assert 0 <= float(start) < float(end) <= seconds[name] + 0.5
    return tables


def check_lhotse(path: Path) -> None:
    """What `lhotse validate` does with a manifest."""
    import lhotse
    from lhotse.qa import validate

    validate(lhotse.load_manifest(path))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A Kaldi data directory: "one" with two utterances in one recording, "two" with one."""
    place = tmp_path_factory.mktemp("kaldi")
    excerpts(place / "talks")
    folder = place / "data"
    folder.mkdir()
    (folder / "wav.scp").write_text(f"one {place}/talks/a.wav\ntwo {place}/talks/b.wav\n")
    first, second = TEXTS.values()
    start, rest = first.split(",")
    (folder / "segments").write_text("spk1-u1 one 0.0 1.0\nspk1-u2 one 1.0 2.0\nspk2-u1 two 0.0 2.0\n")
    (folder / "text").write_text(f"spk1-u1 {start}\nspk1-u2 {rest.strip()}\nspk2-u1 {second}\n")
    (folder / "utt2spk").write_text("spk1-u1 spk1\nspk1-u2 spk1\nspk2-u1 spk2\n")
    return folder


def test_a_kaldi_directory_in_and_out(data, tmp_path):
    done = run(data, "-o", tmp_path / "out", "--format", "kaldi")
    assert done.exit_code == 0, done.output
    tables = check_kaldi(tmp_path / "out" / "kaldi")
    assert [row[0] for row in tables["text"]] == ["spk1-u1", "spk1-u2", "spk2-u1"]
    assert [row[1] for row in tables["segments"]] == ["one", "one", "two"]
    assert [row[1] for row in tables["utt2spk"]] == ["spk1", "spk1", "spk2"]
    again = run(tmp_path / "out" / "kaldi", "-o", tmp_path / "again")
    assert again.exit_code == 0, again.output


def test_pairs_of_one_name_become_a_valid_directory_and_manifest(tmp_path):
    pytest.importorskip("lhotse")
    for part in ("x", "y"):
        excerpts(tmp_path / "talks" / part)
    done = run(tmp_path / "talks", "-o", tmp_path / "out", "--format", "kaldi")
    assert done.exit_code == 0, done.output
    assert len(check_kaldi(tmp_path / "out" / "kaldi")["text"]) == 4
    check_lhotse(tmp_path / "out" / "cuts.jsonl.gz")


def test_manifests_of_lhotse_in_and_out(data, tmp_path):
    lhotse = pytest.importorskip("lhotse")
    recordings = lhotse.RecordingSet.from_recordings(
        lhotse.Recording.from_file(data.parent / "talks" / f"{name}.wav") for name in "ab"
    )
    texts = zip("ab", TEXTS.values(), strict=True)
    own = [lhotse.SupervisionSegment(f"{name}-utt", name, 0.0, 1.5, text=text, speaker=name) for name, text in texts]
    (tmp_path / "in").mkdir()
    recordings.to_file(tmp_path / "in" / "x_recordings.jsonl.gz")
    lhotse.SupervisionSet.from_segments(own).to_file(tmp_path / "in" / "x_supervisions.jsonl.gz")
    cuts = lhotse.CutSet.from_manifests(recordings, lhotse.SupervisionSet.from_segments(own))
    cuts.to_file(tmp_path / "cuts.jsonl.gz")
    (tmp_path / "shar").mkdir()
    cuts.to_shar(tmp_path / "shar", fields={"recording": "flac"})
    found = {}
    for name, given in (("in", "in"), ("cuts", "cuts.jsonl.gz"), ("shar", "shar")):
        output = tmp_path / f"out-{name}"
        done = run(tmp_path / given, "-o", output)
        assert done.exit_code == 0, done.output
        check_lhotse(output / "cuts.jsonl.gz")
        written = lhotse.load_manifest(output / "cuts.jsonl.gz")
        found[name] = sorted((one.id, one.text, one.speaker) for cut in written for one in cut.supervisions)
        assert report_of(output)["done"] == 2
    spoken = [text.rstrip(".") for text in TEXTS.values()]
    assert [(id, text.rstrip("."), speaker) for id, text, speaker in found["in"]] == [
        ("a-utt", spoken[0], "a"),
        ("b-utt", spoken[1], "b"),
    ]
    assert found["in"] == found["cuts"] == found["shar"]
    for name in "ab":
        first, second = (
            json.loads((tmp_path / f"out-{kind}" / "alignments" / f"{name}.json").read_text())["cues"]
            for kind in ("in", "cuts")
        )
        assert [cue["words"] for cue in first] == [cue["words"] for cue in second]
