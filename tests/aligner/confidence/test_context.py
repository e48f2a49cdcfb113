"""Surroundings of cues, from energies that are made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.confidence.context import FAR, surroundings
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission
from ctcalign.text.vocabulary import Vocabulary


def emission_with_sound(*sounds: tuple[float, float], duration: float = 20.0) -> Emission:
    energy = np.full(round(duration / 0.01), -20.0, np.float32)
    for start, end in sounds:
        energy[round(start / 0.01) : round(end / 0.01)] = -3.0
    return Emission(np.zeros((1, 2), np.float32), 0.02, 0.0, Vocabulary(("-", "a")), duration, energy)


def cue(index, text, start=None, end=None):
    return AlignedCue(index, text, start, end, status="not_spoken" if start is None else "aligned")


def test_pauses_reach_to_the_neighbouring_placed_cues():
    cues = [cue(0, "a", 5.0, 6.0), cue(1, "not placed"), cue(2, "b", 6.5, 8.0), cue(3, "c", 19.0, 19.5)]
    first, none, second, third = surroundings(emission_with_sound(), cues)
    assert none is None
    assert (first.pause_before, first.pause_after) == (FAR, pytest.approx(0.5))
    assert (second.pause_before, second.pause_after) == (pytest.approx(0.5), FAR)
    assert third.pause_after == pytest.approx(0.5)  # to the end of the recording


def test_sound_is_measured_within_a_second_and_up_to_the_neighbours():
    emission = emission_with_sound((4.0, 4.8), (6.0, 6.3), (10.0, 11.0), (12.0, 15.0))
    one, two = surroundings(emission, [cue(0, "a", 5.0, 6.0), cue(1, "b", 6.2, 12.0)])
    assert one.sound_before == pytest.approx(0.8, abs=0.03)
    assert one.sound_after == pytest.approx(0.2, abs=0.03)
    assert two.sound_before == pytest.approx(0.2, abs=0.03)
    assert two.sound_after == pytest.approx(1.0, abs=0.03)


def test_twins_are_found_nearby_whatever_their_spaces_and_case():
    texts = ["Well done", "a", "b", "c", "d", "well  DONE", "e", "f", "g", "h", "i", "well done"]
    found = surroundings(emission_with_sound(), [cue(n, text, n, n + 0.5) for n, text in enumerate(texts)])
    assert [place for place, near in enumerate(found) if near.twin] == []
    found = surroundings(emission_with_sound(), [cue(n, text, n, n + 0.5) for n, text in enumerate(texts[1:])])
    assert [place for place, near in enumerate(found) if near.twin] == []
    texts[4] = "well done"
    found = surroundings(emission_with_sound(), [cue(n, text, n, n + 0.5) for n, text in enumerate(texts)])
    assert [place for place, near in enumerate(found) if near.twin] == [0, 4, 5]
