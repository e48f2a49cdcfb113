"""Hits of a search with their times, also as an `Alignment` for every output format."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ctcalign.aligner.placing.words import place_runs
from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.emission.emission import Emission
from ctcalign.search.evidence import PhraseEvidence
from ctcalign.search.phrases import Phrase

SCHEMA = "ctcalign/search/1"
ENERGY_REACH = 10.0  # seconds on either side of a hit from which noise floor and loudness are estimated


@dataclass
class PhraseHits:
    """The hits in a recording.

    Attributes:
        audio, duration, model, language, warnings: as in an `Alignment`.
        phrases: the phrases as given by the user.
        hits: the hits of each phrase in order of time: cues with words, `confidence` and a `score` in nats per symbol,
            at most 0; see docs/search.md.
    """

    audio: str
    duration: float
    model: str
    phrases: list[str]
    hits: list[list[AlignedCue]]
    language: str | None = None
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object of the schema `ctcalign/search/1`; phrases without hits have an empty list."""
        return {
            "schema": SCHEMA,
            "audio": self.audio,
            "duration": self.duration,
            "model": self.model,
            "language": self.language,
            "warnings": self.warnings,
            "phrases": [
                {"text": text, "hits": [_row(hit) for hit in hits]}
                for text, hits in zip(self.phrases, self.hits, strict=True)
            ],
        }

    def alignment(self) -> Alignment:
        """Each hit as a cue, in order of time; `id` is the number of its phrase, counted from 1."""
        rows = sorted(
            ((hit, number) for number, hits in enumerate(self.hits, 1) for hit in hits),
            key=lambda row: (row[0].start or 0.0, row[0].end or 0.0, row[1]),
        )
        cues = [replace(hit, index=index, id=str(number)) for index, (hit, number) in enumerate(rows)]
        return Alignment(
            self.audio, self.duration, self.model, cues, language=self.language, warnings=list(self.warnings)
        )


def place_hit(
    phrase: Phrase, found: PhraseEvidence, emission: Emission, spike_delay: float, confidence: float
) -> AlignedCue:
    """A hit with the times of its words, from the frames of its symbols and the energy of the recording around it."""
    shift, count = emission.energy_shift, len(emission.energy)
    first = min(run[0][1] for run in found.runs) * emission.frame_shift + emission.offset
    stop = max(run[-1][2] for run in found.runs) * emission.frame_shift + emission.offset
    low = min(count, max(0, int((first - ENERGY_REACH) / shift)))
    high = min(count, max(low, int((stop + ENERGY_REACH) / shift)))
    base = low * shift
    # Only the neighbourhood: noise floor and loudness are local, and a recording may be hours long.
    near = replace(
        emission,
        offset=emission.offset - base,
        energy=emission.energy[low:high],
        audio_seconds=min(emission.audio_seconds - base, (high - low) * shift if high < count else np.inf),
        _file=None,
    )
    placement = place_runs(phrase.transcript, found.runs, found.chosen, found.neighbours, near, spike_delay)
    by_place = {place: word for (_, place), word in zip(phrase.transcript.homes, placement.words, strict=True)}
    words = []
    for place, word in enumerate(phrase.transcript.words[0]):
        here = by_place.get(place)
        if here is None:
            words.append(AlignedWord(word.text, status="not_spoken"))
            continue
        many = len(word.readings) > 1 and here.alternative < len(word.readings)
        words.append(
            AlignedWord(
                word.text,
                here.start + base,
                here.end + base,
                here.score,
                reason=here.reason,
                reading=" ".join(word.readings[here.alternative]) if many else None,
            )
        )
    start = min(word.start for word in words if word.start is not None)
    end = max(word.end for word in words if word.end is not None)
    return AlignedCue(0, phrase.text, start, end, score=found.score, confidence=confidence, words=words)


def _row(hit: AlignedCue) -> dict[str, Any]:
    row: dict[str, Any] = {
        "start": hit.start,
        "end": hit.end,
        "score": hit.score,
        "confidence": hit.confidence,
        "words": [
            {"text": word.text, "start": word.start, "end": word.end}
            | ({} if word.reading is None else {"reading": word.reading})
            for word in hit.words
        ],
    }
    if hit.channel is not None:
        row["channel"] = hit.channel
    return row
