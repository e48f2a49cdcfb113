"""Trial searches for phrases that occur in a recording and phrases that do not: all candidates with ground truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ctcalign.emission.emission import Emission
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.evidence import PhraseEvidence
from ctcalign.search.phrases import prepare_phrases
from ctcalign.search.recordings import Recording, SpokenWord
from ctcalign.search.run import evidence_at, spots_of
from ctcalign.spans import Span
from ctcalign.text.tokeniser import Tokeniser

CLASSES = {"1 word": (1,), "2 words": (2,), "3 to 5 words": (3, 4, 5)}
WITHIN = 0.5  # tolerance of both ends of a right hit in seconds
DRAWN = 20  # phrases of other recordings drawn per phrase needed, since many of them also occur in this recording


@dataclass(frozen=True)
class TrialPhrases:
    """Phrases of one class: some that occur in a recording, and about as many that do not."""

    present: list[str]
    absent: list[str]


@dataclass(frozen=True)
class Candidate:
    """A candidate position of a phrase.

    Attributes:
        recording, kind, phrase: the recording that was searched, the class of the phrase, and the phrase.
        truth: the occurrence at this position; None for a false alarm.
    """

    recording: str
    kind: str
    phrase: str
    evidence: PhraseEvidence
    truth: Span | None


@dataclass(frozen=True)
class Trial:
    """The searches in one recording: phrases by class, and all candidates."""

    recording: Recording
    phrases: dict[str, TrialPhrases]
    candidates: list[Candidate]


def run_trials(
    recordings: Sequence[Recording],
    model: AcousticModel,
    count: int,
    seed: int,
    done: Callable[[Trial], None] = lambda trial: None,
) -> list[Trial]:
    """Search each recording for phrases that occur in it and for phrases that do not.

    Args:
        count: phrases of a class and recording that occur, and as many that do not.
        seed: of the choice of phrases.
        done: called after each recording.
    """
    rng = random.Random(seed)
    trials = []
    for recording in recordings:
        phrases = trial_phrases(recording, [other for other in recordings if other is not recording], count, rng)
        trials.append(Trial(recording, phrases, list(candidates(recording, phrases, model))))
        done(trials[-1])
    return trials


def trial_phrases(
    recording: Recording, others: Sequence[Recording], count: int, rng: random.Random
) -> dict[str, TrialPhrases]:
    """For each class, phrases that occur in a recording and as many that do not.

    The latter are phrases of other recordings; every second one of several words is a phrase of this recording in which
    one word is replaced.
    """
    foreign = [word for other in others for word in other.words]
    found = {}
    for kind, lengths in CLASSES.items():
        present = draw_phrases(recording.words, lengths, count, rng)
        # Utterances of different recordings may have the same number, so a few phrases cross two recordings.
        pool = draw_phrases(foreign, lengths, DRAWN * count, rng)
        if max(lengths) > 1:
            near = [
                with_word_replaced(text, rng.choice(foreign).text, rng)
                for text in draw_phrases(recording.words, lengths, count, rng)
            ]
            pool = [text for pair in zip(pool, near, strict=False) for text in pair]
        absent = dict.fromkeys(text for text in pool if not recording.occurrences(text))
        found[kind] = TrialPhrases(present, list(absent)[: len(present)])
    return found


def draw_phrases(words: Sequence[SpokenWord], lengths: Sequence[int], count: int, rng: random.Random) -> list[str]:
    """Up to `count` different phrases of given lengths in words."""
    runs = {
        " ".join(word.text for word in words[first : first + length])
        for length in lengths
        for first in range(len(words) - length + 1)
        if words[first].utterance == words[first + length - 1].utterance
    }
    return rng.sample(sorted(runs), min(count, len(runs)))


def with_word_replaced(phrase: str, word: str, rng: random.Random) -> str:
    """The phrase with another word at a random position."""
    parts = phrase.split()
    parts[rng.randrange(len(parts))] = word
    return " ".join(parts)


def candidates(
    recording: Recording, phrases: dict[str, TrialPhrases], model: AcousticModel, language: str = "en"
) -> Iterator[Candidate]:
    """Every candidate of a search for the phrases of each class."""
    tokeniser = Tokeniser(model.vocabulary, language)
    for kind, texts in phrases.items():
        ready = prepare_phrases([*texts.present, *texts.absent], tokeniser, language, model.frame_shift, model.name)
        for phrase, spots in zip(ready, spots_of(recording.emission, ready), strict=True):
            found = sorted(evidence_at(phrase, spots, recording.emission), key=lambda own: -own.score)
            spans = [_span(own, recording.emission, model) for own in found]
            for own, truth in zip(found, matched(spans, recording.occurrences(phrase.text)), strict=True):
                yield Candidate(recording.name, kind, phrase.text, own, truth)


def _span(found: PhraseEvidence, emission: Emission, model: AcousticModel) -> Span:
    """First and last spike in seconds: accurate enough to distinguish the occurrences."""
    first, stop = min(run[0][1] for run in found.runs), max(run[-1][2] for run in found.runs)
    start, end = emission.clock.span(first, stop)
    return Span(start - model.spike_delay, end - model.spike_delay)


def matched(spans: Sequence[tuple[float, float]], occurrences: Sequence[Span]) -> list[Span | None]:
    """The occurrence at each span, None for a false alarm; the spans are ordered, and each occurrence is used once."""
    left = list(occurrences)
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
