"""Whisper's family, YouTube's json3, lhotse manifests, our own alignments."""

from __future__ import annotations

import gzip
import json

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError


def rows(captions):
    return [(c.start, c.end, c.text) for c in captions.cues]


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


def test_a_list_of_words_beside_the_segments_is_shared_out(reading):
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
    assert "lie in no segment" in captions.warnings[0]


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"segments": [{"text": "a"}', "not valid JSON"),
        ('{"a": 1}', "no known caption format"),
        ("[1, 2]", "no known caption format"),
        ('{"segments": [[0, 1, "a"]]}', "expected segments as objects"),
        ('{"text": "a"}\n{"text": \n', "line 2"),
        ("[" * 100000, "nested too deeply|not valid JSON"),
        ('{"schema": "ctcalign/alignment/9", "cues": []}', "ctcalign/alignment/9"),
        ('{"schema": "ctcalign/alignment/1"}', "list of cues"),
    ],
)
def test_other_json_is_refused(reading, content, message):
    with pytest.raises(CaptionError, match=message):
        reading(content, "a.json")


def test_youtube_json3(reading):
    data = {
        "wireMagic": "pb3",
        "events": [
            {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
            {
                "tStartMs": 1000,
                "dDurationMs": 4000,
                "segs": [
                    {"utf8": "hello", "acAsrConf": 0},
                    {"utf8": " big", "tOffsetMs": 400},
                    {"utf8": " world", "tOffsetMs": 900},
                ],
            },
            {"tStartMs": 2500, "dDurationMs": 2500, "aAppend": 1, "segs": [{"utf8": "\n"}]},
            {"tStartMs": 3000, "dDurationMs": 2000, "segs": [{"utf8": "[Music]"}]},
            {"tStartMs": 6000, "dDurationMs": 1000, "segs": [{"utf8": "two\nlines"}]},
        ],
    }
    captions = reading(json.dumps(data), "a.json3")
    assert rows(captions) == [(1.0, 3.0, "hello big world"), (3.0, 5.0, "[Music]"), (6.0, 7.0, "two\nlines")]
    assert captions.cues[0].words == (CueWord("hello", 1.0, 1.4), CueWord("big", 1.4, 1.9), CueWord("world", 1.9, 3.0))
    assert captions.cues[1].words == ()
    assert captions.warnings == []


def test_lhotse_supervisions(reading):
    lines = [
        {
            "id": "r1-2",
            "recording_id": "r1",
            "start": 2.0,
            "duration": 1.1,
            "channel": 0,
            "text": "two",
            "speaker": "bob",
            "alignment": {"word": [["two", 2.2, 0.5, 0.75]]},
        },
        {"id": "r1-1", "recording_id": "r1", "start": 0.1, "duration": 0.2, "channel": [1], "text": "one"},
        {"id": "r2-1", "recording_id": "r2", "start": 0.0, "duration": 1.0, "channel": 0},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines)
    with pytest.raises(CaptionError, match=r"2 recordings \(r1, r2\)"):
        reading(content, "a.jsonl")
    with pytest.raises(CaptionError, match="no recording 'r3'"):
        reading(content, "a.jsonl", recording="r3")
    captions = reading(gzip.compress(content.encode()), "a.jsonl.gz", recording="r1")
    assert rows(captions) == [(2.0, 3.1, "two"), (0.1, 0.3, "one")]
    assert [(c.id, c.speaker, c.channel) for c in captions.cues] == [("r1-2", "bob", 0), ("r1-1", None, 1)]
    assert captions.cues[0].words == (CueWord("two", 2.2, 2.7, 0.75),)
    assert (captions.format, captions.recording) == ("lhotse", "r1")
    assert rows(reading(content, "a.jsonl", recording="r2")) == [(0.0, 1.0, "")]


def test_lhotse_cuts_count_from_the_start_of_the_cut(reading):
    supervision = {
        "id": "s",
        "recording_id": "x",
        "start": 0.5,
        "duration": 1.0,
        "channel": 0,
        "text": "one",
        "alignment": {"word": [["one", 0.6, 0.3]]},
    }
    cut = {
        "id": "c",
        "start": 10.0,
        "duration": 5.0,
        "channel": 0,
        "supervisions": [supervision],
        "recording": {"id": "rec"},
        "type": "MonoCut",
    }
    captions = reading(json.dumps(cut) + "\n", "cuts.jsonl")
    assert rows(captions) == [(10.5, 11.5, "one")]
    assert captions.cues[0].words == (CueWord("one", 10.6, 10.9),)
    assert captions.recording == "rec"
    mixed = {"id": "m", "type": "MixedCut", "tracks": [{"offset": 3.0, "type": "MonoCut", "cut": cut}]}
    assert rows(reading(json.dumps(mixed) + "\n", "cuts.jsonl")) == [(3.5, 4.5, "one")]


def test_our_own_alignment(reading):
    data = {
        "schema": "ctcalign/alignment/1",
        "audio": "a.wav",
        "cues": [
            {
                "index": 1,
                "text": "two",
                "start": None,
                "end": None,
                "status": "failed",
                "words": [{"text": "two", "start": None}],
            },
            {
                "index": 0,
                "text": "<i>one</i>",
                "start": 0.1,
                "end": 0.30000000000000004,
                "speaker": "Ann",
                "id": "7",
                "channel": 1,
                "words": [{"text": "one", "start": 0.1, "end": 0.3, "score": -0.5}],
            },
        ],
    }
    captions = reading(json.dumps(data), "a.json")
    assert rows(captions) == [(0.1, 0.30000000000000004, "<i>one</i>"), (None, None, "two")]
    first = captions.cues[0]
    assert (first.speaker, first.id, first.channel, first.words) == ("Ann", "7", 1, (CueWord("one", 0.1, 0.3, -0.5),))
    assert captions.format == "json"
