"""Times and scores of words from the nodes of the best path."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ctcalign.aligner.graph.word_graph import SkipCosts, TranscriptGraph
from ctcalign.aligner.placing.boundaries import BoundaryRules, refine
from ctcalign.aligner.placing.uncaptioned_speech import filler_speech
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedToken
from ctcalign.ctc import GraphPath
from ctcalign.emission.emission import Emission
from ctcalign.spans import Span

# A word that is longer than LONGEST_WORD and LONGEST_LETTER for each of its symbols keeps its place but gets a reason:
# probably something that is not in the text was spoken there. Seconds.
LONGEST_WORD = 1.2
LONGEST_LETTER = 0.25
# Seconds of the longest pause between symbols of one word; its times do not include symbols beyond it.
LONGEST_PAUSE = 0.45

Run = tuple[int, int, int]
"""Label, first frame, one past the last frame."""


@dataclass(slots=True)
class PlacedWord:
    """The place of a spoken word.

    Attributes:
        start, end: seconds.
        score: mean log-probability of its symbols over their frames, in nats.
        alternative: the reading that was spoken, as index into `TokenisedWord.alternatives`.
        reason: why the place is uncertain, None if it is not.
        tokens: its symbols with their times.
    """

    start: float
    end: float
    score: float
    alternative: int
    reason: str | None = None
    tokens: list[AlignedToken] = field(default_factory=list)


@dataclass(frozen=True)
class CueOverride:
    """Values that a method sets for a whole cue instead of those derived from its words; None: not set.

    Attributes:
        reason: why the place is uncertain.
        span: start and end in seconds.
        score: in nats.
    """

    reason: str | None = None
    span: Span | None = None
    score: float | None = None


@dataclass
class Placement:
    """Result of a method of `align`.

    Attributes:
        words: the place of each spoken word, None if it was not found.
        speech: (start, end) in seconds of the speech that no word covers, in order.
        warnings: of the method.
        overrides: of cues, by position.
        costs: skip costs, if they are not those of the options; see `ctcalign.aligner.uncertainty`.
    """

    words: list[PlacedWord | None]
    speech: list[tuple[float, float]]
    warnings: list[str] = field(default_factory=list)
    overrides: dict[int, CueOverride] = field(default_factory=dict)
    costs: SkipCosts | None = None


def place_words(
    transcript: Transcript,
    graph: TranscriptGraph,
    path: GraphPath,
    emission: Emission,
    spike_delay: float,
    rules: BoundaryRules | None = None,
) -> Placement:
    """Times and scores of every spoken word on the path, and the speech between the words.

    The score of a word is the sum of the path's log-probabilities over the frames of the word's symbols, divided by the
    number of those frames; frames of blank between the symbols do not count.

    Args:
        transcript: the words.
        graph: built from the words.
        path: best path of the graph.
        emission: of the recording.
        spike_delay: seconds by which the model's symbols come after their sounds.
        rules: of word boundaries.
    """
    runs, chosen = runs_of(path, graph, len(transcript.spoken))
    speech = filler_speech(path, graph.graph.labels, emission)
    return place_runs(transcript, runs, chosen, speech, emission, spike_delay, rules)


def runs_of(path: GraphPath, graph: TranscriptGraph, words: int) -> tuple[list[list[Run]], list[int]]:
    """The symbols of each word with their frames, empty if it was skipped; and the reading that the path chose."""
    runs: list[list[Run]] = [[] for _ in range(words)]
    chosen = [0] * words
    for node, (first, stop) in zip(path.nodes.tolist(), path.spans, strict=True):
        place = graph.places[node]
        if place is not None:
            runs[place.word].append((int(graph.graph.labels[node]), first, stop))
            chosen[place.word] = place.alternative
    return runs, chosen


def place_runs(
    transcript: Transcript,
    runs: list[list[Run]],
    chosen: list[int],
    speech: list[tuple[int, int]],
    emission: Emission,
    spike_delay: float,
    rules: BoundaryRules | None = None,
) -> Placement:
    """`place_words` given the runs of each word, its reading, and frames [first, stop) of speech between the words."""

    clock = emission.clock

    def seconds(frame: int) -> float:
        return min(max(0.0, clock.seconds(frame) - spike_delay), emission.duration)

    cores = {number: _core(run, emission.frame_shift) for number, run in enumerate(runs) if run}
    # Speech between the words limits them as words limit each other.
    frames = [(core[0][1], core[-1][2], number) for number, core in cores.items()]
    frames = sorted([*frames, *((first, stop, -1 - place) for place, (first, stop) in enumerate(speech))])
    spikes = [(seconds(first), seconds(stop)) for first, stop, _ in frames]
    times = refine(spikes, emission.energy, emission.energy_shift, emission.duration, spike_delay, rules)
    time_of = {number: time for (_, _, number), time in zip(frames, times, strict=True)}
    sums = iter(_sums(emission, [one for run in runs for one in run]))
    placed: list[PlacedWord | None] = []
    for number, run in enumerate(runs):
        if not run:
            placed.append(None)
            continue
        start, end = time_of[number]
        tokens: list[AlignedToken] = []
        total, count = 0.0, 0
        for label, first, stop in run:
            summed = next(sums)
            total, count = total + summed, count + (stop - first)
            symbol = emission.vocabulary.symbols[label] if label >= 0 else "*"
            tokens.append(AlignedToken(symbol, seconds(first), seconds(stop), summed / (stop - first)))
        reason = _reason(transcript, number, end - start, len(run), strays=len(run) - len(cores[number]))
        placed.append(PlacedWord(start, end, total / max(1, count), chosen[number], reason, tokens))
    between = [time_of[-1 - place] for place in range(len(speech))]
    return Placement(placed, between)


def _sums(emission: Emission, runs: list[Run]) -> list[float]:
    """Sums of the log-probabilities of each run; for a wildcard those of the best label except blank."""
    if not runs:
        return []
    labels, first, stop = np.array(runs, np.int64).T
    counts = stop - first
    begins = np.cumsum(counts) - counts
    frames = np.arange(counts.sum()) + np.repeat(first - begins, counts)
    values = emission.log_probs[frames, np.repeat(np.maximum(labels, 0), counts)].astype(np.float64)
    for i in np.flatnonzero(labels < 0):
        rows = np.delete(emission.log_probs[first[i] : stop[i]], emission.vocabulary.blank, axis=1)
        values[begins[i] : begins[i] + counts[i]] = rows.max(1)
    found: list[float] = np.add.reduceat(values, begins).tolist()
    return found


def _core(run: list[Run], frame_shift: float) -> list[Run]:
    """The symbols of a word without strays: of the groups between long pauses, the one with most symbols.

    In music or noise next to a word, the best path sometimes places its first or last symbol far from the others.
    """
    groups = [[run[0]]]
    for before, here in pairwise(run):
        if (here[1] - before[2]) * frame_shift > LONGEST_PAUSE:
            groups.append([])
        groups[-1].append(here)
    return max(groups, key=len)


def _reason(transcript: Transcript, number: int, duration: float, symbols: int, *, strays: int) -> str | None:
    """Why the place of a word is uncertain, None if it is not."""
    if not transcript.spoken[number].alternatives:
        return "bridged: the model has no symbols for it"
    if strays:
        return "found in separate pieces"
    if duration > LONGEST_WORD + LONGEST_LETTER * symbols:
        return "longer than plausible"
    return None
