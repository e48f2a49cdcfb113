"""Whether the model recognises the text in the recording at all.

Every text has a best path through any recording with any model, so placed words alone prove nothing. Therefore the
text competes with its own words in random order, which have the same letters, lengths and number of cues, under the
same costs for skipped words. A model of another language, with random weights, or a text of another recording gains
hardly anything by the right order; a model that recognises the text gains more than one nat per symbol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from ctcalign.aligner.graph.search import search
from ctcalign.aligner.graph.word_graph import SkipCosts, skipping_graph
from ctcalign.aligner.placing.cues import BY_NEIGHBOURS
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError
from ctcalign.spans import Span
from ctcalign.text.tokeniser import TokenisedWord

ORDERS = 2  # random orders of the words that are compared
STRETCH, STRETCHES = 30.0, 6  # seconds of a tested part of the recording, and largest number of parts
FEWEST_WORDS = 6  # with fewer, a random order is often nearly the right one
# Nats per symbol that the right order has to gain. Measured in docs/confidence.md: more than 0.6 where the model
# recognises the text, 30 % wrong words included; less than 0.3 in another language if all of it has to be spoken.
LEAST_GAIN = 0.5


def doubts_about_the_text(
    emission: Emission, transcript: Transcript, cues: Sequence[AlignedCue], costs: SkipCosts | None = None
) -> list[str]:
    """A warning if the model does not recognise the text in this recording; see `order_gain`."""
    gain = order_gain(emission, transcript, cues, costs)
    if gain is None or gain >= LEAST_GAIN:
        return []
    return [
        "text: the model does not recognise it in this recording; times and confidences are unreliable. Is it another "
        f"language, text or model? (words in their order score {gain:.2f} nats per symbol better than in random order; "
        f"expected at least {LEAST_GAIN})"
    ]


def order_gain(
    emission: Emission,
    transcript: Transcript,
    cues: Sequence[AlignedCue],
    costs: SkipCosts | None = None,
    enough: float = LEAST_GAIN,
) -> float | None:
    """Nats per symbol by which the text beats its words in random order.

    Stretches of the recording are tested, those with the most text first, until the gain over all of them is `enough`;
    one nearly always suffices.

    Args:
        emission: of the whole recording.
        transcript: the text.
        cues: its cues as aligned.
        costs: costs of skipped words, the same for all orders; None: the default ones.
    Returns:
        The gain over the stretches, a mean over `ORDERS` orders; None if no stretch has enough words to tell.
    """
    gain, symbols = 0.0, 0
    stretches = sorted(_stretches(transcript, cues), key=lambda stretch: -stretch.symbols)
    for stretch in stretches[:STRETCHES]:
        part = _part(emission, stretch.span)
        words = [transcript.spoken[number] for number in stretch.words]
        homes = [transcript.homes[number][0] for number in stretch.words]
        own, others, random = _score(part, words, homes, costs), [], Random(0)
        for _ in range(ORDERS):
            random.shuffle(words)
            others.append(_score(part, words, homes, costs))
        known = [score for score in others if score is not None]
        if own is None or not known:
            continue
        gain += own - float(np.mean(known))
        symbols += stretch.symbols
        if gain >= enough * symbols:
            break
    return gain / symbols if symbols else None


@dataclass(frozen=True)
class _Stretch:
    """Consecutive cues: the numbers of their words that can be spelled, their symbols, and the time they cover."""

    words: list[int]
    symbols: int
    span: Span


def _stretches(transcript: Transcript, cues: Sequence[AlignedCue]) -> list[_Stretch]:
    """Consecutive aligned cues, divided where they would be longer than STRETCH; those with enough words."""
    found: list[_Stretch] = []
    words: list[int] = []
    span: Span | None = None
    for cue, numbers in zip(cues, transcript.numbers_of_cues(), strict=True):
        own = [number for number in numbers if transcript.spoken[number].alternatives]
        if not own or cue.span is None or cue.status != "aligned" or cue.reason == BY_NEIGHBOURS:
            continue
        joined = cue.span if span is None else Span(min(span.start, cue.span.start), max(span.end, cue.span.end))
        if words and joined.duration > STRETCH:
            found += _enough(transcript, words, span)
            words, joined = [], cue.span
        words, span = [*words, *own], joined
    return found + _enough(transcript, words, span)


def _enough(transcript: Transcript, words: list[int], span: Span | None) -> list[_Stretch]:
    """The stretch of these words, unless they are too few."""
    if span is None or len({transcript.spoken[number].alternatives for number in words}) < FEWEST_WORDS:
        return []
    return [_Stretch(words, sum(transcript.letters(number) for number in words), span)]


def _part(emission: Emission, span: Span) -> Emission:
    """The frames of a span as a separate emission."""
    low, high = emission.clock.frame(span.start), emission.clock.frame(span.end)
    high = max(high, low + 1)
    return replace(emission, log_probs=emission.log_probs[low:high], _file=None)


def _score(
    emission: Emission, words: Sequence[TokenisedWord], homes: Sequence[int], costs: SkipCosts | None
) -> float | None:
    """Score of the best path; None if the words do not fit."""
    costs = costs or SkipCosts()
    graph = skipping_graph(words, homes, emission.vocabulary, costs)
    fillers = [price * emission.frame_shift for price in (costs.between, costs.inside)]
    try:
        return search(emission, graph, None, filler_penalty=fillers)[0].score
    except NoPathError:
        return None
