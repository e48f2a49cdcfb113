"""Recordings of a corpus as they sound in worse places, and recordings joined from short ones."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.scoring.files import read_timed
from recipes.noisy import joined, sounds
from recipes.noisy.corpus import find_recordings

TALK = Path(__file__).parents[3] / "egs" / "demo" / "talk.ogg"
RATE = sounds.RATE


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Two recordings of three seconds with one caption, a noise and a room."""
    root = tmp_path_factory.mktemp("corpus")
    samples = sounds.read(TALK)
    for name, begin in (("one", 4), ("two", 12)):
        folder = root / "dev" / name
        (folder / "captions").mkdir(parents=True)
        sf.write(folder / "audio.flac", samples[begin * RATE : (begin + 3) * RATE], RATE)
        row = {"text": "good evening", "start": 0.6, "end": 2.6, "clip_start": 0.5, "clip_end": 2.9, "index": 0}
        truth = {"format": "ctcalign-truth/1", "utterances": [row]}
        about = {"audio": "audio.flac", "duration": 3.0, "sample_rate": RATE}
        (folder / "truth.json").write_text(json.dumps({**truth, **about}), "utf-8")
        (folder / "captions" / "exact.key.json").write_text(json.dumps(truth), "utf-8")
        (folder / "captions" / "exact.txt").write_text("good evening\n", "utf-8")
    rng = np.random.default_rng(0)
    for name, values in (("noise", rng.standard_normal(RATE) * 0.1), ("rir", np.eye(1, 800, 40)[0])):
        (root / name).mkdir()
        sf.write(root / name / "a.flac", values.astype(np.float32), RATE)
    folders = ["--noises", str(root / "noise"), "--rooms", str(root / "rir")]
    sounds.main(["--corpus", str(root / "dev"), *folders, "--out", str(root / "out")])
    return root


def test_every_recording_has_every_sound_and_is_a_corpus(corpus):
    names = [recording.name for recording in find_recordings(corpus / "out")]
    assert len(names) == len(set(names)) == 24
    assert {name.split("+")[0] for name in names} == {"one", "two"}


@pytest.mark.parametrize(("sound", "speed"), [("noise5", 1.0), ("slow", 0.8), ("fast", 1.25), ("codec", 1.0)])
def test_times_change_with_the_speed(corpus, sound, speed):
    folder = corpus / "out" / f"one+{sound}"
    samples, _ = sf.read(folder / "audio.flac")
    assert len(samples) / RATE == pytest.approx(3 / speed, abs=0.01)
    for file in (folder / "truth.json", folder / "captions" / "exact.key.json"):
        [cue] = read_timed(file)[0].cues
        assert (cue.start, cue.end) == pytest.approx((0.6 / speed, 2.6 / speed))
        assert cue.clip == pytest.approx((0.5 / speed, 2.9 / speed))


@pytest.mark.parametrize("decibels", [10, 5, 0])
def test_the_noise_has_its_level(corpus, decibels):
    clean, noisy = (sounds.read(corpus / folder / "audio.flac") for folder in ("dev/one", f"out/one+noise{decibels}"))
    scale = float(clean @ noisy / (clean @ clean))  # the file is scaled to its peak
    rest = noisy / scale - clean
    assert 20 * np.log10(sounds.level(clean) / sounds.level(rest)) == pytest.approx(decibels, abs=0.7)


def test_the_codec_and_the_room_are_not_late(corpus):
    clean = sounds.read(corpus / "dev" / "one" / "audio.flac")
    for sound in ("codec", "room", "telephone"):
        found = sounds.read(corpus / "out" / f"one+{sound}" / "audio.flac")
        spectrum = np.fft.irfft(np.fft.rfft(found) * np.conj(np.fft.rfft(clean[: len(found)])))
        lag = int(np.argmax(spectrum))
        assert min(lag, len(spectrum) - lag) < 0.01 * RATE, sound


def test_an_unknown_sound_is_one_line(corpus):
    arguments = ["--corpus", str(corpus / "dev"), "--noises", str(corpus), "--rooms", str(corpus), "--out", "x"]
    with pytest.raises(SystemExit, match="--sounds: got 'choir', expected some of noise10"):
        sounds.main([*arguments, "--sounds", "choir"])


def test_clips_are_joined_with_truth_and_captions_of_every_kind(tmp_path):
    samples = sounds.read(TALK)
    texts = [
        "good evening and welcome",
        "to the harbour museum",
        "tonight we hear",
        "about a lighthouse",
        "a fifth one",
    ]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number in range(5):
            stream = io.BytesIO()
            sf.write(stream, samples[(4 + number) * RATE : (5 + number) * RATE], RATE, format="FLAC")
            info = tarfile.TarInfo(f"{number}.flac")
            info.size = len(stream.getvalue())
            archive.addfile(info, io.BytesIO(stream.getvalue()))
    rows = [{"path": f"{n}.flac", "text": text, "speaker": "x", "duration": 1.0} for n, text in enumerate(texts)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    plan = {
        "manifest": "a.jsonl",
        "tar": "a.tar",
        "language": "en",
        "where": {"speaker": "x"},
        "minutes": 0.04,
        "skip": 1,
    }
    (tmp_path / "plan.json").write_text(json.dumps({"mine": plan}), "utf-8")
    joined.main(["--plan", str(tmp_path / "plan.json"), "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    [recording] = find_recordings(tmp_path / "out")
    assert (recording.name, recording.language) == ("mine", "en")
    assert {variant.name for variant in recording.variants} == set(joined.KINDS)
    cues = read_timed(recording.truth)[0].cues
    assert [cue.text for cue in cues] == texts[1:4]
    for cue in cues:
        assert cue.clip[1] - cue.clip[0] == pytest.approx(1.0)
        assert cue.clip[0] <= cue.start < cue.end <= cue.clip[1]
    [extra] = [variant for variant in recording.variants if variant.name == "extra"]
    assert len(read_timed(extra.key)[0].cues) == len(extra.captions.read_text("utf-8").splitlines())
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "plan.json").write_text(json.dumps({"none": {**plan, "where": {"speaker": "y"}}}), "utf-8")
    with pytest.raises(SystemExit, match=r"no clip of a\.jsonl has"):
        joined.main(["--plan", str(tmp_path / "plan.json"), "--data", str(tmp_path), "--out", str(tmp_path / "out")])
