"""Stretches of speech: the rules by hand, the network on a voice that this repository can make."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ctcalign.emission import voice_activity
from ctcalign.emission.voice_activity import VoiceRules, speech_stretches, stretches_of, voice_probabilities
from ctcalign.errors import ModelError, UsageError

EXACT = VoiceRules(pause=0.3, shortest=0.2, margin=0.0)


def of(text: str, rules: VoiceRules = EXACT) -> list[tuple[float, float]]:
    """Frames of 0.1 s: # is speech, - may be either, . is not."""
    values = {"#": 0.9, "-": 0.4, ".": 0.1}
    found = stretches_of(np.array([values[c] for c in text], np.float32), 0.1, len(text) * 0.1, rules)
    return [(round(a, 6), round(b, 6)) for a, b in found]


def test_stretches_by_hand():
    assert of("..####...##....") == [(0.2, 0.6), (0.9, 1.1)]
    assert of("..####..##.....") == [(0.2, 1.0)]  # too short a pause
    assert of("..##----##.....") == [(0.2, 1.0)]  # doubt ends nothing
    assert of("..----.........") == []  # and begins nothing
    assert of("..#....####....") == [(0.7, 1.1)]  # too short a sound
    assert of("..####") == [(0.2, 0.6)]
    assert of("..###.") == [(0.2, 0.5)]
    assert of("") == []


def test_margins_never_overlap():
    wide = VoiceRules(pause=0.3, shortest=0.2, margin=0.5)
    assert of(".##...##.", wide) == [(0.0, 0.45), (0.45, 0.9)]


def voiced(seconds: float, rate: int = 16_000) -> np.ndarray:
    """A buzz through two moving formants: enough of a voice for the network."""
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * rate)) / rate
    pitch = 120 + 15 * np.sin(2 * np.pi * 1.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    centre = np.stack([500 + 250 * np.sin(2 * np.pi * 2.1 * time), 1500 + 500 * np.sin(2 * np.pi * 1.3 * time)])
    sound = np.zeros_like(time)
    for harmonic in range(1, 28):
        frequency = harmonic * pitch
        gain = sum(np.exp(-(((frequency - c) / 180) ** 2)) for c in centre) + 0.02
        sound += gain * np.sin(harmonic * phase) / harmonic**0.5
    beat = 0.55 + 0.45 * np.sign(np.sin(2 * np.pi * 4 * time))
    return (0.2 * sound * beat + 1e-4 * rng.normal(size=len(time))).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return (1e-4 * np.random.default_rng(1).normal(size=round(seconds * 16_000))).astype(np.float32)


@pytest.fixture(scope="module")
def talk() -> np.ndarray:
    pytest.importorskip("silero_vad")
    return np.concatenate([quiet(3), voiced(4), quiet(5), voiced(3), quiet(2)])


def test_a_voice_is_found_and_silence_is_not(talk):
    found, seconds = speech_stretches([talk], rules=VoiceRules(pause=1.0))
    assert seconds == len(talk) / 16_000
    assert len(found) == 2
    assert np.ravel(found) == pytest.approx([3, 7, 12, 15], abs=0.3)


def test_blocks_of_any_size_give_the_same(talk):
    whole, _ = voice_probabilities([talk])
    cut = [talk[None, at : at + 7001] for at in range(0, len(talk), 7001)]
    parts, seconds = voice_probabilities(cut)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert len(whole) == -(-len(talk) // 512)
    assert seconds == len(talk) / 16_000


def test_threads_are_left_alone(talk):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        voice_probabilities([talk[:5120]])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_wrong_input_is_named(monkeypatch):
    with pytest.raises(UsageError, match="16000 or 8000 Hz, got 44100"):
        speech_stretches([np.zeros(10, np.float32)], 44_100)
    with pytest.raises(UsageError, match="one channel, got 2"):
        list(voice_activity._frames([np.zeros((2, 9), np.float32)], 4))
    with pytest.raises(UsageError, match="0 < end <= begin < 1"):
        VoiceRules(begin=0.2, end=0.5)
    monkeypatch.setattr(voice_activity, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'ctcalign\[ipfa\]'"):
        voice_probabilities([np.zeros(600, np.float32)])
