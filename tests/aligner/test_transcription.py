"""Transcription on the language of tones: what of the recognised symbols is text."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.transcription import transcribe
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.tones import RATE, SYMBOLS, ToneModel, say, silence


class SpecialTones(ToneModel):
    """Recognises special tokens where others recognise "s" and "w", and an accent instead of "x"."""

    name = "specials"
    vocabulary = Vocabulary(
        tuple({"s": "<s>", "w": "<unk>", "x": "\u0301"}.get(symbol, symbol) for symbol in SYMBOLS), separator=1
    )


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_special_tokens_are_not_written(tmp_path, decoder):
    parts = [0.4, "some words sws hexre", 1.2, "wwss", 1.2, "and", 0.4]
    samples = np.concatenate([say(part) if isinstance(part, str) else silence(part) for part in parts])
    sf.write(tmp_path / "talk.wav", samples, RATE, subtype="FLOAT")
    transcript = transcribe(tmp_path / "talk.wav", SpecialTones(), decoder=decoder, options=AlignOptions(tokens=True))
    assert [cue.text.replace(" ", "") for cue in transcript.cues] == ["omeordhére", "and"]
    assert all(word.text for cue in transcript.cues for word in cue.words)
    tokens = [token.text for cue in transcript.cues for word in cue.words for token in word.tokens]
    assert "".join(tokens) == "omeordhe\u0301reand"
