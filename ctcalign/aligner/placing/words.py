"""From the nodes that the best path went through to words with times and scores."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ctcalign.aligner.graph.verbatim import TranscriptGraph
from ctcalign.aligner.placing.boundaries import BoundaryRules, refine
from ctcalign.aligner.placing.placement import PlacedWord, Placement, Run
from ctcalign.aligner.placing.uncaptioned_speech import filler_speech
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedToken
from ctcalign.ctc import GraphPath
from ctcalign.emission.emission import Emission

# A word that lasts longer than this for its letters is placed, but marked: more likely something unwritten was said.
LONGEST_WORD = 1.2
LONGEST_LETTER = 0.25
# Symbols of one word that a pause this long divides do not belong together.
LONGEST_PAUSE = 0.45


def place_words(
    text: Transcript,
    transcript: TranscriptGraph,
    path: GraphPath,
    emission: Emission,
    spike_delay: float,
    rules: BoundaryRules | None = None,
) -> Placement:
    """Times and scores of every spoken word, in order, and the speech between them.

    The score of a word is the sum of the path's log-probabilities over the frames in which it is at one of the word's
    symbols, over the number of those frames; frames of blank between them do not count.
    """
    runs, chosen = runs_of(path, transcript, len(text.spoken))
    speech = filler_speech(path, transcript.graph.labels, emission)
    return place_runs(text, runs, chosen, speech, emission, spike_delay, rules)


def runs_of(path: GraphPath, transcript: TranscriptGraph, words: int) -> tuple[list[list[Run]], list[int]]:
    """The symbols of each word with their frames, none where it was skipped; and the reading that the path chose."""
    runs: list[list[Run]] = [[] for _ in range(words)]
    chosen = [0] * words
    for node, (first, stop) in zip(path.nodes.tolist(), path.spans, strict=True):
        place = transcript.places[node]
        if place is not None:
            runs[place.word].append((int(transcript.graph.labels[node]), first, stop))
            chosen[place.word] = place.alternative
    return runs, chosen


def place_runs(
    text: Transcript,
    runs: list[list[Run]],
    chosen: list[int],
    speech: list[tuple[int, int]],
    emission: Emission,
    spike_delay: float,
    rules: BoundaryRules | None = None,
) -> Placement:
    """The same from the symbols of each word, and the frames of speech between the words."""

    def seconds(frame: int) -> float:
        return min(max(0.0, emission.offset + frame * emission.frame_shift - spike_delay), emission.duration)

    cores = {number: _core(run, emission.frame_shift) for number, run in enumerate(runs) if run}
    # What is said between the words bounds them as they bound each other.
    frames = [(core[0][1], core[-1][2], number) for number, core in cores.items()]
    frames = sorted([*frames, *((first, stop, -1 - place) for place, (first, stop) in enumerate(speech))])
    spikes = [(seconds(first), seconds(stop)) for first, stop, _ in frames]
    times = refine(spikes, emission.energy, emission.energy_shift, emission.duration, spike_delay, rules)
    time_of = {number: time for (_, _, number), time in zip(frames, times, strict=True)}
    placed: list[PlacedWord | None] = []
    for number, run in enumerate(runs):
        if not run:
            placed.append(None)
            continue
        start, end = time_of[number]
        tokens: list[AlignedToken] = []
        total, said = 0.0, 0
        for label, first, stop in run:
            values = _log_probs(emission, label, first, stop)
            total, said = total + float(values.sum()), said + (stop - first)
            symbol = emission.vocabulary.symbols[label] if label >= 0 else "*"
            tokens.append(AlignedToken(symbol, seconds(first), seconds(stop), float(values.mean())))
        reason = _reason(text, number, start, end, run, strays=len(run) - len(cores[number]))
        placed.append(PlacedWord(start, end, total / max(1, said), chosen[number], reason, tokens))
    between = [time_of[-1 - place] for place in range(len(speech))]
    return Placement(placed, between, emission.energy, emission.energy_shift)


def _log_probs(emission: Emission, label: int, first: int, stop: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A label's log-probabilities in some frames; a wildcard's are those of the best label but blank."""
    rows = np.asarray(emission.log_probs[first:stop], np.float64)
    if label >= 0:
        return np.asarray(rows[:, label])
    return np.asarray(np.delete(rows, emission.vocabulary.blank, axis=1).max(1))


def _core(run: list[Run], frame_shift: float) -> list[Run]:
    """The symbols of a word without strays: of the groups that long pauses divide, the one with most symbols.

    In music or noise beside a word the best path sometimes leaves its first or last symbol far away from the others.
    """
    groups = [[run[0]]]
    for before, here in pairwise(run):
        if (here[1] - before[2]) * frame_shift > LONGEST_PAUSE:
            groups.append([])
        groups[-1].append(here)
    return max(groups, key=len)


def _reason(text: Transcript, number: int, start: float, end: float, run: list[Run], *, strays: int) -> str | None:
    """Why a word's place is a guess, None when it is not."""
    word = text.spoken[number]
    if not word.alternatives:
        return "bridged: the model has no symbols for it"
    if strays:
        return "found in separate pieces"
    if end - start > LONGEST_WORD + LONGEST_LETTER * len(run):
        return "longer than plausible"
    return None
