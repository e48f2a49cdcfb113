"""Recordings that the model hears badly: another language, an accent, a cold, heavy noise.

`SkipCosts` fit speech that the model hears well, where right text costs hardly any nats and silence in its place many.
Where the model is unsure, right text costs more and silence less, until leaving text out is cheaper than saying it and
a few chance finds are all that is left. Two signs tell this: the model is unsure of the symbols that it hears, whatever
the text; and many cues were not found. Then the text is placed again at prices at which only clear evidence speaks
against a cue. That result is taken if the model prefers the words in their order to the same words in random order,
which it does not if they are another text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctcalign.aligner.confidence.recognition import order_gain
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.decoding import BLOCK
from ctcalign.emission.emission import Emission

# FOUND was chosen and judged with one recording left out at a time, the others by hand: docs/noisy_captions.md.
UNSURE = 0.25  # nats of `uncertainty`
FOUND = 0.7  # fraction of the cues with spoken words
DEARER = 8.0  # times the usual prices
LEAST_GAIN = 0.35  # nats per symbol of `order_gain` at those prices
NO_LIMIT = 1e9  # nats

HEARD_BADLY = (
    "the model hears this recording badly (another language, an accent, noise?): captions are only left out where it "
    "clearly speaks against them; see their confidences"
)


def heard_badly(emission: Emission, transcript: Transcript, cues: Sequence[AlignedCue]) -> bool:
    """Whether the usual prices do not fit this recording.

    Args:
        emission: of the recording.
        transcript: the captions.
        cues: as placed at the usual prices.
    """
    own = [cue.status == "aligned" for cue, words in zip(cues, transcript.numbers_of_cues(), strict=True) if words]
    return sum(own) < FOUND * len(own) and uncertainty(emission) > UNSURE


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


def dearer(costs: SkipCosts) -> SkipCosts:
    """Prices for a recording that is heard badly; no limit for a run of cues, since silence costs too little there."""
    names = ("between", "inside", "opening", "word", "cue")
    return replace(costs, cut=NO_LIMIT, **{name: DEARER * getattr(costs, name) for name in names})


def is_recognised(emission: Emission, transcript: Transcript, cues: Sequence[AlignedCue], costs: SkipCosts) -> bool:
    """Whether cues that were placed at these prices have the text of the recording, as far as the model can tell."""
    gain = order_gain(emission, transcript, cues, costs, LEAST_GAIN)
    return gain is not None and gain >= LEAST_GAIN
