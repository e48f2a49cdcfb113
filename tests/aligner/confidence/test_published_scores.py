"""Published scores on emissions small enough for values by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ctcalign.aligner.confidence.published_scores import SCORES, published_scores
from ctcalign.ctc.segmentation.segments import NO_FRAME, segment_utterances
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError
from ctcalign.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("-", "a", "b", "c"))


def emission_of(spoken: str, sure: float = 0.9, shift: float = 0.1, offset: float = 0.0) -> Emission:
    """One frame a letter; the letter has probability `sure`, the others share the rest."""
    rows = np.full((len(spoken), 4), math.log((1 - sure) / 3), np.float32)
    for frame, letter in enumerate(spoken):
        rows[frame, "-abc".index(letter)] = math.log(sure)
    return Emission(rows, shift, offset, VOCABULARY, len(spoken) * shift)


def test_a_text_that_is_spoken():
    [scores] = published_scores(emission_of("--a-b-c--"), [(0.0, 0.9)], [[1, 2, 3]])
    assert set(scores) == set(SCORES)
    assert scores["mean"] == pytest.approx(math.log(0.9), rel=1e-5)
    assert scores["free_ratio"] == pytest.approx(0.0, abs=1e-6)
    assert scores["free_error_rate"] == 0.0
    [found] = segment_utterances(emission_of("--a-b-c--").log_probs, [[1, 2, 3]], 0.1)
    assert scores["min_mean"] == found.score
    assert scores["ipfa"] == pytest.approx(found.score - 4)


def test_a_wrong_letter_costs_its_log_ratio():
    [scores] = published_scores(emission_of("--a-b-c--"), [(0.0, 0.9)], [[1, 3, 3]], names=["free_ratio", "mean"])
    wrong = math.log(0.1 / 3) - math.log(0.9)  # one label where another is recognised; equal elsewhere
    assert scores["free_ratio"] == pytest.approx(wrong / 9, rel=1e-4)
    assert scores["mean"] == pytest.approx(math.log(0.9) + wrong / 9, rel=1e-4)


def test_scores_are_of_the_given_span():
    emission = emission_of("aab--cab--", offset=0.05)
    here, there = published_scores(emission, [(0.0, 0.5), (0.5, 1.0)], [[1, 2], [1, 2]], names=["free_error_rate"])
    assert (here["free_error_rate"], there["free_error_rate"]) == (0.0, 0.5)
    [late] = published_scores(emission_of("--ab"), [(0.0, 0.2)], [[1, 2]], names=["free_error_rate"], spike_delay=0.2)
    assert late["free_error_rate"] == 0.0


def test_the_penalty_counts_written_characters():
    emission = emission_of("-a-b-")
    long, short = published_scores(emission, [(0, 0.5)] * 2, [[1, 2]] * 2, characters=[30, 29], names=["ipfa"])
    assert long["ipfa"] - short["ipfa"] == pytest.approx(4.0)


def test_a_text_without_a_span_has_no_score():
    emission = emission_of("-a-b-")
    scores = published_scores(emission, [None, (0.0, 0.5), (0.0, 0.2), (0.3, 0.3)], [[1], [], [1, 2, 3], [1]])
    assert scores[:2] == [None, None]
    assert scores[2]["mean"] == scores[2]["min_mean"] == NO_FRAME
    assert scores[3]["mean"] == NO_FRAME


def test_wrong_input_is_named():
    with pytest.raises(UsageError, match="got 'mode', expected one of min_mean, mean, ipfa"):
        published_scores(emission_of("a"), [None], [[1]], names=["mode"])
    with pytest.raises(UsageError, match="expected equal lengths, got 1, 2, 2"):
        published_scores(emission_of("a"), [None], [[1], [1]])
