"""The pruned search of very long recordings finds what the exact one finds, or says that it may not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ctcalign.aligner.graph import search as searching
from ctcalign.aligner.graph.search import NEAR, near_symbols, search
from ctcalign.aligner.graph.word_graph import transcript_graph
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.words import words_of
from tests.aligner.spelled_emissions import Talk
from tests.aligner.tones import ToneModel, say

TEXT = "the quick brown fox jumps over a lazy dog and then it sleeps for an hour " * 8


@pytest.fixture(scope="module")
def made() -> tuple[Emission, object]:
    model = ToneModel()
    wave = say(TEXT)
    log_probs, _ = model(torch.from_numpy(wave)[None], torch.tensor([len(wave)]))
    emission = Emission(log_probs[0].numpy(), 0.02, 0.0, model.vocabulary, len(wave) / 16_000)
    tokeniser = Tokeniser(model.vocabulary, "en")
    return emission, transcript_graph([tokeniser.tokenise(word) for word in words_of(TEXT)], model.vocabulary)


def test_the_beam_finds_the_exact_path(made):
    emission, graph = made
    exact, _ = search(emission, graph, None)
    pruned, warnings = search(emission, graph, None, exact_cells=0)
    assert warnings == []
    assert np.array_equal(pruned.path, exact.path)
    assert np.isclose(pruned.score, exact.score)


def test_a_beam_that_is_too_narrow_is_widened_with_a_warning(made, monkeypatch):
    emission, graph = made
    exact, _ = search(emission, graph, None)
    monkeypatch.setattr(searching, "BEAMS", (0.01, 1000.0))
    path, warnings = search(emission, graph, None, exact_cells=0)
    assert path.score == pytest.approx(exact.score)
    assert path.certified or warnings or np.array_equal(path.path, exact.path)


def test_text_without_room_is_refused_by_either(made):
    emission, _ = made
    tokeniser = Tokeniser(emission.vocabulary, "en")
    long = transcript_graph([tokeniser.tokenise(word) for word in words_of(TEXT * 9)], emission.vocabulary)
    for cells in (0.0, 1e12):
        with pytest.raises(NoPathError):
            search(emission, long, None, exact_cells=cells)


def test_fillers_are_charged_near_symbols_alone():
    talk = Talk().pause(2.0)
    start, end = talk.say(talk.sentence(4))
    emission = talk.pause(2.0).emission()
    near = near_symbols(emission)
    frames = np.flatnonzero(near)
    assert frames[0] * emission.frame_shift == pytest.approx(start - NEAR, abs=0.03)
    assert (frames[-1] + 1) * emission.frame_shift == pytest.approx(end + NEAR, abs=0.15)
    assert near[frames[0] : frames[-1] + 1].all()
