"""The most certain cues of an alignment as utterances: their spans, and the symbols spoken there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ctcalign.aligner.confidence.cue_evidence import spoken_labels
from ctcalign.aligner.confidence.inputs import recording_inputs
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission
from ctcalign.spans import Span

# Standard deviations by which the words of a sure cue fit better than other words in their place; see
# `ctcalign.aligner.uncertainty.evidence`. At the best place in other speech a cue reaches 2 to 3.
SURE = 4.0
# The same of a word that is trained on: a word that fits no better than the mean of others is probably not spoken, and
# anything may be in its place.
SURE_WORD = 0.0
ANYTHING = -1  # label that stands for any sounds
PAD = 0.2  # seconds of audio on either side of a cue, unless another cue is there
SHORTEST, LONGEST = 0.5, 20.0  # seconds of a cue
# One of so many cues of the captions is held out, if it is certain.
HELD_OUT = 5


@dataclass(frozen=True)
class Utterance:
    """A cue that is placed with certainty.

    Attributes:
        cue: its index in the alignment.
        span: seconds, with `PAD`.
        labels: columns of the model's symbols, without blanks.
        target: the same with ANYTHING instead of words that are uncertain or were not found.
        support: see `SURE`.
        channel: in which it is spoken; None: in all that are read.
    """

    cue: int
    span: Span
    labels: tuple[int, ...]
    target: tuple[int, ...]
    support: float
    channel: int | None = None


def sure_utterances(
    emission: Emission,
    transcript: Transcript,
    placed: Sequence[PlacedWord | None],
    cues: Sequence[AlignedCue],
    spike_delay: float,
) -> list[Utterance]:
    """The certain cues, in the order of the captions; words that were not placed are left out of their labels.

    Args:
        placed, cues: of an alignment.
        spike_delay: seconds by which the model's labels come late.
    """
    spans = [span for cue in cues if (span := cue.span) is not None]
    starts, ends = sorted(span.start for span in spans), sorted(span.end for span in spans)
    separator = emission.vocabulary.separator
    found = []
    for one in recording_inputs(emission, transcript, placed, cues, spike_delay).cues:
        letters, distances = one.evidence.letters, one.competitors[:, 1]
        support = float((letters * distances).sum() / np.sqrt((letters**2).sum()))
        cue = cues[one.evidence.cue]
        if cue.span is None or support < SURE or not SHORTEST <= cue.span.duration <= LONGEST:
            continue
        words = [spoken_labels(transcript, placed, number) for number in one.evidence.words]
        known = [placed[number] is not None for number in one.evidence.words]
        labels = joined([word for word, is_placed in zip(words, known, strict=True) if is_placed], separator)
        sure = [is_placed and distance > SURE_WORD for is_placed, distance in zip(known, distances, strict=True)]
        if any(sure):
            target = _with_anything(words, sure, separator)
            span = _padded(cue.span, starts, ends, emission.duration)
            found.append(Utterance(one.evidence.cue, span, labels, target, support, cue.channel))
    return found


def divided(sure: Sequence[Utterance]) -> tuple[list[Utterance], list[Utterance]]:
    """Training cues and held-out cues; the same ones in each pass."""
    held_out = [one for one in sure if one.cue % HELD_OUT == HELD_OUT // 2]
    return [one for one in sure if one.cue % HELD_OUT != HELD_OUT // 2], held_out


def surest(recordings: Sequence[Sequence[Utterance]], seconds: float) -> list[list[Utterance]]:
    """The cues with the most support up to a total duration, by recording in the order of the captions.

    The first one is always among them.
    """
    kept: list[list[Utterance]] = [[] for _ in recordings]
    total, first = 0.0, True
    pooled = [(number, one) for number, own in enumerate(recordings) for one in own]
    for number, one in sorted(pooled, key=lambda pair: -pair[1].support):
        total += one.span.duration
        if total > seconds and not first:
            break
        kept[number].append(one)
        first = False
    return [sorted(own, key=lambda one: one.cue) for own in kept]


def joined(words: Sequence[Sequence[int]], separator: int | None) -> tuple[int, ...]:
    """The symbols of words, with the separator between them if there is one."""
    labels: list[int] = []
    for word in words:
        if labels and separator is not None:
            labels.append(separator)
        labels.extend(word)
    return tuple(labels)


def _with_anything(words: Sequence[Sequence[int]], sure: Sequence[bool], separator: int | None) -> tuple[int, ...]:
    """The symbols of certain words, with ANYTHING in place of runs of other words and the separators beside them."""
    labels: list[int] = []
    for is_sure, group in groupby(zip(words, sure, strict=True), key=lambda pair: pair[1]):
        labels += joined([word for word, _ in group], separator) if is_sure else (ANYTHING,)
    return tuple(labels)


def _padded(span: Span, starts: Sequence[float], ends: Sequence[float], duration: float) -> Span:
    """A span with PAD around it, but not beyond the end of a cue before it or the start of one after it."""
    before, after = bisect_right(ends, span.start), bisect_left(starts, span.end)
    low = max(0.0, span.start - PAD, ends[before - 1] if before else 0.0)
    high = min(duration, span.end + PAD, starts[after] if after < len(starts) else duration)
    return Span(min(low, span.start), max(high, span.end))
