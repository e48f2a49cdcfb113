"""Quality of a search, from candidates with known truth."""

from __future__ import annotations

import pytest

from ctcalign.search.measure import calibration_error, quality_table, time_errors
from ctcalign.search.recordings import Recording, SpokenWord
from ctcalign.search.trials import CLASSES, Candidate, Trial, TrialPhrases
from ctcalign.spans import Span
from tests.aligner.tones import ToneModel


def candidate(phrase, right):
    return Candidate("r", "1 word", phrase, None, Span(0.0, 1.0) if right else None)


@pytest.fixture
def trial():
    """Three occurrences of two phrases, one of them missed, and two phrases that do not occur."""
    words = [SpokenWord(text, place, place + 0.5, 0) for place, text in enumerate("a b a".split())]
    phrases = {kind: TrialPhrases([], []) for kind in CLASSES} | {"1 word": TrialPhrases(["a", "b"], ["c", "d"])}
    return Trial(Recording("r", None, words), phrases, [])


def test_a_table_by_hand(trial):
    predicted = [
        (candidate("a", True), 0.9),
        (candidate("a", False), 0.6),
        (candidate("b", True), 0.3),
        (candidate("c", False), 0.3),
        (candidate("d", False), 0.01),  # not shown, so not in the ECE
    ]
    header, _, one, two, _ = quality_table([trial], predicted)
    assert header == "| | occurrences | hits at 0.5 | precision | recall | AUC | ECE |"
    # Best hits of a and b: 0.9 and 0.3; of c and d: 0.3 and 0.01. Of four pairs three are won and one is a tie.
    ece = (0.1 + 0.6 + 2 * 0.2) / 4
    assert one == f"| 1 word | 3 | 2 | 0.500 | 0.333 | {3.5 / 4:.3f} | {ece:.3f} |"
    assert two == "| 2 words | 0 | 0 | 0.000 | 0.000 | - | - |"
    assert quality_table([trial], predicted, 0.95)[2].startswith("| 1 word | 3 | 0 | 0.000 | 0.000 |")


def test_hidden_candidates_have_no_calibration_error():
    assert calibration_error([(candidate("a", True), 0.04)]) is None
    assert calibration_error([(candidate("a", True), 0.05)]) == pytest.approx(0.95)


def test_no_right_hits_have_no_times(trial):
    assert time_errors([trial], [(candidate("a", True), 0.4), (candidate("c", False), 0.9)], ToneModel()) == (
        "no right hits"
    )
