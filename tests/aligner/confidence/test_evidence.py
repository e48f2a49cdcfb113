"""Evidence about placed cues, where the spoken text is known."""

from __future__ import annotations

import numpy as np

from ctcalign.aligner.confidence.inputs import recording_inputs
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY, Talk
from tests.calibration.made_up import MadeUpModel


def inputs_of(spoken: list[str], written: list[str]):
    talk = Talk(5).pause(1.0)
    for text in spoken:
        talk.cue(text)
        talk.pause(0.8)
    model = MadeUpModel()
    text = transcript_of([Cue(i, line) for i, line in enumerate(written)], Tokeniser(VOCABULARY, "en"), "en")
    emission = talk.emission()
    alignment, placed = place_emission(emission, text, model, AlignOptions(unwritten=False))
    return recording_inputs(emission, text, placed.words, alignment.cues, 0.0).cues


SPOKEN = ["abcd efgh ijkl mnop", "dcba hgfe lkji ponm", "aceg bdfh ikmo jlnp"]


def test_spoken_words_beat_every_competitor():
    for cue in inputs_of(SPOKEN, SPOKEN):
        assert cue.evidence.placed.all()
        assert cue.evidence.replaced.max() < 3.0
        assert cue.evidence.after.max() < 3.0
        assert cue.evidence.skipped.max() < -10.0
        assert (cue.competitors[:, 0] > 5.0).all()
        assert (cue.competitors[:, 2] == 0.0).all()
        assert max(cue.evidence.lead, cue.evidence.trail) < 3.0


def test_a_wrong_word_has_the_largest_gain():
    first, second, _ = inputs_of(SPOKEN, [SPOKEN[0], "dcba hgfi lkji ponm", SPOKEN[2]])
    assert first.evidence.replaced.max() < 3.0
    assert second.evidence.replaced.argmax() == 1
    assert second.evidence.replaced[1] > 3 * np.delete(second.evidence.replaced, 1).max()


def test_a_missing_word_raises_the_gain_of_its_gap():
    spoken = ["abcd efgh ijkl mnop", "dcba efgh lkji ponm", "aceg bdfh efgh jlnp"]
    first, second, _ = inputs_of(spoken, [spoken[0], "dcba lkji ponm", spoken[2]])
    assert first.evidence.after.max() < 3.0
    assert second.evidence.after.argmax() == 0
    assert second.evidence.after[0] > 15.0
    assert second.evidence.frequent_after[0] > 10.0  # it is a word of the other captions


def test_a_missing_word_at_an_edge_raises_its_loss():
    _, second, third = inputs_of(SPOKEN, [SPOKEN[0], "hgfe lkji ponm", "aceg bdfh ikmo"])
    assert second.evidence.lead > 15.0
    assert second.evidence.trail < 3.0
    assert third.evidence.trail > 15.0
    assert third.evidence.lead < 3.0


def test_a_word_that_is_not_spoken_is_distinguished_from_a_misrecognised_one():
    _, second, _ = inputs_of(SPOKEN, [SPOKEN[0], "dcba hgfe mmmmm lkji ponm", SPOKEN[2]])
    assert second.evidence.placed.tolist() == [True, True, False, True, True]
    assert second.evidence.skipped[2] > 10.0
    assert np.delete(second.evidence.skipped, 2).max() < -10.0
