"""Repairs of single values, computed by hand; the properties of all repairs are in test_repair.py."""

from __future__ import annotations

import math

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.formats.shared.repair import repaired

LATEST = 1e9


def repair_cue(cue: AlignedCue, duration: float = 10.0) -> tuple[AlignedCue, list[str]]:
    fixed, notes = repaired(Alignment("a.wav", duration, "m", [cue]))
    return fixed.cues[0], notes


def words_of(*words: AlignedWord) -> tuple[list[tuple[float | None, float | None]], list[str]]:
    cue, notes = repair_cue(AlignedCue(4, "text", 2.0, 8.0, words=list(words)))
    return [(word.start, word.end) for word in cue.words], notes


@pytest.mark.parametrize(
    ("duration", "ends", "expected"),
    [
        (0.0, [], 0.0),
        (LATEST, [], LATEST),
        (1.01e9, [3.0, 7.0, None], 7.0),
        (-1.0, [3.0], 3.0),
        (math.nan, [], 0.0),
        (math.inf, [LATEST, LATEST * 2], LATEST),
        (math.inf, [-5.0], 0.0),
    ],
)
def test_durations(duration, ends, expected):
    cues = [AlignedCue(number, "a", 0.0, end) for number, end in enumerate(ends) if end is not None]
    fixed, notes = repaired(Alignment("a.wav", duration, "m", cues))
    assert fixed.duration == expected
    assert any("duration was" in note for note in notes) is (duration != expected)


@pytest.mark.parametrize(
    ("times", "expected", "fault"),
    [
        ((1.0, 2.0), (1.0, 2.0), ""),
        ((None, None), (None, None), ""),
        ((1.0, None), (None, None), "cue times that are not two finite numbers"),
        ((None, 1.0), (None, None), "cue times that are not two finite numbers"),
        ((math.nan, 1.0), (None, None), "cue times that are not two finite numbers"),
        ((1.0, math.inf), (None, None), "cue times that are not two finite numbers"),
        ((-1.0, 2.0), (0.0, 2.0), "cue times outside the recording"),
        ((-2.0, -1.0), (0.0, 0.0), "cue times outside the recording"),
        ((9.0, 11.0), (9.0, 10.0), "cue times outside the recording"),
        ((11.0, 12.0), (10.0, 10.0), "cue times outside the recording"),
        ((11.0, 9.0), (10.0, 10.0), "cue times outside the recording"),
        ((3.0, 2.0), (3.0, 3.0), "cue times that end before they start"),
        ((3.0, 3.0 - 1e-7), (3.0, 3.0), ""),
        ((3.0, 3.0 - 1e-5), (3.0, 3.0), "cue times that end before they start"),
        ((-1e-7, 10.0 + 1e-7), (0.0, 10.0), ""),
        ((-1e-5, 10.0), (0.0, 10.0), "cue times outside the recording"),
        ((0.0, 10.0 + 1e-5), (0.0, 10.0), "cue times outside the recording"),
    ],
)
def test_times_of_cues(times, expected, fault):
    cue, notes = repair_cue(AlignedCue(4, "a", *times))
    assert (cue.start, cue.end) == expected
    assert notes == ([f"{fault}: repaired in 1 cue, 4"] if fault else [])


def test_a_negative_zero_is_no_time_of_a_file():
    cue, _ = repair_cue(AlignedCue(0, "a", -0.0, -0.0))
    assert math.copysign(1, cue.start) == math.copysign(1, cue.end) == 1.0


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ((1.0, 2.0), (1.0, 2.0)),
        ((1.0, None), (None, None)),
        ((None, 1.0), (None, None)),
        ((-LATEST, LATEST), (-LATEST, LATEST)),
        ((1.0, LATEST * 2), (None, None)),
        ((-LATEST * 2, 1.0), (None, None)),
        ((math.nan, 1.0), (None, None)),
        ((1.0, math.nan), (None, None)),
    ],
)
def test_times_of_the_input_file(old, expected):
    cue, notes = repair_cue(AlignedCue(0, "a", 1.0, 2.0, input_start=old[0], input_end=old[1]))
    assert (cue.input_start, cue.input_end) == expected
    assert notes == []


@pytest.mark.parametrize(
    ("score", "confidence", "expected", "faults"),
    [
        (-1.5, 0.5, (-1.5, 0.5), []),
        (None, None, (None, None), []),
        (0.0, 0.0, (0.0, 0.0), []),
        (0.0, 1.0, (0.0, 1.0), []),
        (-math.inf, 1.2, (None, 1.0), ["scores that are not finite", "confidences outside 0 to 1"]),
        (math.nan, -0.2, (None, 0.0), ["scores that are not finite", "confidences outside 0 to 1"]),
        (-1.0, 1.2, (-1.0, 1.0), ["confidences outside 0 to 1"]),
        (-1.0, math.nan, (-1.0, None), ["confidences outside 0 to 1"]),
        (-1.0, math.inf, (-1.0, 1.0), ["confidences outside 0 to 1"]),
    ],
)
def test_scores_and_confidences(score, confidence, expected, faults):
    cue, notes = repair_cue(AlignedCue(4, "a", 1.0, 2.0, score=score, confidence=confidence))
    assert (cue.score, cue.confidence) == expected
    assert notes == [f"{fault}: repaired in 1 cue, 4" for fault in faults]
    word = AlignedWord("w", 1.0, 2.0, score, confidence)
    cue, notes = repair_cue(AlignedCue(4, "a", 1.0, 2.0, words=[word]))
    assert (cue.words[0].score, cue.words[0].confidence) == expected
    assert notes == [f"{fault}: repaired in 1 cue, 4" for fault in faults]


@pytest.mark.parametrize(
    ("times", "expected", "faults"),
    [
        ([(2.0, 3.0), (3.0, 8.0)], [(2.0, 3.0), (3.0, 8.0)], []),
        ([(1.0, 3.0), (7.0, 9.0)], [(2.0, 3.0), (7.0, 8.0)], ["word times outside the cue or word"]),
        ([(4.0, 5.0), (3.0, 3.5)], [(4.0, 4.0), (4.0, 4.0)], ["word order", "word order (overlap)"]),
        ([(3.0, 5.0), (4.0, 6.0)], [(3.0, 4.0), (4.0, 6.0)], ["word order (overlap)"]),
        ([(3.0, 4.0 + 1e-7), (4.0, 6.0)], [(3.0, 4.0), (4.0, 6.0)], []),
        ([(3.0, 5.0), (None, None), (4.0, 6.0)], [(3.0, 4.0), (None, None), (4.0, 6.0)], ["word order (overlap)"]),
        ([(5.0, 6.0), (None, None), (4.0, 7.0)], [(5.0, 5.0), (None, None), (5.0, 7.0)],
         ["word order", "word order (overlap)"]),
        ([(3.0, None)], [(None, None)], ["word times that are not two finite numbers"]),
        ([(4.0, 3.0)], [(4.0, 4.0)], ["word times that end before they start"]),
    ],
)  # fmt: skip
def test_times_of_words(times, expected, faults):
    found, notes = words_of(*(AlignedWord("w", *span) for span in times))
    assert found == expected
    assert notes == [f"{fault}: repaired in 1 cue, 4" for fault in faults]


def test_words_of_a_cue_without_times_stay_inside_the_recording():
    cue, notes = repair_cue(AlignedCue(4, "a", words=[AlignedWord("w", 1.0, 12.0)]))
    assert (cue.words[0].start, cue.words[0].end) == (1.0, 10.0)
    assert notes == ["word times outside the cue or word: repaired in 1 cue, 4"]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([(3.0, 3.5, -1.0), (3.5, 4.0, -1.0)], [(3.0, 3.5), (3.5, 4.0)]),
        ([(2.5, 3.5, -1.0), (3.5, 4.5, -1.0)], [(3.0, 3.5), (3.5, 4.0)]),
        ([(3.0, 3.8, -1.0), (3.5, 4.0, -1.0)], [(3.0, 3.5), (3.5, 4.0)]),
        ([(3.0, 3.5, math.nan), (3.5, 4.0, -1.0)], [(3.5, 4.0)]),
        ([(3.0, 3.5, -math.inf)], []),
        ([(math.nan, 3.5, -1.0)], []),
    ],
)
def test_tokens(tokens, expected):
    word = AlignedWord("w", 3.0, 4.0, tokens=[AlignedToken("t", *token) for token in tokens])
    cue, _ = repair_cue(AlignedCue(4, "a", 2.0, 8.0, words=[word]))
    assert [(token.start, token.end) for token in cue.words[0].tokens] == expected
    assert all(token.score == -1.0 for token in cue.words[0].tokens)


def test_tokens_need_a_word_with_times():
    word = AlignedWord("w", tokens=[AlignedToken("t", 3.0, 4.0, -1.0)])
    cue, _ = repair_cue(AlignedCue(4, "a", 2.0, 8.0, words=[word]))
    assert cue.words[0].tokens == []


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(1.0, 2.0), (9.0, 12.0), (-1.0, 1.0)], [(1.0, 2.0), (9.0, 10.0), (0.0, 1.0)]),
        ([(10.0, 12.0), (3.0, 3.0), (3.0, 2.0), (math.nan, 1.0), (1.0, math.inf)], []),
    ],
)
def test_other_stretches(spans, expected):
    cue = AlignedCue(0, "a", 1.0, 2.0)
    cue.alternatives = list(spans)
    fixed, notes = repaired(Alignment("a.wav", 10.0, "m", [cue], list(spans)))
    assert fixed.unwritten == fixed.cues[0].alternatives == expected
    omitted = len(spans) - len(expected)
    assert notes == ([f"{omitted} unwritten stretches outside the recording omitted"] if omitted else [])


def test_lone_surrogates_everywhere():
    word = AlignedWord(
        "w\ud800", 1.0, 2.0, reason="r\ud800", reading="g\ud800", tokens=[AlignedToken("t\ud800", 1.0, 2.0, 0.0)]
    )
    cue = AlignedCue(4, "ok", 1.0, 2.0, speaker="s\ud800", id="i\ud800", reason="r\ud800", words=[word])
    fixed, notes = repaired(Alignment("a\ud800.wav", 10.0, "m", [cue]))
    (cue,) = fixed.cues
    assert fixed.audio == "a\ufffd.wav"
    assert (cue.speaker, cue.id, cue.reason) == ("s\ufffd", "i\ufffd", "r\ufffd")
    (word,) = cue.words
    assert (word.text, word.reason, word.reading, word.tokens[0].text) == ("w\ufffd", "r\ufffd", "g\ufffd", "t\ufffd")
    assert notes == []


def test_a_note_lists_the_cues_of_a_fault():
    cues = [AlignedCue(number, "a", 1.0, 12.0, confidence=2.0) for number in (3, 1, 1)]
    _, notes = repaired(Alignment("a.wav", 10.0, "m", cues))
    assert notes == [
        "cue times outside the recording: repaired in 2 cues, 1, 3",
        "confidences outside 0 to 1: repaired in 2 cues, 1, 3",
    ]
