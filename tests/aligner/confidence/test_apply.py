"""Confidences and scores of finished alignments, and requests that are refused before the emission is computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

import ctcalign
from ctcalign.aligner.confidence.apply import apply_calibration, load_calibration
from ctcalign.aligner.confidence.published_scores import SCORES
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CalibrationError, UsageError
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.aligner.tones import ToneModel
from tests.calibration.made_up import MadeUpModel, made_up_calibration, transcribed


class UnusedModel(ToneModel):
    def __call__(self, waveform, lengths):
        raise AssertionError("the model was run")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"score": "confidence"}, UsageError, "tones has no calibration"),
        ({"score": "loudness"}, UsageError, "score: got 'loudness'"),
        ({"calibration": "nowhere.json"}, CalibrationError, "nowhere.json: cannot be read"),
    ],
)
def test_a_wrong_request_is_refused_before_the_model_runs(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        ctcalign.align(tmp_path / "none.wav", ["some words"], UnusedModel(), options=AlignOptions(**options))


def aligned(written: list[str], **options):
    emission, utterances = transcribed(3, sure=0.8)
    lines = [utterance.text for utterance in utterances]
    lines[: len(written)] = written
    text = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    alignment, placed = place_emission(emission, text, MadeUpModel(), AlignOptions(unwritten=False))
    apply_calibration(alignment, text, placed.words, emission, MadeUpModel(), **options)
    return alignment


def test_confidences_stand_on_cues_and_words():
    _, utterances = transcribed(3, sure=0.8)
    first, second = (utterance.text for utterance in utterances[:2])
    wrong = " ".join(["ponmlkj", *second.split()[1:]])
    alignment = aligned([first, wrong, "[MUSIC]"], calibration=made_up_calibration())
    right = [cue.confidence for cue in alignment.cues[3:]]
    assert min(right) > 0.7
    assert alignment.cues[1].confidence < min(right) - 0.2
    assert alignment.cues[2].confidence is None  # a note is not spoken
    assert alignment.cues[1].words[0].confidence < 0.3 < alignment.cues[1].words[-1].confidence
    assert alignment.cues[0].score < 0  # that of the path, as no other is requested
    assert alignment.cues[0].scores == {}


def test_what_is_not_recognised_has_confidence_zero():
    first = transcribed(3, sure=0.8)[1][0].text
    alignment = aligned([first, "ponm ponm ponm ponm ponm ponm " * 9], calibration=made_up_calibration())
    assert alignment.cues[1].status == "not_spoken"
    assert alignment.cues[1].confidence == 0.0
    assert [word.confidence for word in alignment.cues[1].words] == [0.0] * 54


def test_what_is_placed_by_its_neighbours_has_confidence_zero():
    alignment = aligned(["ponm ponm ponm ponm ponm ponm"], calibration=made_up_calibration(), scores=True)
    assert alignment.cues[0].status == "aligned"
    assert alignment.cues[0].confidence == 0.0
    assert [word.confidence for word in alignment.cues[0].words] == [0.0] * 6


def test_scores_by_name():
    fitted = made_up_calibration()
    alignment = aligned([], calibration=fitted, scores=True, score="free_error_rate")
    for cue in alignment.cues:
        assert set(cue.scores) == set(SCORES)
        assert cue.score == -cue.scores["free_error_rate"]
    again = type(alignment).from_dict(alignment.to_dict())
    assert again.cues == alignment.cues
    assert again.warnings == alignment.warnings
    chosen = aligned([], calibration=fitted, score="confidence")
    assert all(cue.score == cue.confidence for cue in chosen.cues)
    with pytest.raises(UsageError, match="score: got 'best', expected one of path, min_mean"):
        aligned([], calibration=fitted, score="best")


def test_a_model_without_a_calibration_gets_no_confidence():
    alignment = aligned([])
    assert all(cue.confidence is None for cue in alignment.cues)
    with pytest.raises(UsageError, match="made:up has no calibration"):
        aligned([], score="confidence")
    other = replace(made_up_calibration(), model="hf:other")
    assert load_calibration(other, "made:up")[1] == [
        "confidence: the calibration was fitted for hf:other, the model is made:up"
    ]
