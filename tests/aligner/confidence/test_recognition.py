"""An alarm when the model does not recognise the text in the recording."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import ctcalign
from ctcalign.aligner.confidence.recognition import LEAST_GAIN, order_gain
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.cues import NOT_FOUND
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.models.builtin.checkpoint import load_checkpoint
from ctcalign.models.builtin.model import FOLDER
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.calibration.made_up import MadeUpModel, transcribed

TALK = Path(__file__).parents[3] / "egs" / "demo" / "talk"
ALARM = "text: the model does not recognise it"
FRENCH = [
    "De chaque côté Marie joint les mains",
    "et la servante tient un vase rempli de fleurs.",
    "Nous voulons aussi remercier les personnes",
    "qui ont préparé ce repas pendant toute la journée.",
    "Le vieux château se trouve derrière la colline",
    "et personne ne sait pourquoi il fut abandonné.",
]


def alarms(alignment) -> list[str]:
    return [warning for warning in alignment.warnings if warning.startswith(ALARM)]


@pytest.fixture(scope="module")
def model():
    return ctcalign.load_model("builtin:en")


def test_captions_of_the_recording_raise_no_alarm(model):
    assert not alarms(ctcalign.align(TALK.with_suffix(".ogg"), TALK.with_suffix(".srt"), model))


def test_a_text_of_another_language_raises_the_alarm_and_no_confidence_is_high(model):
    found = ctcalign.align(TALK.with_suffix(".ogg"), FRENCH, model, options=AlignOptions(skips=None))
    assert len(alarms(found)) == 1
    assert max(cue.confidence for cue in found.cues) < 0.5


def test_a_model_with_random_weights_raises_the_alarm():
    torch.manual_seed(3)
    untrained = load_checkpoint(FOLDER / "en" / "model.safetensors", "untrained")
    for module in untrained.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    found = ctcalign.align(
        TALK.with_suffix(".ogg"), TALK.with_suffix(".srt"), untrained, options=AlignOptions(skips=None)
    )
    assert not any(cue.reason == NOT_FOUND for cue in found.cues)  # as if nothing were wrong
    assert len(alarms(found)) == 1


@pytest.mark.parametrize("right", [True, False])
def test_the_gain_tells_the_text_from_its_letters_backwards(right):
    emission, utterances = transcribed(3, sure=0.8)
    lines = [utterance.text if right else utterance.text[::-1] for utterance in utterances]
    text = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    found, _ = place_emission(emission, text, MadeUpModel(), AlignOptions(skips=None))
    gain = order_gain(emission, text, found.cues)
    assert gain is not None
    assert (gain > LEAST_GAIN) == right


def test_a_few_words_are_not_judged():
    emission, utterances = transcribed(3, sure=0.8)
    text = transcript_of([Cue(0, utterances[0].text.split()[0])], Tokeniser(VOCABULARY, "en"), "en")
    found, _ = place_emission(emission, text, MadeUpModel(), AlignOptions(skips=None))
    assert order_gain(emission, text, found.cues) is None
