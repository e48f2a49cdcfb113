"""Poorly recognised recordings: the text is aligned again with raised skip costs, if it is that of the recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctcalign.aligner import run
from ctcalign.aligner import uncertainty as uncertainty_module
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.aligner.uncertainty import (
    COST_FACTORS,
    RECOGNISED_POORLY,
    UNSURE,
    evidence,
    raised,
    recognised_poorly,
    uncertainty,
)
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CaptionError
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.aligner.tones import ToneModel
from tests.calibration.made_up import MadeUpModel, transcribed


def text(lines):
    return transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")


def blurred(emission, symbol: float):
    """The same labels, with this probability of the best one in the frames of symbols; blanks have 0.99."""
    path = emission.decoding.path
    best = np.where(path == emission.vocabulary.blank, 0.99, symbol)
    rows = np.repeat(((1 - best) / (len(emission.vocabulary.symbols) - 1))[:, None], len(VOCABULARY.symbols), axis=1)
    rows[np.arange(len(rows)), path] = best
    return replace(emission, log_probs=np.log(rows).astype(np.float32), _file=None)


@pytest.mark.parametrize("symbol", [0.9, 0.5])
def test_the_uncertainty_is_that_of_the_symbols_alone(symbol):
    emission, _ = transcribed(3, sure=0.8)
    assert uncertainty(blurred(emission, symbol)) == pytest.approx(-np.log(symbol), abs=1e-5)


def test_the_uncertainty_is_read_in_blocks(monkeypatch):
    emission, _ = transcribed(3, sure=0.8)
    whole = uncertainty(emission)
    monkeypatch.setattr(uncertainty_module, "BLOCK", 7)
    assert uncertainty(emission) == pytest.approx(whole)


def test_an_emission_without_a_symbol_is_not_unsure():
    emission, _ = transcribed(3, sure=0.8)
    silence = np.full_like(np.asarray(emission.log_probs), -20.0)
    silence[:, emission.vocabulary.blank] = 0.0
    assert uncertainty(replace(emission, log_probs=silence, _file=None)) == 0.0


@pytest.mark.parametrize("unsure", [False, True])
def test_a_recording_is_recognised_poorly_if_the_model_is_uncertain_of_its_symbols(unsure):
    emission, _ = transcribed(3, sure=0.8)
    model = ToneModel()
    assert recognised_poorly(blurred(emission, float(np.exp(-UNSURE)) * (0.95 if unsure else 1.05)), model) == unsure
    model.unsure = 0.1
    assert recognised_poorly(blurred(emission, float(np.exp(-UNSURE)) * 1.05), model)
    assert not recognised_poorly(blurred(emission, float(np.exp(-0.09))), model)


def test_raised_costs_are_those_of_skipped_text_and_have_no_cap_for_runs_of_cues():
    usual, high = SkipCosts(), raised(SkipCosts(), 3.0)
    for name in ("opening", "word", "cue"):
        assert getattr(high, name) == 3.0 * getattr(usual, name)
    assert (high.between, high.inside) == (usual.between, usual.inside)
    assert high.cut > 1e6 * usual.cut


def test_the_own_text_has_more_evidence_than_other_text_in_its_place():
    emission, utterances = transcribed(6, sure=0.8)
    own = [utterance.text for utterance in utterances]
    values = []
    for lines in (own, [line[::-1] for line in own]):
        transcript = text(lines)
        options = AlignOptions(skips=None, unwritten=False)
        alignment, placement = run.place_emission(emission, transcript, MadeUpModel(), options)
        values.append(evidence(emission, transcript, placement.words, alignment.cues, MadeUpModel().spike_delay))
    assert values[0] > 2 * values[1] + 1.0


@pytest.mark.parametrize("support", [(4, 3, 2, 1), (1, 4, 3, 2), (1, 2, 4, 3), (1, 2, 3, 4), (2, 2, 2, 2)])
@pytest.mark.parametrize("recognised", [True, False])
def test_the_placement_with_most_evidence_is_taken_if_the_text_is_recognised(monkeypatch, support, recognised):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    monkeypatch.setattr(run, "recognised_poorly", lambda *a: True)
    monkeypatch.setattr(run, "is_recognised", lambda *a: recognised)
    made, place = [], run._placed
    monkeypatch.setattr(run, "_placed", lambda *a: made.append((a[3].skips, place(*a))) or made[-1][1])
    monkeypatch.setattr(run, "evidence", lambda *a: support[(len(made) - 1) % 4])
    alignment, placement = run.place_emission(emission, transcript, MadeUpModel(), AlignOptions())
    assert [skips for skips, _ in made] == [SkipCosts(), *(raised(SkipCosts(), times) for times in COST_FACTORS)]
    best = support.index(max(support))
    again = recognised and best > 0
    assert alignment is made[best if recognised else 0][1][0]
    assert placement.costs == (made[best][0] if again else None)
    assert (RECOGNISED_POORLY in alignment.warnings) == again
    found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))
    assert (RECOGNISED_POORLY in found.warnings) == again


@pytest.mark.parametrize("recognised", [True, False])
def test_text_of_which_nothing_is_found_at_the_default_costs_may_be_found_at_raised_ones(monkeypatch, recognised):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    monkeypatch.setattr(run, "recognised_poorly", lambda *a: True)
    monkeypatch.setattr(run, "is_recognised", lambda *a: recognised)
    place = run._placed

    def placed(*a):
        if a[3].skips == SkipCosts():
            raise CaptionError("nothing at these prices")
        return place(*a)

    monkeypatch.setattr(run, "_placed", placed)
    if recognised:
        found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))
        assert all(cue.status == "aligned" for cue in found.cues)
    else:
        with pytest.raises(CaptionError, match="nothing at these prices"):
            align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))


def test_a_failure_at_raised_costs_leaves_the_result_at_the_default_ones(monkeypatch):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    monkeypatch.setattr(run, "recognised_poorly", lambda *a: True)
    place = run._placed

    def placed(*a):
        if a[3].skips != SkipCosts():
            raise CaptionError("nothing at these prices")
        return place(*a)

    monkeypatch.setattr(run, "_placed", placed)
    found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))
    assert all(cue.status == "aligned" for cue in found.cues)
    assert RECOGNISED_POORLY not in found.warnings


def test_where_all_words_are_spoken_nothing_is_placed_again(monkeypatch):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    asked = []
    monkeypatch.setattr(run, "recognised_poorly", lambda *a: asked.append(a) or True)
    found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(skips=None, calibration=None))
    assert not asked
    assert RECOGNISED_POORLY not in found.warnings


def test_the_captions_of_a_longer_film_are_not_forced_into_an_excerpt_that_is_recognised_poorly():
    emission, utterances = transcribed(3)
    emission = blurred(emission, 0.6)
    assert recognised_poorly(emission, ToneModel())
    film = [utterance.text for seed in range(10, 16) for utterance in transcribed(seed)[1]]
    half = len(film) // 2
    lines = [*film[:half], *(utterance.text for utterance in utterances), *film[half:]]
    found = align_emission(emission, text(lines), MadeUpModel(), AlignOptions(calibration=None))
    own = found.cues[half : half + len(utterances)]
    for cue, utterance in zip(own, utterances, strict=True):
        assert cue.start == pytest.approx(utterance.start, abs=0.2)
        assert cue.end == pytest.approx(utterance.end, abs=0.2)
    assert [cue for cue in [*found.cues[:half], *found.cues[half + len(own) :]] if cue.status == "aligned"] == []


@pytest.mark.parametrize("again", [False, True])
def test_doubts_about_the_text_are_judged_at_the_prices_that_were_used(monkeypatch, again):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    monkeypatch.setattr(run, "recognised_poorly", lambda *a: again)
    monkeypatch.setattr(run, "is_recognised", lambda *a: True)
    support = iter([1.0, 2.0, 3.0, 2.0])
    monkeypatch.setattr(run, "evidence", lambda *a: next(support))
    asked = []
    monkeypatch.setattr(run, "doubts_about_the_text", lambda *a: asked.append(a[3]) or [])
    align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))
    assert asked == [raised(SkipCosts(), COST_FACTORS[1]) if again else None]
