"""Talks to search in: written as tones, or as letters of an imaginary speaker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

from ctcalign.search.confidence import PhraseCalibration
from ctcalign.search.hits import PhraseHits
from ctcalign.search.run import SearchOptions, search_phrases
from tests.aligner.spelled_emissions import VOCABULARY
from tests.aligner.tones import RATE, ToneModel, say, silence

SURE = PhraseCalibration("tones", 4.0, {"score": 10.0})  # tones are recognised exactly or not at all


def write_talk(folder: Path, *parts: str | float) -> tuple[Path, list[tuple[float, float]]]:
    """Write texts as tones and seconds of silence; gives the file and the times of each text."""
    pieces, times, at = [], [], 0
    for part in parts:
        piece = say(part) if isinstance(part, str) else silence(part)
        if isinstance(part, str):
            times.append((at / RATE, (at + len(piece)) / RATE))
        pieces.append(piece)
        at += len(piece)
    sf.write(folder / "talk.wav", np.concatenate(pieces), RATE, subtype="FLOAT")
    return folder / "talk.wav", times


def search(path: Path, phrases: list[str], **options) -> PhraseHits:
    """Search a talk of tones."""
    return search_phrases(path, phrases, ToneModel(), options=SearchOptions(**options), calibration=SURE)


def letters_model() -> ToneModel:
    """A model with the vocabulary of the imaginary speaker."""
    model = ToneModel()
    model.name, model.vocabulary = "letters", VOCABULARY
    return model
