"""Times of single rows of JSON: keys, units, and what is noted."""

from __future__ import annotations

import math

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft, Notes
from ctcalign.formats.shared.reading.json_times import in_seconds, note_dropped, note_end, note_words, times_of


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"start": 1, "end": 2.5}, (1.0, 2.5)),
        ({"start": "0:01", "end": "00:00:02,5"}, (1.0, 2.5)),
        ({"Start_Time": 1, "End-Time": 2}, (1.0, 2.0)),
        ({"start": 1, "duration": 2.5}, (1.0, 3.5)),
        ({"start": 0.1, "duration": 0.2}, (0.1, 0.3)),
        ({"start": 1, "end": 2, "duration": 9}, (1.0, 2.0)),
        ({"duration": 2}, (None, None)),
        ({"end": 2}, (None, 2.0)),
        ({"startMs": 1500, "endMs": 2500}, (1.5, 2.5)),
        ({"start_ms": 1500, "duration_ms": 1000}, (1.5, 2.5)),
        ({"start_seconds": 1, "end_sec": 2}, (1.0, 2.0)),
        ({"startMilliseconds": 1500, "endMsec": 2500}, (1.5, 2.5)),
        ({"offsetInTicks": 15_000_000, "durationInTicks": 10_000_000}, (1.5, 2.5)),
        ({"offset": 1, "duration": 2}, (1.0, 3.0)),
        ({"onset": 1, "offset": 2}, (1.0, 2.0)),
        ({"onset": 1, "offset": 2, "end": 3}, (1.0, 3.0)),
        ({"start": 1, "offset": 9, "end": 2}, (1.0, 2.0)),
        ({"tStartMs": 1500, "dDurationMs": 500}, (1.5, 2.0)),
        ({"ts": [1, 2]}, (1.0, 2.0)),
        ({"timestamp": [1, None]}, (1.0, None)),
        ({"timestamp": [1, 2, 3]}, (None, None)),
        ({"time": {"start": 1, "end": 2}}, (1.0, 2.0)),
        ({"timestamp": 1.5}, (1.5, None)),
        ({"time": 2}, (2.0, None)),
        ({"ts": 1, "end_ts": 2}, (1.0, 2.0)),
        ({"xmin": 1, "xmax": 2}, (1.0, 2.0)),
        ({"from": 1, "to": 2}, (1.0, 2.0)),
        ({"from": "Bob", "to": "Ann"}, (None, None)),
        ({"start": {"seconds": "1", "nanos": 400_000_000}, "end": {"seconds": 2}}, (1.4, 2.0)),
        ({"start": {"nanos": 500_000_000}, "end": {}}, (0.5, None)),
        ({"start": {"seconds": "x"}}, (None, None)),
        ({"start": {"seconds": 1, "nanos": "x"}}, (None, None)),
        ({"start": "PT1M1.5S", "end": "PT1H"}, (61.5, 3600.0)),
        ({"start": "PT2S", "duration": "PT1H1M1S"}, (2.0, 3663.0)),
        ({"start": "PT"}, (None, None)),
        ({"start": "1.4s", "end": "2 s"}, (1.4, 2.0)),
        ({"start": None, "end": True}, (None, None)),
        ({"start": 1, "START": 5}, (1.0, None)),
        ({}, (None, None)),
    ],
)
def test_times_of_a_row(row, expected):
    assert times_of(row) == expected


def noted(call, *arguments) -> list[str]:
    notes = Notes("a.json")
    call(*arguments, notes)
    return notes.texts()


def dropped(row: dict, draft: Draft, **more) -> list[str]:
    notes = Notes("a.json")
    note_dropped([row], [draft], notes, **more)
    return notes.texts()


NOT_UNDERSTOOD = "a.json: times that are not understood are dropped"
NO_TIME = "a.json: an end that is not a time is dropped"


@pytest.mark.parametrize(
    ("row", "draft", "expected"),
    [
        ({"beginning": "early", "x": 1}, Draft("a"), [f"{NOT_UNDERSTOOD} (cue 1: beginning)"]),
        ({"t_start": "a", "t_end": "b", "time": "c", "onset": "d", "offset": "e"}, Draft("a"),
         [f"{NOT_UNDERSTOOD} (cue 1: t_start, t_end, time, onset)"]),
        ({"start": None, "end": "", "time": False}, Draft("a"), []),
        ({"text": "a"}, Draft("a"), []),
        ({"start": "x"}, Draft("a", words=[CueWord("a", 1.0, 2.0)]), []),
        ({"start": "x"}, Draft("a", 1.0, 2.0), []),
        ({"start": 1, "end": "soon"}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: end 'soon')"]),
        ({"start": 1, "endMs": "soon"}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: endMs 'soon')"]),
        ({"start": 1, "end": "x" * 30}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: end {'x' * 20!r})"]),
        ({"start": 1, "end": None}, Draft("a", 1.0), []),
        ({"start": 1, "to": "Bob"}, Draft("a", 1.0), []),
        ({"start": 1, "to": "2x"}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: to '2x')"]),
        ({"start": 1, "duration": "short"}, Draft("a", 1.0), []),
        ({"start": 1, "duration": "1:x"}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: duration '1:x')"]),
        ({"timestamp": [1, "x"]}, Draft("a", 1.0), [f"{NO_TIME} (cue 1: timestamp \"[1, 'x']\")"]),
        ({"timestamp": [1, None]}, Draft("a", 1.0), []),
        ({"timestamp": [1]}, Draft("a", 1.0), []),
        ({"text": "x"}, Draft("a", 1.0), []),
    ],
)  # fmt: skip
def test_what_is_said_of_dropped_times(row, draft, expected):
    assert dropped(row, draft) == expected


def test_the_noun_and_the_number_of_a_row():
    notes = Notes("a.json")
    note_dropped([{"start": "x"}, {"start": "y"}], [Draft("a"), Draft("b")], notes, "phrase", 5)
    assert notes.texts() == [f"{NOT_UNDERSTOOD} (phrase 5: start)", f"{NOT_UNDERSTOOD} (phrase 6: start)"]
    notes = Notes("a.json")
    note_end({"end": None, "stop": "x", "to": "y"}, 3, notes)
    assert notes.texts() == [f"{NO_TIME} (cue 3: stop 'x')"]


WORD = "a.json: a word time that is not a time is dropped"


@pytest.mark.parametrize(
    ("row", "word", "expected"),
    [
        ({"start": 1, "end": 2}, CueWord("w", 1.0, 2.0), []),
        ({"start": "x", "end": "y"}, CueWord("w"), [f"{WORD} (cue 7, word 'w': start 'x')"]),
        ({"start": None, "end": "y"}, CueWord("w"), [f"{WORD} (cue 7, word 'w': end 'y')"]),
        ({"start": 1, "end": "y"}, CueWord("w", 1.0, None), [f"{WORD} (cue 7, word 'w': end 'y')"]),
        ({"start": 1}, CueWord("w", 1.0, None), []),
        ({"end": 2}, CueWord("w", None, 2.0), []),
        ({"startIndex": 4, "charEnd": "x"}, CueWord("w"), []),
        ({"from": "Bob", "to": "Ann"}, CueWord("w"), []),
        ({"timestamp": [1, "y"]}, CueWord("w", 1.0, None), [f"{WORD} (cue 7, word 'w': timestamp \"[1, 'y']\")"]),
        ({"timestamp": [1, None]}, CueWord("w", 1.0, None), []),
        (
            {"start": "x" * 30},
            CueWord("w" * 30),
            [f"{WORD} (cue 7, word '{'w' * 20}': start '{'x' * 20}')"],
        ),
        ({}, CueWord("w"), []),
    ],
)
def test_what_is_said_of_times_of_words(row, word, expected):
    assert noted(note_words, [row], [word], "cue", 7) == expected


def scaled(*drafts: Draft) -> tuple[list[tuple[float | None, float | None]], list[str]]:
    notes = Notes("a.json")
    in_seconds(list(drafts), notes)
    return [(draft.start, draft.end) for draft in drafts], notes.texts()


TEN = "ten letter"  # nine letters


def test_units_by_the_rate_of_speech():
    assert scaled(Draft(TEN, 0.0, 90.0)) == ([(0.0, 90.0)], [])  # 0.1 letters a second
    assert scaled(Draft(TEN, 0.0, 91.0)) == ([(0.0, 0.091)], ["a.json: times read as milliseconds"])
    assert scaled(Draft(TEN, 1000.0, 2000.0)) == ([(1.0, 2.0)], ["a.json: times read as milliseconds"])
    hundreds = ["a.json: times read as units of 100 nanoseconds"]
    assert scaled(Draft(TEN, 1e7, 2e7)) == ([(1.0, 2.0)], hundreds)
    assert scaled(Draft(TEN, 0.0, 9000.0)) == ([(0.0, 9.0)], ["a.json: times read as milliseconds"])
    assert scaled(Draft(TEN, 0.0, 9100.0)) == ([(0.0, 9100 / 1e7)], hundreds)


def test_the_median_decides_and_words_follow():
    slow, quick = Draft("ok", 0.0, 60.0), Draft(TEN, 60.0, 61.0)
    assert scaled(slow, quick, quick)[1] == []
    draft = Draft(TEN, 1000.0, 2000.0, words=[CueWord("w", 1000.0, None, 0.5), CueWord("v", math.inf, 2000.0)])
    scaled(draft, Draft("a"), Draft("b", 3000.0), Draft(" ", 1.0, 2.0), Draft("c", 5.0, 5.0))
    assert draft.words == [CueWord("w", 1.0, None, 0.5), CueWord("v", None, 2.0)]
    assert scaled(Draft("a"), Draft("b", 3000.0)) == ([(None, None), (3000.0, None)], [])
