"""Search on speech: where phrases are said in a recording, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ctcalign.aligner.graph.search import WILDCARD_PENALTY
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.ctc.spotting.spotter import BLOCK, PhraseSpotter, Spot, ratio_rows
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.emission.options import EmissionOptions
from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import UsageError
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.confidence import PhraseCalibration, calibration_for
from ctcalign.search.evidence import Evidence, evidence
from ctcalign.search.hits import PhraseHits, placed
from ctcalign.search.phrases import Phrase, prepared, separators
from ctcalign.text.tokeniser import Romanise, Tokeniser

# Nats a symbol below which nothing is looked at closely: 7 in 100 of what twenty readers said lay below.
FLOOR = -3.0


@dataclass(frozen=True, kw_only=True)
class SearchOptions(EmissionOptions):
    """Settings of `search_phrases` beside recording, phrases, model and device; `channel` and others are inherited.

    Attributes:
        min_confidence: hits below it are left out, in [0, 1].
        max_hits: of each phrase the surest ones, so many; None: all.
        romanise: as `AlignOptions`.
    """

    min_confidence: float = 0.5
    max_hits: int | None = None
    romanise: Romanise = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence: got {self.min_confidence}, expected a probability from 0 to 1")
        if self.max_hits is not None and self.max_hits < 1:
            raise UsageError(f"max_hits: got {self.max_hits}, expected 1 or more")


def search_phrases(
    audio: str | Path,
    phrases: Sequence[str],
    model: str | AcousticModel = "builtin:en",
    language: str | None = None,
    device: str = "auto",
    *,
    options: SearchOptions | None = None,
    calibration: PhraseCalibration | None = None,
    allow_noncommercial: bool = False,
    progress: Progress = ignored,
) -> PhraseHits:
    """Find where phrases are said in a recording.

    Args:
        audio, model, language, device, allow_noncommercial, progress: as for `ctcalign.align`.
        phrases: words or some words each; numbers and signs are heard in every way they may be read.
        options: see `SearchOptions`.
        calibration: turns evidence into confidence; None takes what is shipped for the model.
    Returns:
        The hits of each phrase in the order of time; those of one phrase do not overlap.
    Raises:
        UsageError, CaptionError: a phrase or option cannot be used.   AudioError, ModelError: as for `align`.
    """
    options = options or SearchOptions()
    recogniser = load_model(model, device, allow_noncommercial) if isinstance(model, str) else model
    language = language or recogniser.language or "en"
    tokeniser = Tokeniser(recogniser.vocabulary, language, options.romanise)
    ready = prepared(phrases, tokeniser, language, recogniser.frame_shift, recogniser.name)
    warnings = [text for phrase in ready for text in phrase.spoken.warnings]
    if calibration is None:
        calibration, more = calibration_for(recogniser.name)
        warnings += more
    with open_emission(audio, recogniser, options, device, progress) as opened:
        hits = search_emission(opened.emission, ready, recogniser, calibration, options, progress)
        hits.warnings = [*opened.warnings, *warnings]
        opened.assign_channels([hit for found in hits.hits for hit in found])
    hits.audio, hits.language = str(audio), language
    return hits


def search_emission(
    emission: Emission,
    phrases: Sequence[Phrase],
    model: AcousticModel,
    calibration: PhraseCalibration,
    options: SearchOptions,
    progress: Progress = ignored,
) -> PhraseHits:
    """The same from an emission that is at hand already."""
    found: list[list[AlignedCue]] = []
    for phrase, spots in zip(phrases, spots_of(emission, phrases, progress), strict=True):
        sure = [
            (seen, confidence)
            for seen in looked_at(phrase, spots, emission)
            if (confidence := calibration.confidence(seen.features())) >= options.min_confidence
        ]
        if options.max_hits is not None:
            sure = sorted(sure, key=lambda pair: -pair[1])[: options.max_hits]
        hits = [placed(phrase, seen, emission, model.spike_delay, confidence) for seen, confidence in sure]
        found.append(sorted(hits, key=lambda hit: hit.start or 0.0))
    return PhraseHits("", emission.duration, model.name, [phrase.text for phrase in phrases], found)


def looked_at(phrase: Phrase, spots: Sequence[Spot], emission: Emission) -> list[Evidence]:
    """The evidence for each spot that holds the phrase in one go."""
    return [seen for spot in spots if (seen := evidence(phrase, spot, emission)) is not None]


def spots_of(emission: Emission, phrases: Sequence[Phrase], progress: Progress = ignored) -> list[list[Spot]]:
    """Where each phrase may be said: one pass over the emission, a block at a time."""
    blank = emission.vocabulary.blank
    spotters = [
        PhraseSpotter(
            phrase.transcript.graph,
            blank,
            silent=separators(emission.vocabulary),
            floor=FLOOR,
            patience=phrase.patience,
        )
        for phrase in phrases
    ]
    frames = len(emission.log_probs)
    for start in range(0, frames, BLOCK):
        progress("searching", start * emission.frame_shift, frames * emission.frame_shift)
        rows = ratio_rows(emission.log_probs, start, min(frames, start + BLOCK), blank, WILDCARD_PENALTY)
        for spotter in spotters:
            spotter.feed(rows)
    return [spotter.spots() for spotter in spotters]
