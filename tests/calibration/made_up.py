"""Talks of imaginary speakers with transcripts, a model that recognises them, and a calibration fitted on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.calibration.fit import fit
from ctcalign.calibration.trials import Example, trials
from ctcalign.calibration.truth import Utterance
from ctcalign.emission.emission import Emission
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.spelled_emissions import VOCABULARY, Talk


@dataclass
class MadeUpModel:
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


@cache
def made_up_examples() -> list[Example]:
    """Examples of three speakers, two of them with noise."""
    out: list[Example] = []
    for seed, sure in ((1, 0.9), (2, 0.6), (3, 0.8)):
        emission, utterances = transcribed(seed, sure=sure)
        out += trials(emission, utterances, f"speaker {seed}", MadeUpModel(), "en", seeds=(1,))
    return out


@cache
def made_up_calibration() -> Calibration:
    """A fit on speakers 1 and 2."""
    return fit([example for example in made_up_examples() if example.group != "speaker 3"], "made:up", {"sha256": "x"})
