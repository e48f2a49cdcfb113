"""The evidence about every placed cue of a recording, word by word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.evidence import Evidence, WordChain, evidence
from ctcalign.aligner.placing.placement import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
Frames = tuple[int, int]
Usual = tuple[NDArray[np.int64], NDArray[np.int64]]

# Seconds beyond the edges of a cue in which something may be said that belongs to it.
AROUND = 0.8
# The words that are used most in the captions may also have been left out somewhere: so many, of so many symbols.
USUAL, LONGEST_USUAL = 24, 7


@dataclass(frozen=True)
class CueEvidence:
    """Of the words of a placed cue that the model can say. n of them; nats as in `Evidence`.

    Attributes:
        cue: its position in the alignment.
        words: numbers of the words in `Transcript.spoken`.
        heard: whether the aligner placed it. (n,)
        letters: symbols of each word. (n,)
        frames: first frame and one past the last of each word's symbols; the same twice where it was not heard. (n, 2)
        replaced, skipped: see `Evidence`; of a word that was not heard, between the heard words beside it. (n,)
        before, after: gain of anything between a word and its neighbour in the cue, 0 at the edges of the cue and
            beside words that were not heard. (n,)
        usual_after: see `Evidence.usual`; as `after`. (n,)
        lead, trail, inner_lead, inner_trail: see `Evidence`; 0 beside words that were not heard.
        limits: frames between the symbols of the neighbouring cues, at most AROUND from the cue.
    """

    cue: int
    words: list[int]
    heard: NDArray[np.bool_]
    letters: F64
    frames: NDArray[np.int64]
    replaced: F64
    skipped: F64
    before: F64
    after: F64
    usual_after: F64
    lead: float
    trail: float
    inner_lead: float
    inner_trail: float
    limits: Frames


def cue_evidence(
    emission: Emission,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    cues: Sequence[AlignedCue],
    spike_delay: float,
) -> Iterator[CueEvidence]:
    """Evidence about each aligned cue of which a word was heard, in order.

    Args:
        placed: the place of each of `text.spoken`.
        cues: all cues, as `text` has them.
    """
    runs = [None if word is None else _frames(word, emission, spike_delay) for word in placed]
    members: dict[int, list[int]] = {}
    for number, (cue, _) in enumerate(text.homes):
        if text.spoken[number].alternatives and cues[cue].status == "aligned":
            members.setdefault(cue, []).append(number)
    kept = {cue: words for cue, words in members.items() if any(runs[n] is not None for n in words)}
    order = list(kept)
    spans = [_span(runs, kept[cue]) for cue in order]
    around = round(AROUND / emission.frame_shift)
    usual = _usual(text)
    for place, cue in enumerate(order):
        words, (first, stop) = kept[cue], spans[place]
        edges = (
            _frame(cues[cue].start, first, emission, spike_delay),
            _frame(cues[cue].end, stop, emission, spike_delay, least=False),
        )
        low = max(spans[place - 1][1] if place else 0, edges[0] - around)
        high = spans[place + 1][0] if place + 1 < len(order) else len(emission.log_probs)
        high = min(high, edges[1] + around)
        low, high = max(0, min(low, first)), min(len(emission.log_probs), max(high, stop))
        yield _of_cue(emission, text, placed, runs, cue, words, (low, high), edges, usual)


def _of_cue(
    emission: Emission,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    runs: Sequence[Frames | None],
    cue: int,
    words: list[int],
    limits: Frames,
    edges: Frames,
    usual: Usual,
) -> CueEvidence:
    """The heard words in groups that lie together, then what was not heard between its neighbours."""
    n = len(words)
    labels = [spoken_labels(text, placed, number) for number in words]
    places = [runs[number] for number in words]
    heard = np.array([place is not None for place in places])
    replaced, skipped, before, after, usual_after = (np.zeros(n) for _ in range(5))
    lead = trail = (0.0, 0.0)
    frames = np.zeros((n, 2), np.int64)
    for known, group in groupby(range(n), key=lambda i: places[i] is not None):
        numbers = list(group)
        first, last = numbers[0], numbers[-1]
        low = max((place[1] for place in places[:first] if place is not None), default=limits[0])
        high = min((place[0] for place in places[last + 1 :] if place is not None), default=limits[1])
        span = slice(first, last + 1)
        if known:
            found = evidence(emission, WordChain(labels[span], places[span], (low, high), edges, usual))
            take = slice(0, len(numbers))
            before[first + 1 : last + 1] = after[first:last] = found.inserted
            usual_after[first:last] = found.usual
            lead = (found.lead, found.inner_lead) if first == 0 else lead
            trail = (found.trail, found.inner_trail) if last + 1 == n else trail
        else:
            found, take = _unheard(emission, labels, places, first, last, limits, usual)
        frames[span] = [(low, low) if place is None else place for place in places[span]]
        replaced[span], skipped[span] = found.replaced[take], found.skipped[take]
    letters = np.array([len(own) for own in labels], np.float64)
    return CueEvidence(
        cue,
        words,
        heard,
        letters,
        frames,
        replaced,
        skipped,
        before,
        after,
        usual_after,
        lead[0],
        trail[0],
        lead[1],
        trail[1],
        limits,
    )


def _unheard(
    emission: Emission,
    labels: Sequence[Sequence[int]],
    places: list[Frames | None],
    first: int,
    last: int,
    limits: Frames,
    usual: Usual,
) -> tuple[Evidence, slice]:
    """Evidence about words that were not heard together with the heard ones beside them, and where they stand in it."""
    low, high = max(0, first - 1), min(len(labels), last + 2)
    at = first - low
    left, right = places[low], places[high - 1]
    inner = (limits[0] if left is None else left[0], limits[1] if right is None else right[1])
    return evidence(emission, WordChain(labels[low:high], places[low:high], inner, inner, usual)), slice(
        at, at + last - first + 1
    )


def spoken_labels(text: Transcript, placed: Sequence[PlacedWord | None], number: int) -> tuple[int, ...]:
    """Symbols of the reading of a word that was heard, of its first one where it was not."""
    word = placed[number]
    return text.spoken[number].alternatives[0 if word is None else word.alternative]


def _usual(text: Transcript) -> Usual:
    counts = Counter(word.alternatives[0] for word in text.spoken if word.alternatives)
    short = sorted((-count, word) for word, count in counts.items() if len(word) <= LONGEST_USUAL)[:USUAL]
    symbols = [label for _, word in short for label in word]
    begins = np.cumsum([0, *(len(word) for _, word in short)])
    return np.array(symbols, np.int64), begins.astype(np.int64)


def _frames(word: PlacedWord, emission: Emission, spike_delay: float) -> Frames | None:
    if not word.tokens:
        return None
    first, stop = (
        round((time + spike_delay - emission.offset) / emission.frame_shift)
        for time in (word.tokens[0].start, word.tokens[-1].end)
    )
    first = min(max(0, first), len(emission.log_probs) - 1)
    return first, min(max(stop, first + 1), len(emission.log_probs))


def _span(runs: Sequence[Frames | None], words: list[int]) -> Frames:
    known = [place for number in words if (place := runs[number]) is not None]
    return known[0][0], known[-1][1]


def _frame(time: float | None, other: int, emission: Emission, spike_delay: float, *, least: bool = True) -> int:
    """The frame of an edge of a cue, if it lies outside of its heard words."""
    if time is None:
        return other
    frame = round((time + spike_delay - emission.offset) / emission.frame_shift)
    return min(frame, other) if least else max(frame, other)
