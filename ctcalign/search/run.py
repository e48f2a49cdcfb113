"""`ctcalign search`: find the times at which phrases are spoken in a recording, with a confidence for each hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.aligner.graph.search import WILDCARD_PENALTY
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.audio.inputs import AudioInput, name_of, recording_of
from ctcalign.ctc.spotting.spotter import BLOCK, PhraseSpotter, Spot, ratio_rows
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.emission.options import EmissionOptions, with_track
from ctcalign.emission.progress import Progress, ignored, logged
from ctcalign.errors import UsageError
from ctcalign.models import load_model
from ctcalign.models.precision import Precision
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.confidence import PhraseCalibration, calibration_for
from ctcalign.search.evidence import PhraseEvidence, phrase_evidence
from ctcalign.search.hits import PhraseHits, place_hit
from ctcalign.search.phrases import Phrase, prepare_phrases, separators
from ctcalign.text.languages import check_language
from ctcalign.text.tokeniser import Romanise, Tokeniser

# Lowest score of a spot, in nats per symbol. In read speech of twenty readers, 7 % of the spoken phrases scored lower.
FLOOR = -3.0


@dataclass(frozen=True, kw_only=True)
class SearchOptions(EmissionOptions):
    """Settings of `search_phrases` other than recording, phrases, model and device; `channel` and others are inherited.

    Attributes:
        min_confidence: hits below it are dropped, in [0, 1].
        max_hits: number of hits of each phrase, those with the highest confidence; None keeps all.
        romanise: see `AlignOptions`.
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
    audio: AudioInput,
    phrases: Sequence[str],
    model: str | AcousticModel = "auto",
    language: str | None = None,
    device: str = "auto",
    *,
    sample_rate: int | None = None,
    track: str | int | None = None,
    options: SearchOptions | None = None,
    calibration: PhraseCalibration | None = None,
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    progress: Progress = logged,
) -> PhraseHits:
    """Find the times at which phrases are spoken in a recording.

    Args:
        audio, model, language, device, sample_rate, track, allow_noncommercial, precision, progress: see
            `ctcalign.align`.
        phrases: one or more words each; every reading of numbers and signs is searched.
        options: see `SearchOptions`.
        calibration: converts evidence to confidence; None uses the one shipped for the model.
    Returns:
        The hits of each phrase in order of time; those of one phrase do not overlap.
    Raises:
        UsageError, CaptionError: an option or every phrase cannot be used.
        AudioError, ModelError: see `ctcalign.align`.

    >>> import ctcalign
    >>> found = ctcalign.search_phrases("egs/demo/talk.ogg", ["good evening"], "builtin:en")
    >>> [(hit.text, round(hit.start)) for hit in found.hits[0]]
    [('good evening', 5)]
    """
    options = with_track(options or SearchOptions(), track)
    check_language(language)
    recogniser = model
    if isinstance(recogniser, str):
        recogniser = load_model(recogniser, device, allow_noncommercial, precision, options.max_memory, language)
    language = language or recogniser.language or "en"
    tokeniser = Tokeniser(recogniser.vocabulary, language, options.romanise)
    warnings: list[str] = []
    ready = prepare_phrases(phrases, tokeniser, language, recogniser.frame_shift, recogniser.name, warnings)
    warnings += [text for phrase in ready for text in phrase.transcript.warnings]
    if calibration is None:
        calibration, more = calibration_for(recogniser.name)
        warnings += more
    with (
        recording_of(audio, sample_rate) as source,
        open_emission(source, recogniser, options, device, progress) as opened,
    ):
        hits = search_emission(opened.emission, ready, recogniser, calibration, options, progress)
        hits.warnings = [*opened.warnings, *warnings]
        opened.assign_channels([hit for found in hits.hits for hit in found])
    hits.audio, hits.language = name_of(audio), language
    return hits


def search_emission(
    emission: Emission,
    phrases: Sequence[Phrase],
    model: AcousticModel,
    calibration: PhraseCalibration,
    options: SearchOptions,
    progress: Progress = ignored,
) -> PhraseHits:
    """The same for an existing emission."""
    found: list[list[AlignedCue]] = []
    for phrase, spots in zip(phrases, spots_of(emission, phrases, progress), strict=True):
        kept = [
            (evidence, confidence)
            for evidence in evidence_at(phrase, spots, emission)
            if (confidence := calibration.confidence(evidence.features())) >= options.min_confidence
        ]
        if options.max_hits is not None:
            kept = sorted(kept, key=lambda pair: -pair[1])[: options.max_hits]
        hits = [place_hit(phrase, evidence, emission, model.spike_delay, confidence) for evidence, confidence in kept]
        found.append(sorted(hits, key=lambda hit: hit.start or 0.0))
    return PhraseHits("", emission.duration, model.name, [phrase.text for phrase in phrases], found)


def evidence_at(phrase: Phrase, spots: Sequence[Spot], emission: Emission) -> list[PhraseEvidence]:
    """The evidence at each spot, without spots that are divided by a pause."""
    return [found for spot in spots if (found := phrase_evidence(phrase, spot, emission)) is not None]


def spots_of(emission: Emission, phrases: Sequence[Phrase], progress: Progress = ignored) -> list[list[Spot]]:
    """Candidate positions of each phrase, found in one pass over the emission, block by block."""
    blank = emission.vocabulary.blank
    spotters = [
        PhraseSpotter(
            phrase.symbols.graph,
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
