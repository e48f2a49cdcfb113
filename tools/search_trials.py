"""Trials of a search: phrases that occur in a recording and phrases that do not, and which hits are right.

Shared by tools/fit_search.py (the calibration) and tools/measure_search.py (the table of docs/search.md).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.emission.emission import Emission
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.evidence import Evidence
from ctcalign.search.phrases import Phrase, prepared
from ctcalign.search.run import looked_at, spots_of
from ctcalign.text.tokeniser import Tokeniser

CLASSES = {"1 word": (1,), "2 words": (2,), "3 to 5 words": (3, 4, 5)}
WITHIN = 0.5  # seconds that both ends of a right hit may be off

Span = tuple[float, float]


@dataclass(frozen=True)
class SpokenWord:
    """A word as it is said, lower case, and where. Phrases do not reach beyond their utterance."""

    text: str
    start: float
    end: float
    utterance: int


@dataclass
class Recording:
    """A recording of which every word is known."""

    name: str
    emission: Emission
    words: list[SpokenWord]


@dataclass(frozen=True)
class Candidate:
    """A place that the search looked at; `truth` is the occurrence that it found, if any."""

    recording: str
    kind: str
    phrase: str
    seen: Evidence
    truth: Span | None


def occurrences(words: Sequence[SpokenWord], phrase: str) -> list[Span]:
    """Where the words of a phrase follow each other in one utterance."""
    parts = phrase.split()
    found = []
    for first in range(len(words) - len(parts) + 1):
        here = words[first : first + len(parts)]
        if here[0].utterance == here[-1].utterance and [word.text for word in here] == parts:
            found.append((here[0].start, here[-1].end))
    return found


def drawn(words: Sequence[SpokenWord], lengths: Sequence[int], count: int, rng: random.Random) -> list[str]:
    """Different phrases out of a text, up to `count`."""
    runs = {
        " ".join(word.text for word in words[first : first + length])
        for length in lengths
        for first in range(len(words) - length + 1)
        if words[first].utterance == words[first + length - 1].utterance
    }
    return rng.sample(sorted(runs), min(count, len(runs)))


def trial_phrases(
    recording: Recording, others: Sequence[Recording], count: int, rng: random.Random
) -> dict[str, tuple[list[str], list[str]]]:
    """For each class of lengths, phrases that occur in a recording and as many that do not.

    Those are phrases of other recordings and, every second one of several words, phrases of this one in which a word is
    exchanged for another.
    """
    foreign = [word for other in others for word in other.words]
    found = {}
    for kind, lengths in CLASSES.items():
        there = drawn(recording.words, lengths, count, rng)
        # Utterances of different recordings have the same numbers, but not the same text: a few phrases are nonsense.
        pool = drawn(foreign, lengths, 20 * count, rng)
        if max(lengths) > 1:
            near = [
                exchanged(text, rng.choice(foreign).text, rng) for text in drawn(recording.words, lengths, count, rng)
            ]
            pool = [text for pair in zip(pool, near, strict=False) for text in pair]
        absent = dict.fromkeys(text for text in pool if not occurrences(recording.words, text))
        found[kind] = (there, list(absent)[: len(there)])
    return found


def exchanged(phrase: str, word: str, rng: random.Random) -> str:
    """The phrase with another word in one of its places."""
    parts = phrase.split()
    parts[rng.randrange(len(parts))] = word
    return " ".join(parts)


def candidates(
    recording: Recording, phrases: dict[str, list[str]], model: AcousticModel, language: str = "en"
) -> Iterator[Candidate]:
    """Every place that a search for the phrases of each class looks at."""
    tokeniser = Tokeniser(model.vocabulary, language)
    for kind, texts in phrases.items():
        ready = prepared(texts, tokeniser, language, model.frame_shift, model.name)
        for phrase, spots in zip(ready, spots_of(recording.emission, ready), strict=True):
            found = sorted(looked_at(phrase, spots, recording.emission), key=lambda seen: -seen.score)
            spans = [times(seen, recording.emission, model) for seen in found]
            for seen, truth in zip(found, matched(spans, recording, phrase), strict=True):
                yield Candidate(recording.name, kind, phrase.text, seen, truth)


def times(seen: Evidence, emission: Emission, model: AcousticModel) -> Span:
    """First and last spike in seconds: near enough to tell which occurrence it is."""
    first, stop = min(run[0][1] for run in seen.runs), max(run[-1][2] for run in seen.runs)
    shift = emission.frame_shift
    return emission.offset + first * shift - model.spike_delay, emission.offset + stop * shift - model.spike_delay


def matched(spans: Sequence[Span], recording: Recording, phrase: Phrase) -> list[Span | None]:
    """For each place, best first, the occurrence that it finds, None for a false alarm; each is found once."""
    left = occurrences(recording.words, phrase.text)
    found: list[Span | None] = []
    for start, end in spans:
        near = [
            truth
            for truth in left
            if truth[0] < end and start < truth[1] and abs(start - truth[0]) <= WITHIN and abs(end - truth[1]) <= WITHIN
        ]
        best = min(near, key=lambda truth: abs(start - truth[0]) + abs(end - truth[1]), default=None)
        if best is not None:
            left.remove(best)
        found.append(best)
    return found


Phrases = dict[str, dict[str, tuple[list[str], list[str]]]]  # recording, class: phrases that occur, that do not


def measured(
    judged: Sequence[tuple[Candidate, float]], recordings: Sequence[Recording], phrases: Phrases, threshold: float = 0.5
) -> list[str]:
    """A table in Markdown, a row a class: precision and recall of the hits at a threshold, and AUC.

    AUC is of phrases in recordings: the chance that the best hit of a phrase that occurs is surer than that of one that
    does not; without a candidate the confidence is 0.
    """
    lines = [
        f"| | occurrences | hits at {threshold:g} | precision | recall | AUC | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in CLASSES:
        here = [(c, sure) for c, sure in judged if c.kind == kind]
        total = sum(
            len(occurrences(recording.words, text))
            for recording in recordings
            for text in phrases[recording.name][kind][0]
        )
        hits = [c for c, sure in here if sure >= threshold]
        right = sum(c.truth is not None for c in hits)
        best: dict[tuple[str, str], float] = {}
        for c, sure in here:
            best[c.recording, c.phrase] = max(sure, best.get((c.recording, c.phrase), 0.0))
        inside, outside = (
            [best.get((name, text), 0.0) for name, classes in phrases.items() for text in classes[kind][side]]
            for side in (0, 1)
        )
        lines.append(
            f"| {kind} | {total} | {len(hits)} | {right / max(1, len(hits)):.3f} | {right / max(1, total):.3f} "
            f"| {auc(inside, outside):.3f} | {calibration_error(here):.3f} |"
        )
    return lines


def auc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Share of pairs in which the first is larger, ties half."""
    pairs = np.subtract.outer(np.asarray(inside), np.asarray(outside))
    return float(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def calibration_error(judged: Sequence[tuple[Candidate, float]], least: float = 0.05, bins: int = 10) -> float:
    """ECE of the candidates that a user may see, those from `least` on: most others are plainly wrong."""
    seen = [(sure, float(c.truth is not None)) for c, sure in judged if sure >= least]
    if not seen:
        return 0.0
    table = np.array(seen)
    places = np.minimum((table[:, 0] * bins).astype(int), bins - 1)
    parts = [table[places == place] for place in range(bins)]
    return float(
        sum(abs(part[:, 0].mean() - part[:, 1].mean()) * len(part) for part in parts if len(part)) / len(table)
    )
