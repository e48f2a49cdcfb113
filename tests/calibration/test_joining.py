"""Short clips joined to a long recording."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.calibration.joining import PAUSE, join, quiet_noise, speech_edges

RATE = 16_000


def clip(before: float, speech: float, after: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = 1e-3 * rng.standard_normal(round((before + speech + after) * RATE))
    first, stop = round(before * RATE), round((before + speech) * RATE)
    noise[first:stop] += 0.3 * rng.standard_normal(stop - first)
    return noise.astype(np.float32)


def test_speech_edges_are_found_in_noise():
    assert speech_edges(clip(0.4, 1.0, 0.6), RATE) == pytest.approx((0.4, 1.4), abs=0.03)
    assert speech_edges(np.zeros(RATE, np.float32), RATE) == (0.0, 1.0)


def test_utterances_lie_where_their_clips_are():
    clips = [clip(0.2, 0.5, 0.3, seed) for seed in range(4)]
    samples, found = join(clips, ["a", "b", "c", "d"], RATE, seed=3)
    assert [utterance.text for utterance in found] == ["a", "b", "c", "d"]
    end = 0.0
    for own, utterance in zip(clips, found, strict=True):
        start, stop = (round(time * RATE) for time in utterance.clip)
        assert np.array_equal(samples[start:stop], own)
        assert PAUSE[0] - 1e-3 <= utterance.clip[0] - end <= PAUSE[1] + 1e-3
        end = utterance.clip[1]
        assert utterance.start == pytest.approx(utterance.clip[0] + 0.2, abs=0.03)
        assert utterance.end == pytest.approx(utterance.clip[0] + 0.7, abs=0.03)
    assert np.array_equal(samples, join(clips, ["a", "b", "c", "d"], RATE, seed=3)[0])


def test_pauses_sound_like_the_quiet_parts_of_the_clip():
    noise = quiet_noise(clip(0.5, 1.0, 0.5), 2 * RATE, RATE, np.random.default_rng(0))
    assert len(noise) == 2 * RATE
    assert noise.std() == pytest.approx(1e-3, rel=0.15)
