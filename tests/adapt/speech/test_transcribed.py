"""Transcribed speech as cuts: lists of short recordings, truth files, what is left out; the mixture with the source."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile as sf

from ctcalign.adapt.speech.cuts import cut_of, read_manifest
from ctcalign.adapt.speech.source import digest_of_cuts, divided_source, mixed_in
from ctcalign.adapt.speech.transcribed import joined_recordings, skipped_by, transcribed_cuts
from ctcalign.errors import UsageError

RATE = 16_000


def noise(path, seconds: float, seed: int = 0) -> np.ndarray:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    sf.write(path, samples, RATE)
    return samples


def test_short_recordings_one_by_one(tmp_path):
    noise(tmp_path / "a.wav", 1.5)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    rows = [
        {"path": "a.wav", "text": "One, two!", "text_norm": "one two", "speaker": "s"},
        {"path": "missing.wav", "text": "three"},
        {"path": "broken.wav", "text": "four"},
        {"path": "a.wav", "text": "  "},
    ]
    source = tmp_path / "list.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    manifest = transcribed_cuts([source], tmp_path / "out", "held_out")
    [cut] = read_manifest(manifest)
    [supervision] = cut["supervisions"]
    assert (cut["start"], cut["duration"], supervision["text"], supervision["speaker"]) == (0.0, 1.5, "one two", "s")
    samples, rate = sf.read(cut["recording"]["sources"][0]["source"])
    assert (len(samples), rate) == (24_000, RATE)
    skipped = skipped_by(manifest)
    assert [row["recording"].rpartition("/")[2] for row in skipped] == ["missing.wav", "broken.wav", "a.wav"]
    assert skipped[-1]["reason"] == "no text"


def test_utterances_of_a_long_recording_with_half_of_the_silence(tmp_path):
    samples = noise(tmp_path / "talk.wav", 6.0)
    utterances = [
        {"start": 0.1, "end": 2.0, "text": "one two"},
        {"start": 2.2, "end": 3.0, "text": "three", "clip_start": 2.15, "clip_end": 3.5},
        {"start": 5.0, "end": 6.0, "text": "four"},
    ]
    truth = {"format": "ctcalign-truth/1", "audio": "talk.wav", "utterances": utterances}
    (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    cuts = read_manifest(transcribed_cuts([tmp_path / "truth.json"], tmp_path / "out", "held_out"))
    spans = [(round(cut["start"], 3), round(cut["start"] + cut["duration"], 3)) for cut in cuts]
    assert spans == [(0.05, 2.1), (2.15, 3.5), (4.8, 6.0)]
    name = cuts[1]["recording"]["sources"][0]["source"]
    copied, _ = sf.read(name, start=round(2.15 * RATE), frames=1000, dtype="float32")
    np.testing.assert_allclose(copied, samples[round(2.15 * RATE) :][:1000], atol=1e-4)


def test_nothing_to_read_is_an_error(tmp_path):
    (tmp_path / "list.jsonl").write_text(json.dumps({"path": "missing.wav", "text": "one"}) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"held_out: .*list\.jsonl: no utterance that can be read"):
        transcribed_cuts([tmp_path / "list.jsonl"], tmp_path / "out", "held_out")


def cuts(count: int, seconds: float = 2.0) -> list:
    return [cut_of(f"c{n}", "r", "r.flac", 100.0, (0.0, seconds), f"text {n}") for n in range(count)]


def test_the_source_is_divided_and_drawn_by_the_ids_alone():
    rows = cuts(50)
    train, measured = divided_source(rows)
    assert len(measured) == 5
    assert sorted(row["id"] for row in [*train, *measured]) == sorted(row["id"] for row in rows)
    assert divided_source(rows[::-1]) == (train, measured)
    drawn = mixed_in(train, 30.0, 0.25, seed=1)
    assert len(drawn) == 5  # 10 s beside 30 s
    assert mixed_in(train[::-1], 30.0, 0.25, seed=1) == drawn
    assert mixed_in(train, 30.0, 0.25, seed=2) != drawn
    assert mixed_in(train, 30.0, 0.0, seed=1) == []
    assert len(mixed_in(train, 1e6, 0.5, seed=1)) == len(train)


def test_digests_do_not_know_where_files_are():
    here, there = (cut_of("c", "r", place, 9.0, (0.0, 1.0), "text") for place in ("a.flac", "b.flac"))
    other = cut_of("c", "r", "a.flac", 9.0, (0.0, 1.0), "text", custom={"sha256": "1"})
    assert digest_of_cuts([here]) == digest_of_cuts([there]) != digest_of_cuts([other])


def test_utterances_are_joined_to_recordings_for_a_calibration(tmp_path):
    noise(tmp_path / "a.wav", 1.0)
    row = cut_of("c", "r", tmp_path / "a.wav", 1.0, (0.0, 1.0), "one two")
    found = joined_recordings([row] * 26)
    assert [one.group for one in found] == ["utterances 0", "utterances 1"]
    samples, utterances = found[0].load(8_000)
    assert [one.text for one in utterances] == ["one two"] * 13
    assert 13 < len(samples) / 8_000 < 13 + 15 * 1.2
    assert joined_recordings([row] * 3) == []
