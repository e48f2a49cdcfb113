"""JSON of the Whisper family."""

from __future__ import annotations

import json

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats import plan_outputs, render
from tests.formats.conftest import rows


def test_openai_whisper(reading):
    data = {
        "text": " Hello you.",
        "language": "en",
        "segments": [
            {
                "id": 0,
                "start": 0.5,
                "end": 1.5,
                "text": " Hello you.",
                "words": [
                    {"word": " Hello", "start": 0.5, "end": 0.9, "probability": 0.75},
                    {"word": " you.", "start": 1.0, "end": 1.5, "probability": 0.5},
                ],
            },
            {"id": 1, "start": 2.0, "end": 2.0, "text": ""},
        ],
    }
    captions = reading(json.dumps(data), "a.json")
    assert rows(captions) == [(0.5, 1.5, "Hello you."), (2.0, 2.0, "")]
    assert captions.cues[0].words == (CueWord("Hello", 0.5, 0.9, 0.75), CueWord("you.", 1.0, 1.5, 0.5))
    assert captions.format == "whisper"


def test_whisper_cpp(reading):
    def token(text, start, end, p):
        return {"text": text, "offsets": {"from": start, "to": end}, "p": p}

    data = {
        "systeminfo": "",
        "result": {"language": "en"},
        "transcription": [
            {
                "timestamps": {"from": "00:00:00,000", "to": "00:00:02,340"},
                "offsets": {"from": 0, "to": 2340},
                "text": " Wordy, yes",
                "tokens": [
                    token("[_BEG_]", 0, 0, 0.9),
                    token(" Word", 100, 300, 0.5),
                    token("y", 300, 400, 0.25),
                    token(",", 400, 450, 0.75),
                    token(" yes", 900, 1500, 1.0),
                    token("[_TT_117]", 2340, 2340, 0.1),
                ],
            },
            {"timestamps": {"from": "00:00:02,340", "to": "00:00:03,000"}, "text": " Bye"},
        ],
    }
    captions = reading(json.dumps(data), "a.json")
    assert rows(captions) == [(0.0, 2.34, "Wordy, yes"), (2.34, 3.0, "Bye")]
    assert captions.cues[0].words == (CueWord("Wordy,", 0.1, 0.45, 0.25), CueWord("yes", 0.9, 1.5, 1.0))


def test_whisperx_words_without_times_and_speakers(reading):
    words = [
        {"word": "In"},
        {"word": "1984.", "start": float("nan"), "end": None},
        {"word": "yes", "start": 1, "end": 2, "score": 0.5},
    ]
    data = {
        "segments": [{"start": 0.1, "end": 2.0, "text": " In 1984. yes", "words": words, "speaker": "SPEAKER_00"}],
        "word_segments": words,
    }
    (cue,) = reading(json.dumps(data), "a.json").cues
    assert cue.words == (CueWord("In"), CueWord("1984."), CueWord("yes", 1.0, 2.0, 0.5))
    assert cue.speaker == "SPEAKER_00"


def test_words_of_a_list_beside_the_segments_are_assigned_by_time(reading):
    data = {
        "segments": [{"start": 0, "end": 1, "text": "a b"}, {"start": 1, "end": 2, "text": "c"}],
        "words": [
            {"word": "a", "start": 0.1, "end": 0.2},
            {"word": "b", "start": 0.8, "end": 1.1},
            {"word": "c", "start": 1.2, "end": 1.9},
            {"word": "z", "start": 9.0, "end": 9.5},
        ],
    }
    captions = reading(json.dumps(data), "a.json")
    assert [[w.text for w in c.words] for c in captions.cues] == [["a", "b"], ["c"]]
    assert "are in no segment" in captions.warnings[0]


def test_words_alone_are_grouped_by_pauses(reading):
    words = [("a", 0.0, 0.4), ("b", 0.5, 0.9), ("c", 1.5, 1.9), ("d", 2.0, 2.2)]
    data = {"word_segments": [{"word": w, "start": s, "end": e} for w, s, e in words]}
    assert rows(reading(json.dumps(data), "a.json")) == [(0.0, 0.9, "a b"), (1.5, 2.2, "c d")]
    assert rows(reading(json.dumps(data["word_segments"]), "a.json")) == [(0.0, 0.9, "a b"), (1.5, 2.2, "c d")]


@pytest.mark.parametrize(
    "data",
    [
        [{"start": 1, "end": 2, "text": "Hi"}],
        {"chunks": [{"timestamp": [1.0, 2.0], "text": " Hi"}]},
        {"utterances": [{"start": "1.0", "end": "00:00:02", "transcript": "Hi"}]},
    ],
)
def test_segments_of_other_tools(reading, data):
    assert rows(reading(json.dumps(data), "a.json")) == [(1.0, 2.0, "Hi")]


def test_a_text_without_segments_is_one_cue(reading):
    assert rows(reading('{"text": " Hello you. "}', "a.json")) == [(None, None, "Hello you.")]


def test_the_shape_of_openai_whisper():
    words = [
        AlignedWord("<i>", status="not_spoken"),
        AlignedWord("In", 1.0, 1.2, confidence=0.5),
        AlignedWord("</i>", status="not_spoken"),
        AlignedWord("1984", status="failed"),
        AlignedWord("日", 2.0, 2.4),
        AlignedWord("本", 2.4, 2.8, confidence=1.0),
    ]
    cue = AlignedCue(0, "<i>In</i> 1984<br>日本", 1.0, 3.0, score=-0.25, words=words, speaker="Ann")
    lost = AlignedCue(1, "never", status="not_spoken")
    rendered = render(Alignment("a.wav", 9.0, "m", [cue, lost], language="en"), "whisper")
    assert json.loads(rendered.content) == {
        "text": " In 1984 日本",
        "segments": [
            {
                "id": 0,
                "seek": 0,
                "start": 1.0,
                "end": 3.0,
                "text": " In 1984 日本",
                "tokens": [],
                "temperature": 0.0,
                "avg_logprob": -0.25,
                "compression_ratio": pytest.approx(0.64, abs=0.03),
                "no_speech_prob": 0.0,
                "speaker": "Ann",
                "words": [
                    {"word": " In 1984", "start": 1.0, "end": 1.2, "probability": 0.5},
                    {"word": " 日", "start": 2.0, "end": 2.4},
                    {"word": "本", "start": 2.4, "end": 2.8, "probability": 1.0},
                ],
            }
        ],
        "language": "en",
    }
    assert rendered.omitted == [1]
    assert "1 word without times: joined to the word beside" in rendered.notes


def test_a_name_chooses_between_the_two_kinds_of_json(tmp_path):
    names = [entry.name for _, entry in plan_outputs([tmp_path / "a.json", tmp_path / "a.whisper.json"])]
    assert names == ["json", "whisper"]
    assert plan_outputs([tmp_path / "a.json"], "whisper")[0][1].name == "whisper"
    assert [entry.name for _, entry in plan_outputs([tmp_path / "a.srt", "-"], "whisper")] == ["srt", "whisper"]
