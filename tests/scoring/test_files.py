"""The files that `score` reads: the same items from every format."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from pathlib import Path

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats import write
from ctcalign.scoring.files import read_timed


def talk():
    return Alignment(
        "talk.wav",
        9.0,
        "none",
        [
            AlignedCue(
                0,
                "Good evening.",
                1.0,
                2.0,
                score=-0.2,
                confidence=0.9,
                words=[
                    AlignedWord("Good", 1.0, 1.4, confidence=0.8),
                    AlignedWord("evening.", 1.5, 2.0, confidence=0.7),
                ],
            ),
            AlignedCue(1, "Nobody says this", status="not_spoken", reason="not found in the audio", confidence=0.1),
            AlignedCue(2, "Hello", 4.0, 4.5, confidence=0.6, words=[AlignedWord("Hello", 4.0, 4.5, confidence=0.5)]),
        ],
    )


@pytest.mark.parametrize(
    ("name", "cues", "words"),
    [
        ("talk.json", 3, 3),
        ("talk.srt", 2, 0),
        ("talk.vtt", 2, 3),
        ("talk.ctm", None, 3),
        ("talk.TextGrid", 2, 3),
        ("talk.jsonl.gz", 2, 3),
    ],
)
def test_every_format(tmp_path, name, cues, words):
    write(talk(), tmp_path / name)
    [file] = read_timed(tmp_path / name)
    assert file.has_cues is (cues is not None)
    if cues is not None:
        assert len(file.cues) == cues
        assert [(cue.start, cue.end) for cue in file.cues if cue.place] == [(1.0, 2.0), (4.0, 4.5)]
    assert [(word.start, word.end) for word in file.words()] == [(1.0, 1.4), (1.5, 2.0), (4.0, 4.5)][:words]


@pytest.mark.parametrize("name", ["talk.json", "talk.jsonl.gz"])
def test_index_and_confidence_of_files_of_ctcalign(tmp_path, name):
    write(talk(), tmp_path / name)
    [file] = read_timed(tmp_path / name)
    spoken = [cue for cue in file.cues if cue.spoken]
    assert [(cue.index, cue.confidence) for cue in spoken] == [(0, 0.9), (2, 0.6)]
    assert [word.confidence for word in file.words()] == [0.8, 0.7, 0.5]


def test_captions_of_one_word_are_words(tmp_path):
    write(talk(), tmp_path / "words.srt", "srt-words")
    [file] = read_timed(tmp_path / "words.srt")
    assert [word.text for word in file.words()] == ["Good", "evening.", "Hello"]


def lhotse_lines(*rows):
    return "\n".join(json.dumps(row) for row in rows)


def test_supervisions_of_several_recordings(tmp_path):
    path = tmp_path / "two.jsonl"
    path.write_text(
        lhotse_lines(
            {"id": "a1", "recording_id": "a", "start": 1, "duration": 1, "text": "one"},
            {"id": "b1", "recording_id": "b", "start": 2, "duration": 0.5, "text": "two"},
            {"id": "a2", "recording_id": "a", "start": 3, "duration": 1, "text": "three"},
        )
    )
    assert [(f.recording, [c.text for c in f.cues]) for f in read_timed(path)] == [
        ("a", ["one", "three"]),
        ("b", ["two"]),
    ]
    assert [f.recording for f in read_timed(path, "b")] == ["b"]
    with pytest.raises(CaptionError, match="contains no recording 'c'; it has a, b"):
        read_timed(path, "c")


def test_times_of_cuts_count_from_their_recording(tmp_path):
    path = tmp_path / "cuts.jsonl.gz"
    own = {"id": "s", "recording_id": "r", "start": 0.5, "duration": 1, "text": "x"}
    words = {"word": [["x", 0.5, 0.4, -2.5]]}
    cut = {"type": "MonoCut", "id": "c", "start": 10, "duration": 3, "supervisions": [{**own, "alignment": words}]}
    mixed = {"type": "MixedCut", "id": "m", "tracks": [{"offset": 2, "cut": cut}]}
    path.write_bytes(gzip.compress(lhotse_lines(cut, mixed).encode()))
    first, second = read_timed(path)
    assert (first.recording, first.cues[0].start, first.words()[0].end) == ("r", 10.5, 10.9)
    assert (second.recording, second.cues[0].start) == ("m", 2.5)
    assert (first.words()[0].score, first.words()[0].confidence) == (-2.5, None)


def test_json_lines_of_objects(tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_text('{"text": "a", "start": 1, "end": 2, "index": 4, "score": -1}\n{"text": "b", "start": null}\n')
    [file] = read_timed(path)
    assert [(c.index, c.spoken, c.score) for c in file.cues] == [(4, True, -1.0), (None, False, None)]


def test_standard_input(monkeypatch, tmp_path):
    write(talk(), tmp_path / "talk.vtt")
    data = (tmp_path / "talk.vtt").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert len(read_timed("-")[0].cues) == 2


def truth(**changes):
    row = {"text": "one", "start": 1.0, "end": 2.0, **changes}
    return {"format": "ctcalign-truth/1", "level": "word", "utterances": [row]}


def test_truth(tmp_path):
    path = tmp_path / "truth.json"
    words = [{"text": "one", "start": 1.1, "end": 1.9, "clip_start": 1.0, "clip_end": 2.0}]
    path.write_text(json.dumps(truth(text_norm="uno", exact=False, clip_start=0.5, clip_end=2.5, words=words)))
    [file] = read_timed(path)
    [cue] = file.cues
    assert (cue.index, cue.exact, cue.clip, cue.texts) == (0, False, (0.5, 2.5), {("one",), ("uno",)})
    assert [(w.start, w.clip) for w in file.words()] == [(1.1, (1.0, 2.0))]


def test_words_of_a_truth_of_utterances_are_ignored(tmp_path):
    path = tmp_path / "truth.json"
    words = [{"text": "one", "start": 1.1, "end": 1.5}, {"text": "two", "start": 1.5, "end": 1.9}]
    path.write_text(json.dumps({**truth(text="one two", words=words), "level": "utterance"}))
    assert read_timed(path)[0].words() == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**truth(), "format": "ctcalign-truth/2"}, "format is 'ctcalign-truth/2', expected 'ctcalign-truth/1'"),
        ({**truth(), "utterances": []}, "utterances: expected a list with at least one"),
        ({**truth(), "utterances": [{"start": 1}]}, r"utterances\[0\]: expected an object with a text"),
        (truth(end=0.5), r"utterances\[0\]: ends at 0.5 s, before its start at 1.0 s"),
        (truth(occurrences=[1]), "occurrences: expected pairs"),
        (truth(start=None), "nothing in it has a time"),
        ([{"text": "a", "start": 1, "end": 2, "confidence": -3}], "confidence is -3, expected a probability"),
        ({"type": "MonoCut", "id": "c", "supervisions": []}, "no supervisions in it"),
        ({"schema": "ctcalign/alignment/1", "cues": []}, "audio: expected a text"),
        ({"something": "else"}, "no known caption format"),
    ],
)
def test_errors_name_the_file_and_the_cause(tmp_path, document, message):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    with pytest.raises(CaptionError, match=message) as error:
        read_timed(path)
    assert str(path) in str(error.value)


def test_the_truth_of_the_page_can_be_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (tmp_path / "truth.json").write_text(sample)
    [file] = read_timed(tmp_path / "truth.json")
    assert [word.text for word in file.words()] == ["good", "evening"]
    assert file.cues[0].clip == (0.9, 2.1)
