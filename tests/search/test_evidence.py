"""Evidence for phrases: recognised symbols, scores, and word boundaries with vocabularies of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.emission.emission import Emission
from ctcalign.search.evidence import FEATURES, LEAST_EDGE, phrase_evidence
from ctcalign.search.phrases import prepare_phrases
from ctcalign.search.run import evidence_at, spots_of
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.spelled_emissions import VOCABULARY, Talk

PIECES = Vocabulary(("-", "\u2581ab", "cd", "\u2581ef"), word_pieces=True)
LETTERS = Vocabulary(("-", *"abcdef"))
SEPARATED = Vocabulary(("-", "|", *"abcdef"), separator=1)


def edges(vocabulary, recognised, phrase):
    """`recognised` are columns, a frame each."""
    log_probs = np.full((len(recognised), len(vocabulary)), -9.0, np.float32)
    log_probs[np.arange(len(recognised)), recognised] = -0.01
    emission = Emission(log_probs, 0.02, 0.0, vocabulary, len(recognised) * 0.02)
    ready = prepare_phrases([phrase], Tokeniser(vocabulary), "en", 0.02, "test")
    (found,) = evidence_at(ready[0], spots_of(emission, ready)[0], emission)
    assert found.score == pytest.approx(0.0, abs=1e-6)
    return found.edges


def test_a_word_piece_that_begins_a_word_ends_the_one_before():
    assert edges(PIECES, [0, 1, 2, 3, 0], "ab") == LEAST_EDGE
    assert edges(PIECES, [0, 1, 2, 3, 0], "abcd") == 0.0
    assert edges(PIECES, [0, 1, 2, 3, 0], "ef") == 0.0  # its own first piece begins a word


def test_without_separators_edges_are_unknown():
    assert edges(LETTERS, [1, 2, 3, 4], "bc") == 0.0


@pytest.mark.parametrize(
    ("recognised", "expected"),
    [
        ([2, 3, 4, 5, 6], 2 * -8.99),  # letters on both sides
        ([2, 1, 3, 4, 5, 1, 6], 0.0 + -8.99),  # one side parted
        ([2, 1, 3, 4, 1, 5, 6], 0.0),
        ([2, *[0] * 10, 3, 4, *[0] * 10, 5], 0.0),  # pauses of 0.2 s
        ([2, *[0] * 9, 3, 4], -8.99),
        ([3, 4], 0.0),  # nothing around
    ],
)
def test_separators_and_pauses_divide_words(recognised, expected):
    assert edges(SEPARATED, recognised, "bc") == pytest.approx(expected, abs=1e-5)


def test_evidence_at_a_spoken_phrase_and_at_a_part_of_it():
    talk = Talk(seed=5)
    talk.pause(1.0)
    text = talk.cue(talk.sentence(3))
    emission = talk.emission(0.99)
    tokeniser = Tokeniser(VOCABULARY)
    [there] = prepare_phrases([text], tokeniser, "en", emission.frame_shift, "letters")
    [spot] = sorted(spots_of(emission, [there])[0], key=lambda spot: -spot.score)[:1]
    found = phrase_evidence(there, spot, emission)
    assert found.score == pytest.approx(0.0, abs=1e-4)
    assert found.score == pytest.approx(spot.score, abs=1e-4)
    assert (found.errors, found.symbols) == (0.0, len(text.replace(" ", "")))
    assert set(found.features()) == set(FEATURES)
    middle = text.split()[1][:3]
    [part] = prepare_phrases([middle], tokeniser, "en", emission.frame_shift, "letters")
    [best] = sorted(evidence_at(part, spots_of(emission, [part])[0], emission), key=lambda found: -found.score)[:1]
    assert best.score == pytest.approx(0.0, abs=1e-4)
    assert best.edges < found.edges - 1  # the word continues after it
