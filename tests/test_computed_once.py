"""The fixture of tests/computed_once.py: what is kept is what the model computes, and nobody can change it."""

from __future__ import annotations

import numpy as np

import ctcalign
from tests import computed_once
from tests.computed_once import emissions_computed_once  # noqa: F401  a fixture of all tests here


def test_the_same_input_is_computed_once_and_others_are_computed(monkeypatch):
    monkeypatch.setattr(computed_once, "_kept", {})
    model, rng = ctcalign.load_model("builtin:en", "cpu"), np.random.default_rng(0)
    audio = rng.normal(0, 0.1, (2, 1, 16_000)).astype(np.float32)
    first = model(audio[0], np.array([16_000]))[0]
    kept = len(computed_once._kept)
    assert kept > 0
    again = model(audio[0], np.array([16_000]))[0]
    assert len(computed_once._kept) == kept
    assert np.array_equal(np.asarray(first), np.asarray(again))
    np.asarray(again)[:] = 0
    assert np.array_equal(np.asarray(first), np.asarray(model(audio[0], np.array([16_000]))[0]))
    other = model(audio[1], np.array([16_000]))[0]
    assert len(computed_once._kept) > kept
    assert not np.array_equal(np.asarray(first), np.asarray(other))
