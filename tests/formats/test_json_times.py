"""JSON of other tools: start and end under any usual keys and in any usual unit."""

from __future__ import annotations

import json

import pytest

from ctcalign.errors import CaptionError
from tests.formats.conftest import rows

A, B = "good evening and welcome", "tonight we hear about a lighthouse"
EXPECTED = [(6.5, 9.0, A), (9.25, 12.0, B)]


def pairs(make) -> list[dict]:
    return [make(text, start, end) for start, end, text in EXPECTED]


ROWS = {
    "start, duration": lambda t, a, b: {"text": t, "start": a, "duration": b - a},
    "start, dur as text": lambda t, a, b: {"text": t, "start": str(a), "dur": str(b - a)},
    "offset, duration": lambda t, a, b: {"audio_filepath": "/x/t.wav", "text": t, "offset": a, "duration": b - a},
    "begin, end": lambda t, a, b: {"text": t, "begin": a, "end": b},
    "startMs, endMs": lambda t, a, b: {"text": t, "startMs": int(a * 1000), "endMs": str(int(b * 1000))},
    "start_ms, duration_ms": lambda t, a, b: {"text": t, "start_ms": a * 1000, "duration_ms": (b - a) * 1000},
    "tStartMs, dDurationMs": lambda t, a, b: {"text": t, "tStartMs": a * 1000, "dDurationMs": (b - a) * 1000},
    "ts": lambda t, a, b: {"text": t, "ts": [a, b]},
    "timestamp": lambda t, a, b: {"text": t, "timestamp": [a, b]},
    "time": lambda t, a, b: {"sentence": t, "time": {"start": a, "end": b}},
    "startTime": lambda t, a, b: {
        "text": t,
        "startTime": f"00:00:{a:06.3f}",
        "endTime": f"00:00:{b:06.3f}".replace(".", ","),
    },
    "start_time": lambda t, a, b: {"transcript": t, "start_time": str(a), "end_time": str(b)},
    "from, to": lambda t, a, b: {"content": t, "from": a, "to": b},
    "startOffset": lambda t, a, b: {"text": t, "startOffset": f"{a}s", "endOffset": f"{b}s"},
    "seconds and nanos": lambda t, a, b: {
        "text": t,
        "startTime": {"seconds": int(a), "nanos": int(a % 1 * 1e9)},
        "endTime": {"seconds": str(int(b)), "nanos": int(b % 1 * 1e9)},
    },
    "start_seconds": lambda t, a, b: {"text": t, "start_seconds": a, "end_seconds": b},
    "milliseconds without a unit": lambda t, a, b: {"text": t, "start": int(a * 1000), "end": int(b * 1000)},
    "offset in milliseconds": lambda t, a, b: {"text": t, "offset": a * 1000, "duration": (b - a) * 1000},
    "ISO": lambda t, a, b: {"text": t, "offset": f"PT{a}S", "duration": f"PT{b - a}S"},
    "ticks": lambda t, a, b: {"text": t, "offset": int(a * 1e7), "duration": int((b - a) * 1e7)},
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("form", ["list", "lines", "segments", "one line"])
def test_times_under_other_keys_and_units(reading, name, form):
    made = pairs(ROWS[name])
    expected = EXPECTED
    if form == "segments":
        text = json.dumps({"segments": made})
    elif form == "list":
        text = json.dumps(made)
    else:
        made = made if form == "lines" else made[:1]
        expected = expected[: len(made)]
        text = "".join(json.dumps(row) + "\n" for row in made)
    captions = reading(text, "a.jsonl" if "line" in form else "a.json")
    found = [(pytest.approx(a), pytest.approx(b), text) for a, b, text in expected]
    assert rows(captions) == found


def test_a_lone_start_is_kept_and_dropped_times_are_named(reading):
    captions = reading(json.dumps([{"text": A, "start": 6.5}, {"text": B, "start": 9.25}]), "a.json")
    assert rows(captions)[0] == (6.5, 9.25, A)
    assert captions.cues[1].start == 9.25
    captions = reading(json.dumps([{"text": A, "beginning": "early", "end": None}]), "a.json")
    assert captions.cues[0].span is None
    assert any("not understood" in w and "beginning" in w and "end," not in w for w in captions.warnings)
    captions = reading(json.dumps([{"text": A, "end": 5.0}]), "a.json")
    assert any("end without a start" in w for w in captions.warnings)


def test_a_manifest_of_several_recordings_needs_a_choice(reading):
    made = [{"audio_filepath": f"/x/{k}.wav", "text": A, "offset": 1.0, "duration": 2.0} for k in "ab"]
    text = "".join(json.dumps(row) + "\n" for row in made)
    with pytest.raises(CaptionError, match="contains 2 recordings"):
        reading(text, "m.jsonl")
    assert rows(reading(text, "m.jsonl", recording="b")) == [(1.0, 3.0, A)]


def words(start="start", end="end", key="word", scale=1.0, form=lambda x: x) -> list[dict]:
    times = [("good", 6.5, 6.75), ("evening", 6.75, 7.5)]
    return [{key: w, start: form(a * scale), end: form(b * scale)} for w, a, b in times]


TEXT = "good evening"
GOOGLE = words("startTime", "endTime", form=lambda x: f"{x}s")
IN_MS = words(key="text", scale=1000, form=int)
TICKS = words("offsetInTicks", "x", scale=1e7)
PARTS = (("good", 6.5, 6.75), ("evening", 6.75, 7.5))
ITEMS = [{"start_time": str(a), "end_time": str(b), "alternatives": [{"content": w}]} for w, a, b in PARTS]
ELEMENTS = [{"type": "text", "value": w, "ts": a, "end_ts": b} for w, a, b in PARTS]
SERVICES = {
    "Google": {"results": [{"alternatives": [{"transcript": TEXT, "words": GOOGLE}]}]},
    "Deepgram": {"results": {"channels": [{"alternatives": [{"transcript": TEXT, "words": words()}]}]}},
    "Deepgram utterances": {
        "results": {"utterances": [{"start": 6.5, "end": 7.5, "transcript": TEXT, "words": words()}]}
    },
    "AssemblyAI": {"text": TEXT, "words": IN_MS},
    "AssemblyAI utterances": {"utterances": [{"start": 6500, "end": 7500, "text": TEXT, "words": IN_MS}]},
    "Amazon": {
        "results": {
            "transcripts": [{"transcript": TEXT}],
            "items": [{"type": "pronunciation", **item} for item in ITEMS],
        }
    },
    "Azure": {
        "recognizedPhrases": [
            {"offsetInTicks": 6.5e7, "durationInTicks": 1e7, "nBest": [{"display": TEXT, "words": TICKS}]}
        ]
    },
    "Azure SDK": [{"Offset": 65000000, "Duration": 10000000, "DisplayText": TEXT}],
    "Speechmatics": {"results": [{"type": "word", **item} for item in ITEMS]},
    "Rev": {"monologues": [{"speaker": 0, "elements": [ELEMENTS[0], {"type": "punct", "value": " "}, ELEMENTS[1]]}]},
    "Watson": {"results": [{"alternatives": [{"transcript": f"{TEXT} ", "timestamps": [list(p) for p in PARTS]}]}]},
    "Vosk": {"result": words(), "text": TEXT},
    "Vosk lines": [{"result": words(), "text": TEXT}],
    "Bilibili": {"body": [{"from": 6.5, "to": 7.5, "content": TEXT}]},
    "snippets": {"snippets": [{"text": TEXT, "start": 6.5, "duration": 1.0}]},
}


@pytest.mark.parametrize("name", SERVICES)
def test_results_of_services(reading, name):
    captions = reading(json.dumps(SERVICES[name]), "a.json")
    assert rows(captions) == [(pytest.approx(6.5), pytest.approx(7.5), "good evening")]
    if captions.cues[0].words:
        assert [(w.text, pytest.approx(w.start)) for w in captions.cues[0].words] == [("good", 6.5), ("evening", 6.75)]


def test_punctuation_of_its_own_is_joined_to_the_word(reading):
    items = [
        {"type": "pronunciation", "start_time": "6.5", "end_time": "6.75", "alternatives": [{"content": "Good"}]},
        {"type": "punctuation", "alternatives": [{"content": ","}]},
    ]
    assert rows(reading(json.dumps({"results": {"items": items}}), "a.json")) == [(6.5, 6.75, "Good,")]


def test_slow_but_ordinary_captions_stay_in_seconds(reading):
    made = [{"text": "(wind)", "start": 0, "end": 40}, {"text": "no", "start": 100, "end": 102}]
    assert rows(reading(json.dumps(made), "a.json")) == [(0.0, 40.0, "(wind)"), (100.0, 102.0, "no")]


UNREADABLE = {
    "word": [{"start": 2, "end": "soon", "text": B}],
    "NaN": [{"start": 2, "end": float("nan"), "text": B}],
    "object": [{"start": 2, "end": {"a": 1}, "text": B}],
    "unit in the key": [{"startMs": 2000, "endMs": "x", "text": B}],
    "length": [{"start": 2, "duration": "1:x", "text": B}],
    "pair": [{"timestamp": [2, "x"], "text": B}],
    "YouTube": {"events": [{"tStartMs": 2000, "dDurationMs": "x", "segs": [{"utf8": B}]}]},
    "whisper.cpp": {"transcription": [{"offsets": {"from": 2000, "to": "x"}, "text": B}]},
    "ctcalign": {"schema": "ctcalign/alignment/1", "cues": [{"index": 0, "text": B, "start": 2, "end": "x"}]},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_end_that_is_no_time_is_named(reading, name):
    captions = reading(json.dumps(UNREADABLE[name]), "a.json")
    assert captions.cues[0].start == 2.0
    [warning] = captions.warnings
    assert "an end that is not a time is dropped (cue" in warning


@pytest.mark.parametrize(
    "row",
    [
        {"start": 2, "end": None, "text": B},
        {"start": 2, "end": "", "text": B},
        {"start": 2, "text": B},
        {"start": 2, "to": "Bob", "text": B},
        {"start": 2, "length": "short", "text": B},
        {"timestamp": [2, None], "text": B},
        {"start": 2, "end": 3, "duration": "short", "text": B},
    ],
)
def test_an_end_that_is_not_given_is_no_fault(reading, row):
    captions = reading(json.dumps([row]), "a.json")
    assert captions.cues[0].start == 2.0
    assert captions.warnings == []


def test_a_supervision_without_a_readable_time_is_named(reading):
    row = {"id": "s", "recording_id": "a", "start": 0, "duration": "x", "text": B}
    assert "start '0', duration 'x'" in reading(json.dumps([row]), "a.json").warnings[0]


def _in_segment(word: dict) -> object:
    return [{"start": 1, "end": 5, "text": "one two", "words": [{"word": "one", "start": 1, "end": 1.5}, word]}]


def _in_alignment(word: dict) -> object:
    words = [{"text": "one", "start": 1, "end": 1.5}, {**word, "text": "two"}]
    cue = {"index": 0, "text": "one two", "start": 1, "end": 5, "words": words}
    return {"schema": "ctcalign/alignment/1", "cues": [cue]}


def _in_supervision(item: object) -> object:
    words = {"word": [["one", 0, 1, None], item]}
    return [{"id": "s", "recording_id": "a", "start": 0, "duration": 5, "text": "one two", "alignment": words}]


WORDS = {
    "end": ({"start": 2, "end": "soon"}, "end 'soon'"),
    "start": ({"start": "x", "end": 3}, "start 'x'"),
    "both": ({"start": "x", "end": "y"}, "start 'x'"),
    "nan": ({"start": 2, "end": float("nan")}, "end 'nan'"),
    "list": ({"start": 2, "end": [3]}, "end '[3]'"),
    "unit": ({"start": 2, "endMs": "q"}, "endMs 'q'"),
    "pair": ({"timestamp": [2, "x"]}, "timestamp "),
    "unknown": ({"begin_at": 2, "finish_time": 3}, "begin_at '2'"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_time_of_a_word_that_is_no_time_is_named(reading, name):
    times, shown = WORDS[name]
    captions = reading(json.dumps(_in_segment({"word": "two", **times})), "a.json")
    [warning] = captions.warnings
    assert f"a word time that is not a time is dropped (cue 1, word 'two': {shown}" in warning
    assert [word.text for word in captions.cues[0].words] == ["one", "two"]


@pytest.mark.parametrize(
    "data",
    [
        *(_in_alignment(WORDS[name][0]) for name in ("end", "start", "both", "nan", "list")),
        *(_in_supervision(item) for item in (["two", 2, "x", None], ["two", "x", 1], {"symbol": "two", "start": 2})),
        {"transcription": [{"offsets": {"from": 0, "to": 5000}, "text": " two", "tokens": [
            {"text": " two", "offsets": {"from": 2000, "to": "x"}}]}]},
    ],
)  # fmt: skip
def test_so_is_that_of_other_documents(reading, data):
    [warning] = reading(json.dumps(data), "a.json").warnings
    assert "a word time that is not a time is dropped (" in warning
    assert "word 'two'" in warning


def test_a_word_without_a_length_is_not_lost(reading):
    captions = reading(json.dumps(_in_supervision(["two", 2])), "a.json")
    assert [word.text for word in captions.cues[0].words] == ["one", "two"]


@pytest.mark.parametrize(
    "times",
    [
        {}, {"start": 2, "end": None}, {"start": "", "end": ""}, {"timestamp": [2, None]}, {"start": 2, "to": "Bob"},
        {"start": 2, "end": 3, "start_token": "abc"}, {"start_char": 4, "end_char": 6}, {"startIndex": 1},
        {"start": 2, "end": 3, "endOfSentence": True}, {"start": 0, "end": 0},
    ],
)  # fmt: skip
def test_a_word_whose_time_is_not_given_is_no_fault(reading, times):
    assert reading(json.dumps(_in_segment({"word": "two", **times})), "a.json").warnings == []


def test_a_cue_of_an_alignment_without_a_readable_time_is_named(reading):
    cue = {"index": 0, "text": "one", "start": "x", "end": "y"}
    [warning] = reading(json.dumps({"schema": "ctcalign/alignment/1", "cues": [cue]}), "a.json").warnings
    assert "times that are not understood are dropped (cue index 0: start, end)" in warning
