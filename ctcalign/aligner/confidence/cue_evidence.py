"""Evidence about every placed cue of a recording, word by word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.evidence import Evidence, WordChain, evidence
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]
Frames = tuple[int, int]
Words = tuple[NDArray[np.int64], NDArray[np.int64]]  # symbols of several words, and where each begins

# Seconds beyond the edges of a cue in which speech may belong to it.
AROUND = 0.8
# The most frequent short words of the captions are tried as missing words: how many, and of how many symbols at most.
FREQUENT, LONGEST_FREQUENT = 24, 7


@dataclass(frozen=True)
class CueEvidence:
    """Evidence about the n words of a placed cue that can be spelled with the model's symbols; nats as in `Evidence`.

    Attributes:
        cue: index of the cue in the alignment.
        words: numbers of the words in `Transcript.spoken`.
        placed: whether the aligner placed the word. (n,)
        letters: number of symbols of each word. (n,)
        frames: first frame and one past the last of each word's symbols; twice the same frame where it is not placed.
            (n, 2)
        replaced, skipped: see `Evidence`; for a word that is not placed, between the placed words around it. (n,)
        before, after: gain of any sound between a word and its neighbour in the cue; 0 at the edges of the cue and
            next to words that are not placed. (n,)
        frequent_after: `Evidence.frequent` between a word and the next; 0 where `after` is 0. (n,)
        lead, trail, inner_lead, inner_trail: see `Evidence`; 0 next to words that are not placed.
        limits: frames [low, high) between the symbols of the neighbouring cues, at most AROUND beyond the cue.
    """

    cue: int
    words: list[int]
    placed: NDArray[np.bool_]
    letters: F64
    frames: NDArray[np.int64]
    replaced: F64
    skipped: F64
    before: F64
    after: F64
    frequent_after: F64
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
    """Evidence about each aligned cue with at least one placed word, in order.

    Args:
        placed: place of each word of `text.spoken`, None for words that are not placed.
        cues: all cues of `text`.
        spike_delay: seconds by which the model's labels come late.
    """
    runs = [None if word is None else _frames(word, emission, spike_delay) for word in placed]
    members: dict[int, list[int]] = {}
    for number, (cue, _) in enumerate(text.homes):
        if text.spoken[number].alternatives and cues[cue].status == "aligned":
            members.setdefault(cue, []).append(number)
    kept = {cue: words for cue, words in members.items() if any(runs[n] is not None for n in words)}
    order = list(kept)
    spans = [_span(runs, kept[cue]) for cue in order]
    around = emission.clock.count(AROUND)
    frequent = _frequent_words(text)
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
        yield _of_cue(emission, text, placed, runs, cue, words, (low, high), edges, frequent)


def _of_cue(
    emission: Emission,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    runs: Sequence[Frames | None],
    cue: int,
    words: list[int],
    limits: Frames,
    edges: Frames,
    frequent: Words,
) -> CueEvidence:
    """Evidence about runs of placed words, and about the words between them that are not placed."""
    n = len(words)
    labels = [spoken_labels(text, placed, number) for number in words]
    places = [runs[number] for number in words]
    is_placed = np.array([place is not None for place in places])
    replaced, skipped, before, after, frequent_after = (np.zeros(n) for _ in range(5))
    lead = trail = (0.0, 0.0)
    frames = np.zeros((n, 2), np.int64)
    for known, group in groupby(range(n), key=lambda i: places[i] is not None):
        numbers = list(group)
        first, last = numbers[0], numbers[-1]
        low = max((place[1] for place in places[:first] if place is not None), default=limits[0])
        high = min((place[0] for place in places[last + 1 :] if place is not None), default=limits[1])
        span = slice(first, last + 1)
        if known:
            found = evidence(emission, WordChain(labels[span], places[span], (low, high), edges, frequent))
            take = slice(0, len(numbers))
            before[first + 1 : last + 1] = after[first:last] = found.inserted
            frequent_after[first:last] = found.frequent
            lead = (found.lead, found.inner_lead) if first == 0 else lead
            trail = (found.trail, found.inner_trail) if last + 1 == n else trail
        else:
            found, take = _unplaced(emission, labels, places, first, last, limits, frequent)
        frames[span] = [(low, low) if place is None else place for place in places[span]]
        replaced[span], skipped[span] = found.replaced[take], found.skipped[take]
    letters = np.array([len(own) for own in labels], np.float64)
    return CueEvidence(
        cue=cue,
        words=words,
        placed=is_placed,
        letters=letters,
        frames=frames,
        replaced=replaced,
        skipped=skipped,
        before=before,
        after=after,
        frequent_after=frequent_after,
        lead=lead[0],
        trail=trail[0],
        inner_lead=lead[1],
        inner_trail=trail[1],
        limits=limits,
    )


def _unplaced(
    emission: Emission,
    labels: Sequence[Sequence[int]],
    places: list[Frames | None],
    first: int,
    last: int,
    limits: Frames,
    frequent: Words,
) -> tuple[Evidence, slice]:
    """Evidence about words that are not placed, with the placed words around them, and their positions in it."""
    low, high = max(0, first - 1), min(len(labels), last + 2)
    at = first - low
    left, right = places[low], places[high - 1]
    inner = (limits[0] if left is None else left[0], limits[1] if right is None else right[1])
    chain = WordChain(labels[low:high], places[low:high], inner, inner, frequent)
    return evidence(emission, chain), slice(at, at + last - first + 1)


def spoken_labels(text: Transcript, placed: Sequence[PlacedWord | None], number: int) -> tuple[int, ...]:
    """Symbols of a word in the reading that was aligned; in its first reading if the word is not placed."""
    word = placed[number]
    return text.spoken[number].alternatives[0 if word is None else word.alternative]


def _frequent_words(text: Transcript) -> Words:
    counts = Counter(word.alternatives[0] for word in text.spoken if word.alternatives)
    short = sorted((-count, word) for word, count in counts.items() if len(word) <= LONGEST_FREQUENT)[:FREQUENT]
    symbols = [label for _, word in short for label in word]
    begins = np.cumsum([0, *(len(word) for _, word in short)])
    return np.array(symbols, np.int64), begins.astype(np.int64)


def _frames(word: PlacedWord, emission: Emission, spike_delay: float) -> Frames | None:
    if not word.tokens:
        return None
    first, stop = (emission.clock.frame(time + spike_delay) for time in (word.tokens[0].start, word.tokens[-1].end))
    first = min(max(0, first), len(emission.log_probs) - 1)
    return first, min(max(stop, first + 1), len(emission.log_probs))


def _span(runs: Sequence[Frames | None], words: list[int]) -> Frames:
    known = [place for number in words if (place := runs[number]) is not None]
    return known[0][0], known[-1][1]


def _frame(time: float | None, other: int, emission: Emission, spike_delay: float, *, least: bool = True) -> int:
    """Frame of an edge of a cue; that of its outermost placed word if this lies further out."""
    if time is None:
        return other
    frame = emission.clock.frame(time + spike_delay)
    return min(frame, other) if least else max(frame, other)
