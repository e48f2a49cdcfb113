"""Recordings that the model hears badly: the text is placed again at dearer prices, if it is that of the recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctcalign.aligner import hearing, run
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.hearing import DEARER, FOUND, HEARD_BADLY, UNSURE, dearer, heard_badly, uncertainty
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.alignment.cue import Cue
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.calibration.made_up import MadeUpModel, transcribed


def cues(found: int, count: int) -> list[AlignedCue]:
    return [
        AlignedCue(n, "ab", n, n + 0.5, status="aligned") if n < found else AlignedCue(n, "ab", status="not_spoken")
        for n in range(count)
    ]


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
    monkeypatch.setattr(hearing, "BLOCK", 7)
    assert uncertainty(emission) == pytest.approx(whole)


def test_an_emission_without_a_symbol_is_not_unsure():
    emission, _ = transcribed(3, sure=0.8)
    silence = np.full_like(np.asarray(emission.log_probs), -20.0)
    silence[:, emission.vocabulary.blank] = 0.0
    assert uncertainty(replace(emission, log_probs=silence, _file=None)) == 0.0


@pytest.mark.parametrize(("found", "bad"), [(6, True), (7, False), (10, False), (0, True)])
@pytest.mark.parametrize("unsure", [False, True])
def test_both_signs_are_needed(found, bad, unsure):
    emission, _ = transcribed(3, sure=0.8)
    emission = blurred(emission, float(np.exp(-UNSURE)) * (0.95 if unsure else 1.05))
    transcript = text(["ab"] * 10 + ["[MUSIC]"])
    own = [*cues(found, 10), AlignedCue(10, "[MUSIC]", status="not_spoken")]
    assert FOUND == 0.7
    assert heard_badly(emission, transcript, own) == (bad and unsure)


def test_dearer_prices_have_no_limit_for_runs_of_cues():
    usual, dear = SkipCosts(), dearer(SkipCosts())
    for name in ("between", "inside", "opening", "word", "cue"):
        assert getattr(dear, name) == DEARER * getattr(usual, name)
    assert dear.cut > 1e6 * usual.cut


@pytest.mark.parametrize("recognised", [True, False])
def test_the_second_result_is_taken_if_the_text_is_recognised(monkeypatch, recognised):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    monkeypatch.setattr(run, "heard_badly", lambda *a: True)
    monkeypatch.setattr(run, "is_recognised", lambda *a: recognised)
    made, place = [], run._placed
    monkeypatch.setattr(run, "_placed", lambda *a: made.append((a[3].skips, place(*a))) or made[-1][1])
    alignment, placement = run.place_emission(emission, transcript, MadeUpModel(), AlignOptions())
    assert [skips for skips, _ in made] == [SkipCosts(), dearer(SkipCosts())]
    assert alignment is made[1 if recognised else 0][1][0]
    assert placement is made[1 if recognised else 0][1][1]
    assert (HEARD_BADLY in alignment.warnings) == recognised
    found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(calibration=None))
    assert (HEARD_BADLY in found.warnings) == recognised


def test_where_all_words_are_spoken_nothing_is_placed_again(monkeypatch):
    emission, utterances = transcribed(3, sure=0.8)
    transcript = text([utterance.text for utterance in utterances])
    asked = []
    monkeypatch.setattr(run, "heard_badly", lambda *a: asked.append(a) or True)
    found = align_emission(emission, transcript, MadeUpModel(), AlignOptions(skips=None, calibration=None))
    assert not asked
    assert HEARD_BADLY not in found.warnings
