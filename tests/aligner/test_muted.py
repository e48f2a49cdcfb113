"""Muted parts of a recording: the edges of everything else stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

import ctcalign
from ctcalign.alignment.alignment import Alignment
from tests.bad.files import RATE, TALK

LINES = [
    "Good evening, and welcome to the harbour museum.",
    "Tonight we hear about a lighthouse that nearly went dark.",
    "Please welcome our guest, Thomas Reed.",
    "Thank you, Anna. The tower was built in 1884.",
]
SECONDS = 20.0


@pytest.fixture(scope="module")
def model():
    return ctcalign.load_model("builtin:en")


@pytest.fixture(scope="module")
def talk() -> np.ndarray:
    return soundfile.read(TALK, stop=round(SECONDS * RATE), dtype="float32")[0]


@pytest.fixture(scope="module")
def plain(talk: np.ndarray, model) -> Alignment:
    return ctcalign.align(talk, LINES, model, sample_rate=RATE)


def edges(alignment: Alignment, *, words: bool) -> np.ndarray:
    spans = [item for cue in alignment.cues for item in (cue.words if words else [cue])]
    return np.array([(item.start, item.end) for item in spans], float)


MUTED = {
    "music": [(0.0, 4.4)],
    "music and applause": [(3.0, 4.4), (13.2, 14.0)],
    "applause": [(13.5, 16.9)],
    "three parts": [(1.0, 3.0), (13.2, 14.0), (14.5, 16.0)],
    "pauses": [(7.25, 7.6), (10.5, 10.8)],
}


@pytest.mark.parametrize("name", MUTED)
def test_edges_stay(name: str, talk: np.ndarray, plain: Alignment, model) -> None:
    samples = talk.copy()
    for start, end in MUTED[name]:
        samples[round(start * RATE) : round(end * RATE)] = 0
    found = ctcalign.align(samples, LINES, model, sample_rate=RATE)
    np.testing.assert_allclose(edges(found, words=False), edges(plain, words=False), atol=0.03)
    np.testing.assert_allclose(edges(found, words=True), edges(plain, words=True), atol=0.05)


@pytest.mark.parametrize("before", [0.0, 5.0])
def test_zeros_at_the_ends(before: float, talk: np.ndarray, plain: Alignment, model) -> None:
    padded = np.concatenate([np.zeros(round(before * RATE), np.float32), talk, np.zeros(5 * RATE, np.float32)])
    found = ctcalign.align(padded, LINES, model, sample_rate=RATE)
    np.testing.assert_allclose(edges(found, words=False) - before, edges(plain, words=False), atol=0.03)
