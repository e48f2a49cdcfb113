"""Recordings that the model hears badly: another language, an accent, a cold, heavy noise.

`SkipCosts` fit speech that the model hears well, where right text costs hardly any nats and silence in its place many.
Where the model is unsure, right text costs more and silence less, until leaving text out is cheaper than saying it and
a few chance finds are all that is left. So where the model is unsure of the symbols that it hears, whatever the text,
the text is also placed at dearer prices, and that placement is taken in which the words have the most evidence: how
much better a word explains its frames than other words of the same captions do, which no noise and no accent fools. It
is taken if the model prefers the words in their order to the same words in random order, which it does not if they are
another text.
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

# Chosen and judged with one recording left out at a time: docs/noisy_captions.md. LEAST_GAIN alone was set by hand.
UNSURE = 0.25  # nats of `uncertainty`, for models that have no limit of their own
DEARER = (3.0, 8.0, 24.0)  # times the usual prices of text
CHANCE = 3.0  # standard deviations that a cue reaches at the best place in other speech
LEAST_GAIN = 0.35  # nats per symbol of `order_gain` at the dearer prices
NO_LIMIT = 1e9  # nats

HEARD_BADLY = (
    "the model hears this recording badly (another language, an accent, noise?): captions are only left out where it "
    "clearly speaks against them; see their confidences"
)


def heard_badly(emission: Emission, model: AcousticModel) -> bool:
    """Whether the usual prices may not fit this recording."""
    return uncertainty(emission) > limit_of(model)


def limit_of(model: AcousticModel) -> float:
    """Nats of `uncertainty` above which a model hears a recording badly: sharper models are surer of what is wrong."""
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


def dearer(costs: SkipCosts, times: float) -> SkipCosts:
    """Prices at which less text is left out; those of speech without text stay.

    There is no limit for a run of cues: where silence costs too little, long runs of text would be left out at it.
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
    """How well the placed cues are supported, compared with other text in their place: the sum over the cues.

    The distance of each word to the mean of its competitors in standard deviations (`against_competitors`), combined
    over the words of a cue by their letters as independent values are (Stouffer's method), as far as it exceeds CHANCE.

    Args:
        placed, cues: of the placement.
        spike_delay: seconds by which the model's labels come late.
    """
    total = 0.0
    for cue in recording_inputs(emission, transcript, placed, cues, spike_delay).cues:
        letters, distances = cue.evidence.letters, cue.competitors[:, 1]
        total += max(0.0, float((letters * distances).sum() / np.sqrt((letters**2).sum())) - CHANCE)
    return total


def is_recognised(emission: Emission, transcript: Transcript, cues: Sequence[AlignedCue], costs: SkipCosts) -> bool:
    """Whether cues that were placed at these prices have the text of the recording, as far as the model can tell."""
    gain = order_gain(emission, transcript, cues, costs, LEAST_GAIN)
    return gain is not None and gain >= LEAST_GAIN
