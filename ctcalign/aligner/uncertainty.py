"""Recordings that the model recognises poorly: another language, an accent, a cold, heavy noise.

The default `SkipCosts` suit speech that the model recognises well: correct text then costs hardly any nats, and silence
in its place costs many. If the model is uncertain, correct text costs more and silence less. Skipping the text then
becomes cheaper than aligning it, and only a few chance matches are left.

Therefore, if the model is uncertain about the symbols of its greedy path, whatever the text, the text is also aligned
with raised skip costs. The alignment in which the words have the most evidence is used. Evidence is how much better a
word explains its frames than other words of the same captions do; it is robust to noise and accents. The alignment with
raised costs is used only if the model prefers the words in their order to the same words in random order, which is not
the case for the text of another recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctcalign.aligner.confidence.inputs import recording_inputs
from ctcalign.aligner.confidence.recognition import order_gain
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.decoding import BLOCK
from ctcalign.emission.emission import Emission
from ctcalign.models.protocol import AcousticModel

# Chosen and evaluated with one recording left out at a time: docs/noisy_captions.md. Only LEAST_GAIN was set by hand.
UNSURE = 0.25  # nats of `uncertainty`, for models that have no limit of their own
COST_FACTORS = (3.0, 8.0, 24.0)  # factors of the default costs of skipped text
CHANCE = 3.0  # standard deviations that a cue reaches at its best place in unrelated speech
LEAST_GAIN = 0.35  # nats per symbol of `order_gain` at the raised costs
NO_LIMIT = 1e9  # nats

RECOGNISED_POORLY = (
    "the model recognises this recording poorly (another language, an accent, noise?): captions are only skipped on "
    "clear evidence; check their confidences"
)


def recognised_poorly(emission: Emission, model: AcousticModel) -> bool:
    """Whether the model is too uncertain about this recording for the default skip costs."""
    return uncertainty(emission) > limit_of(model)


def limit_of(model: AcousticModel) -> float:
    """Limit of `uncertainty` of a model, in nats; models with sharper posteriors have a lower one."""
    limit: float | None = getattr(model, "unsure", None)
    return UNSURE if limit is None else limit


def uncertainty(emission: Emission) -> float:
    """Mean of -log p of the best label over the frames in which it is a symbol, in nats; 0 without any."""
    decoding = emission.decoding
    frames, total = decoding.symbol_frames, 0.0
    for first in range(0, len(decoding.path), BLOCK):
        low, high = np.searchsorted(frames, [first, first + BLOCK])
        rows = frames[low:high]
        block = np.asarray(emission.log_probs[first : first + BLOCK])
        total -= float(block[rows - first, decoding.path[rows]].sum(dtype=np.float64))
    return total / len(frames) if len(frames) else 0.0


def raised(costs: SkipCosts, times: float) -> SkipCosts:
    """Costs in which those of skipped text are multiplied by `times`, so that less text is skipped; filler costs stay.

    The cost of a run of cues has no cap: if silence costs too little, long runs of text would be skipped at that cap.
    """
    text = ("opening", "word", "cue")
    return replace(costs, cut=NO_LIMIT, **{name: times * getattr(costs, name) for name in text})


def evidence(
    emission: Emission,
    transcript: Transcript,
    placed: Sequence[PlacedWord | None],
    cues: Sequence[AlignedCue],
    spike_delay: float,
) -> float:
    """Evidence for the placed cues, compared with other text in their place, summed over the cues.

    The evidence of a cue combines the distances of its words to the means of their competitors, in standard deviations
    (`against_competitors`), weighted by their letters as for independent values (Stouffer's method). Only the part
    above CHANCE counts.

    Args:
        placed, cues: parts of the placement.
        spike_delay: seconds by which the model's labels come late.
    """
    total = 0.0
    for cue in recording_inputs(emission, transcript, placed, cues, spike_delay).cues:
        letters, distances = cue.evidence.letters, cue.competitors[:, 1]
        total += max(0.0, float((letters * distances).sum() / np.sqrt((letters**2).sum())) - CHANCE)
    return total


def is_recognised(emission: Emission, transcript: Transcript, cues: Sequence[AlignedCue], costs: SkipCosts) -> bool:
    """Whether the model recognises the text of cues that were placed with these costs."""
    gain = order_gain(emission, transcript, cues, costs, LEAST_GAIN)
    return gain is not None and gain >= LEAST_GAIN
