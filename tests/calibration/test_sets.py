"""Transcribed sets of every kind, as recordings with utterances."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.calibration.sets import LEAST_UTTERANCES, read_sets
from ctcalign.errors import CaptionError
from tests.formats.aligned_folder import corpus

RATE = 16_000
WORDS = [{"text": "one", "start": 0.2, "end": 0.5}, {"text": "two", "start": 0.6, "end": 0.9}]


@pytest.fixture
def audio(tmp_path):
    sf.write(tmp_path / "audio.wav", 0.1 * np.random.default_rng(0).standard_normal(2 * RATE), RATE)
    return tmp_path / "audio.wav"


def write(path, document):
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def utterance(speaker):
    return {"id": "u", "text": "one two", "text_norm": "one two", "start": 0.2, "end": 0.9, "speaker": speaker}


def test_a_truth_file_names_its_audio_and_its_speaker(tmp_path, audio):
    document = {
        "format": "ctcalign-truth/1",
        "level": "word",
        "audio": "audio.wav",
        "utterances": [utterance("anna") | {"words": WORDS}],
    }
    write(tmp_path / "truth.json", document)
    for path in (tmp_path / "truth.json", tmp_path):  # a folder, too
        [found] = read_sets([path])
        assert (found.name, found.group) == (f"{tmp_path.name}/audio", "anna")
        samples, [spoken] = found.load(RATE)
        assert samples.shape == (2 * RATE,)
        assert (spoken.text, spoken.start, spoken.end) == ("one two", 0.2, 0.9)
        assert spoken.words == ((0.2, 0.5), (0.6, 0.9))


def test_several_speakers_make_one_group_of_their_recording(tmp_path, audio):
    rows = [utterance("anna"), utterance("bert") | {"id": "v", "start": 1.0, "end": 1.5}]
    [found] = read_sets(
        [write(tmp_path / "truth.json", {"format": "ctcalign-truth/1", "audio": "audio.wav", "utterances": rows})]
    )
    assert found.group == tmp_path.name
    assert [u.words for u in found.load(RATE)[1]] == [None, None]


def test_versions_of_a_recording_of_several_speakers_are_one_group(tmp_path, audio):
    rows = [{"text": "one", "start": 0.1, "end": 0.4, "speaker": "a"}, {"text": "two", "start": 0.5, "end": 0.9}]
    for name, more in (("talk", {}), ("talk+noise", {"of": "talk"})):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "truth.json").write_text(
            json.dumps({"format": "ctcalign-truth/1", "audio": str(audio), "utterances": rows, **more})
        )
    found = read_sets([tmp_path / "talk", tmp_path / "talk+noise"])
    assert [recording.group for recording in found] == ["talk", "talk"]


def test_short_recordings_of_a_speaker_are_joined(tmp_path, audio):
    rows = [
        {"path": "audio.wav", "text": f"text {speaker}", "speaker": speaker}
        for speaker, count in (("anna", LEAST_UTTERANCES), ("bert", LEAST_UTTERANCES - 1))
        for _ in range(count)
    ]
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    warnings: list[str] = []
    [found] = read_sets([path], warnings=warnings)
    assert warnings == [
        f"{path}: 1 of 2 speakers are left out, since they have fewer than {LEAST_UTTERANCES} short recordings: "
        f"bert ({LEAST_UTTERANCES - 1})"
    ]
    assert (found.name, found.group) == ("anna", "anna")
    samples, utterances = found.load(RATE)
    assert [u.text for u in utterances] == ["text anna"] * LEAST_UTTERANCES
    assert len(samples) > 2 * RATE * LEAST_UTTERANCES


def test_only_speakers_with_too_few_recordings_are_an_error(tmp_path, audio):
    path = tmp_path / "manifest.jsonl"
    path.write_text(json.dumps({"path": "audio.wav", "text": "a", "speaker": "bert"}), encoding="utf-8")
    with pytest.raises(CaptionError, match=r"1 of 1 speakers are left out.*bert \(1\); give a transcribed set"):
        read_sets([path])


def test_edges_of_clips_are_kept(tmp_path, audio):
    rows = [utterance("anna") | {"clip_start": 0.1, "clip_end": 1.1}]
    document = {"format": "ctcalign-truth/1", "audio": "audio.wav", "utterances": rows}
    [found] = read_sets([write(tmp_path / "truth.json", document)])
    assert found.load(RATE)[1][0].clip == (0.1, 1.1)


def test_the_truth_of_the_demo_is_a_set():
    folder = Path(__file__).parents[2] / "egs" / "demo"
    [found] = read_sets([folder / "truth.json"])
    samples, utterances = found.load(RATE)
    assert found.name == "demo/talk"
    assert len(samples) == pytest.approx(79.1 * RATE, abs=0.1 * RATE)
    first = utterances[0]
    assert first.text == "Good evening, and welcome to the harbour museum."  # neither music nor the speaker's name
    assert first.words is not None
    assert first.words[0] == (4.638, 4.838)


def test_cuts_are_joined_by_recording(tmp_path, audio):
    recording = {
        "id": "talk",
        "sources": [{"type": "file", "channels": [0], "source": "audio.wav"}],
        "sampling_rate": RATE,
        "num_samples": 2 * RATE,
        "duration": 2.0,
    }
    rows = [
        {
            "id": f"cut-{number}",
            "start": start,
            "duration": 0.5,
            "channel": 0,
            "type": "MonoCut",
            "recording": recording,
            "supervisions": [
                {
                    "id": f"s{number}",
                    "recording_id": "talk",
                    "start": 0.1,
                    "duration": 0.3,
                    "text": f"text {number}",
                    "speaker": "anna",
                }
            ],
        }
        for number, start in enumerate((0.0, 1.0))
    ]
    path = tmp_path / "cuts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    [found] = read_sets([path])
    assert (found.name, found.group) == ("talk", "anna")
    assert [(u.text, u.start) for u in found.load(RATE)[1]] == [
        ("text 0", pytest.approx(0.1)),
        ("text 1", pytest.approx(1.1)),
    ]


def test_a_recording_and_its_captions(tmp_path, audio):
    captions = tmp_path / "talk.srt"
    captions.write_text("1\n00:00:00,200 --> 00:00:00,900\none two\n", encoding="utf-8")
    [found] = read_sets([], [(audio, captions)])
    assert found.group == "talk"
    assert [(u.text, u.start, u.end) for u in found.load(RATE)[1]] == [("one two", 0.2, 0.9)]


def test_sets_that_cannot_be_used_say_why(tmp_path, audio):
    with pytest.raises(CaptionError, match="got no recording"):
        read_sets([])
    with pytest.raises(CaptionError, match=r"a folder without manifest.jsonl or truth.json"):
        read_sets([tmp_path])
    with pytest.raises(CaptionError, match="expected a truth file, a lhotse manifest of cuts, or JSON lines"):
        read_sets([write(tmp_path / "x.json", {"a": 1})])
    with pytest.raises(CaptionError, match="holds no JSON objects"):
        read_sets([write(tmp_path / "x.json", [1])])
    document = {"format": "ctcalign-truth/1", "audio": "none.wav", "utterances": [utterance("anna")]}
    with pytest.raises(CaptionError, match=r"its recording .*none.wav does not exist"):
        read_sets([write(tmp_path / "truth.json", document)])


def test_a_corpus_whose_captions_are_true(tmp_path):
    root = corpus(tmp_path / "aligned", 4, sound=True)
    documents = [root / "alignments" / "a" / f"talk{number}.json" for number in range(4)]
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in documents]
    contents[0]["cues"][1] |= {"status": "not_spoken", "start": None, "end": None}
    contents[1]["audio"] = "nowhere.wav"
    contents[2]["cues"] = [cue | {"speaker": "anna"} for cue in contents[2]["cues"]]
    for path, content in zip(documents, contents, strict=True):
        write(path, content)
    notes: list[str] = []
    found = read_sets([root], warnings=notes)
    assert [(one.name, one.group) for one in found] == [("a/talk2", "anna"), ("a/talk3", "a/talk3")]
    assert [note.removeprefix(f"{root}: ") for note in notes] == [
        "1 recordings are left out, since they were not found: a/talk1",
        "1 recordings are left out, since they have captions that were not aligned: a/talk0",
    ]
    contents[3]["cues"][0]["start"] = 0.1
    write(documents[3], contents[3])  # it is read when it is needed
    samples, utterances = found[1].load(RATE)
    assert samples.shape == (2 * RATE,)
    assert [(u.text, u.start, u.end) for u in utterances] == [("word", 0.1, 0.5), ("word", 1.0, 1.5)]
