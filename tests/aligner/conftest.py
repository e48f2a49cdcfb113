"""A recording in the language of tones, in which all times are known."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from tests.aligner.tones import RATE, SPOKEN, say, silence


@pytest.fixture
def talk(tmp_path):
    """SPOKEN, with pauses; returns the path and the time of each sentence."""
    pieces, times, at = [silence(1.0)], [], 1.0
    for text in SPOKEN:
        piece = say(text)
        times.append((at, at + len(piece) / RATE))
        at = times[-1][1] + 1.0
        pieces += [piece, silence(1.0)]
    path = tmp_path / "talk.wav"
    sf.write(path, np.concatenate(pieces), RATE, subtype="FLOAT")
    return path, times
