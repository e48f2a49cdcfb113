"""Features of words, gaps and cues, by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctcalign.aligner.confidence.features import CUE_NAMES, GAP_NAMES, WORD_NAMES, cue_features, word_and_gap_features
from ctcalign.aligner.confidence.inputs import CueInputs, RecordingQuality, recording_quality
from tests.calibration.made_up import made_up_examples

QUALITY = RecordingQuality(0.5, 0.2)


@pytest.fixture(scope="module")
def cue() -> CueInputs:
    """A placed cue of exact text."""
    return next(example.inputs for example in made_up_examples() if example.kind == "exact")


def features(cue, quality=QUALITY):
    rows = word_and_gap_features(cue, quality)
    n = len(cue.evidence.words)
    whole = cue_features(cue, quality, np.full(n, 0.9), np.full(n - 1, 0.8))
    tables = (WORD_NAMES, rows.words.T), (GAP_NAMES, rows.gaps.T), (CUE_NAMES, whole)
    return tuple(dict(zip(names, values, strict=True)) for names, values in tables)


def test_each_name_has_a_finite_number_for_each_word_gap_and_cue(cue):
    n = len(cue.evidence.words)
    words, gaps, whole = features(cue)
    assert {values.shape for values in words.values()} == {(n,)}
    assert {values.shape for values in gaps.values()} == {(n - 1,)}
    assert all(np.isfinite(values).all() for table in (words, gaps, whole) for values in table.values())


def test_products_and_quality_are_what_their_names_say(cue):
    n = len(cue.evidence.words)
    words, gaps, whole = features(cue)
    odds = 0.9**n * 0.8 ** (n - 1)
    assert whole["all"] == pytest.approx(np.log(odds / (1 - odds)))
    assert whole["words"] == pytest.approx(np.log(0.9**n / (1 - 0.9**n)))
    assert whole["worst_two"] == pytest.approx(2 * np.log(0.8))
    assert (whole["level"], whole["gap_level"]) == (QUALITY.word, QUALITY.gap)
    assert set(words["level"]) == set(gaps["level"]) == {QUALITY.word}
    assert whole["count"] == pytest.approx(np.log(n))
    assert whole["unplaced"] == 0.0


def test_the_same_excess_weighs_less_in_a_recording_of_low_quality(cue):
    wrong = replace(cue, evidence=replace(cue.evidence, replaced=np.full(len(cue.evidence.words), 20.0)))
    clean, noisy = (features(wrong, RecordingQuality(word, 0.2))[0]["excess_by_level"] for word in (0.1, 3.0))
    assert (noisy < clean - 1.0).all()


def test_words_that_are_not_placed_are_seen_by_their_neighbours_and_the_cue(cue):
    placed = cue.evidence.placed.copy()
    placed[1] = False
    one = replace(cue, evidence=replace(cue.evidence, placed=placed))
    words, _, whole = features(one)
    assert words["left_unplaced"].tolist()[:4] == [0.0, 0.0, 1.0, 0.0]
    assert words["right_unplaced"].tolist()[:3] == [1.0, 0.0, 0.0]
    assert whole["unplaced"] == pytest.approx(np.log(2))
    assert word_and_gap_features(one, QUALITY).known.tolist()[:3] == [False, False, True]


def test_the_quality_of_a_recording_ignores_its_worst_words(cue):
    n = 40
    replaced = np.zeros(n)
    evidence = replace(
        cue.evidence,
        words=[*range(n)],
        placed=np.ones(n, np.bool_),
        letters=np.full(n, 4.0),
        replaced=replaced,
        before=np.zeros(n),
        after=np.zeros(n),
    )
    assert recording_quality([evidence]) == RecordingQuality(0.0, 0.0)
    replaced[:6] = 50.0  # 15 %
    assert recording_quality([evidence]).word == 0.0
    replaced[:] = 2.0
    assert recording_quality([evidence]).word == pytest.approx(0.5)
    assert recording_quality([]) == RecordingQuality(0.0, 0.0)
