"""Talks of an imaginary speaker with their transcripts, and a model that hears them."""

from __future__ import annotations

from dataclasses import dataclass

from ctcalign.calibration.truth import Utterance
from ctcalign.emission.emission import Emission
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.spelled_emissions import VOCABULARY, Talk


@dataclass
class Hearer:
    """What the aligner asks of a model, without a network."""

    name: str = "made:up"
    vocabulary: Vocabulary = VOCABULARY
    frame_shift: float = 0.02
    sample_rate: int = 16000
    context: float | None = None
    spike_delay: float = 0.0
    language: str | None = "en"
    licence: str = "none"


def transcribed(seed: int, cues: int = 12, words: int = 6, sure: float = 0.9) -> tuple[Emission, list[Utterance]]:
    talk = Talk(seed).pause(1.0)
    texts = []
    for _ in range(cues):
        texts.append(talk.cue(talk.sentence(words)))
        talk.pause(0.8)
    pairs = zip(texts, talk.times, strict=True)
    return talk.emission(sure), [Utterance(text, start, end) for text, (start, end) in pairs]
