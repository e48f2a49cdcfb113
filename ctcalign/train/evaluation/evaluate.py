"""`ctcalign evaluate`: error rates with confidence intervals, and emission delays of a model on cuts.

`evaluate_cuts` recognises each cut (`recognise`) and adds up errors and delays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.ctc.paths import collapse
from ctcalign.errors import AudioError, CtcAlignError
from ctcalign.metrics import (
    Delays,
    EditCounts,
    EmittedToken,
    Interval,
    bootstrap_interval,
    character_counts,
    emission_delays,
    emission_times,
    mean_delay_interval,
    summarise_delays,
    total_counts,
    word_counts,
)
from ctcalign.models.devices import device_of
from ctcalign.models.encoders.recogniser import Recogniser
from ctcalign.models.inference import emissions_of
from ctcalign.models.precision import Precision
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.training.tokenizers import text_of
from ctcalign.train.data.batch import PARTIAL, TOO_LONG, UNREADABLE, UNTRANSCRIBED
from ctcalign.train.data.cuts import (
    captions_of_cut,
    language_of_cut,
    outside,
    read_samples,
    text_of_cut,
    timed_words,
)
from ctcalign.train.data.transcripts import Transcripts
from ctcalign.train.evaluation.decoding import Decoder
from ctcalign.train.evaluation.validation import normalised_reference, normalised_words, spelled_words
from ctcalign.train.left_out import LeftOut


@dataclass(frozen=True)
class Recognised:
    """Recognition result of one cut.

    Attributes:
        id: id of the cut.  ref_text, hyp_text: reference and hypothesis in the symbols of the model.
        words, characters: word and character errors.
        delays: delays of the words with known times, in seconds; None if there are none.
        tokens: labels of the path with their times.
    """

    id: str
    ref_text: str
    hyp_text: str
    words: EditCounts
    characters: EditCounts
    delays: Delays | None
    tokens: list[EmittedToken]


@dataclass
class Evaluation:
    """Evaluation of a set of cuts.

    Attributes:
        utterances: result of each recognised cut.  skipped: number of the others by reason, with examples.
        wer, cer: error rates as fractions with 95 % bootstrap intervals over utterances.
        words: word errors of all utterances.
        look_ahead: seconds of audio that the model needs after a frame; None if unknown or unlimited.
        delay: fields of `DelaySummary`, seconds; None if no word has a time.  mean_delay: with its interval.
        about: name of the model, decoding (`Decoder.about`), and how the references were normalised.
        unwritable: words of the references that the model has no symbols for, in order; each counts as an error.
        warnings: about the files of the model.
    """

    utterances: list[Recognised]
    skipped: LeftOut
    wer: Interval
    cer: Interval
    words: EditCounts
    look_ahead: float | None
    delay: dict[str, float] | None = None
    mean_delay: Interval | None = None
    about: dict[str, Any] = field(default_factory=dict)
    unwritable: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; None for what was not measured."""
        found: dict[str, Any] = {
            **self.about,
            "utterances": len(self.utterances),
            "skipped": dict(self.skipped),
            "skipped_examples": self.skipped.examples,
            "wer": asdict(self.wer),
            "cer": asdict(self.cer),
            "words": asdict(self.words),
            "delay": None if self.delay is None else {**self.delay, "unit": "s"},
            "mean_delay": None if self.mean_delay is None else asdict(self.mean_delay),
            "look_ahead": self.look_ahead,
            "unwritable_words": len(self.unwritable),
            "warnings": self.warnings,
        }
        return {key: _without_nan(value) for key, value in found.items()}


def recognise(
    model: AcousticModel,
    cut: Any,
    decoder: Decoder,
    device: str = "cpu",
    least_score: float = -math.inf,
    trust: Trust = NO_TRUST,
    transcripts: Transcripts | None = None,
) -> Recognised:
    """Recognise one cut and compare it with its text.

    Args:
        device: of the model.
        least_score: words with a lower score in the cut's alignment count as words without times.
        trust: whether the cut may run commands or open URLs.
        transcripts: normalises the text; None leaves it as it is.
    Raises:
        AudioError: its audio cannot be read.  UntrustedDataError: it needs a command or URL that is not allowed.
    """
    vocabulary = model.vocabulary
    samples = read_samples(cut, model.sample_rate, trust)
    [emission] = emissions_of(model, samples[None], device)

    def log_probs_of(other: AcousticModel) -> Any:
        own = samples if other.sample_rate == model.sample_rate else read_samples(cut, other.sample_rate, trust)
        place = "auto" if decoder.guide is None else decoder.guide.device
        return emissions_of(other, own[None], device_of(other, place))[0]

    path = decoder.path(torch.from_numpy(emission), vocabulary, log_probs_of)
    tokens = emission_times(path, model.frame_shift, vocabulary.blank)
    ref_text = normalised_reference(reference_of(cut, transcripts), vocabulary)
    hyp_text = text_of(vocabulary, collapse(path, vocabulary.blank))
    timed = normalised_words(timed_words(cut, least_score), vocabulary, transcripts, language_of_cut(cut))
    delays = None
    if any(not math.isnan(word.end) for word in timed):
        delays = emission_delays(timed, spelled_words(tokens, vocabulary))
    words = word_counts([ref_text], [hyp_text])[0]
    characters = character_counts([ref_text], [hyp_text])[0]
    return Recognised(cut.id, ref_text, hyp_text, words, characters, delays, tokens)


def reference_of(cut: Any, transcripts: Transcripts | None) -> str:
    """The text of a cut, each supervision normalised in its language; without `transcripts` as it is."""
    if transcripts is None:
        return text_of_cut(cut) or ""
    return " ".join(transcripts(one.text, one.language) for one in captions_of_cut(cut)).strip()


def evaluate_cuts(
    model: AcousticModel | str,
    cuts: Iterable[Any],
    decoder: Decoder | None = None,
    *,
    device: str = "auto",
    least_score: float = -math.inf,
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
    allow_commands: bool = False,
    allow_remote: bool = False,
    text: str = "normalised",
) -> Evaluation:
    """Recognise cuts and count errors and delays.

    Args:
        model: a model, or its name as in `ctcalign.load_model`.
        decoder: greedy if omitted.
        device: of the model.
        least_score: see `recognise`.
        precision: in which a model given by its name computes; see `load_model`.
        progress: called with the number of cuts so far.
        allow_commands: run shell commands that cuts name as the source of their audio.
        allow_remote: open URLs that cuts name.
        text: "normalised": references that the model has no symbols for are normalised as `ctcalign align` does with
            captions (mark-up, punctuation, numbers); "as-is": they are compared as they are.
    Raises:
        UsageError, ModelError: the model cannot be loaded, or the guide has other symbols.  CtcAlignError: no cut
            could be recognised, or none has words.  UntrustedDataError: a cut needs what is not allowed.
    """
    trust = Trust(allow_commands, allow_remote)
    if isinstance(model, str):
        from ctcalign.models.registry import load_model

        model = load_model(model, device, allow_noncommercial, precision)
    place = device_of(model, device)
    decoder = decoder or Decoder()
    if decoder.guide is not None:
        decoder.guide.check(model)
    transcripts = Transcripts(model.vocabulary.encode, model.vocabulary, model.language, text)
    longest: float | None = getattr(model, "longest", None)
    found: list[Recognised] = []
    unwritable: list[str] = []
    skipped = LeftOut()
    for number, cut in enumerate(cuts, 1):
        partial = outside(cut)
        if text_of_cut(cut) is None:
            skipped.add(UNTRANSCRIBED, f"cut {cut.id}")
        elif partial:
            skipped.add(PARTIAL, f"cut {cut.id}: {partial}")
        elif longest is not None and cut.duration > longest:
            skipped.add(TOO_LONG, f"cut {cut.id}: {cut.duration:g} s, the model takes {longest:g} s at most")
        else:
            try:
                found.append(recognise(model, cut, decoder, place, least_score, trust, transcripts))
            except AudioError as error:
                skipped.add(UNREADABLE, f"cut {error}")
            else:
                words = reference_of(cut, transcripts).split()
                unwritable += [word for word in words if model.vocabulary.encode(word)[1]]
        if progress is not None:
            progress(number)
    if not sum(one.words.reference_length for one in found):
        left = f"skipped: {skipped}" if skipped else "none skipped"
        raise CtcAlignError(f"cuts: no words to compare with ({len(found)} recognised, {left})")
    look_ahead = model.look_ahead if isinstance(model, Recogniser) else None
    evaluation = Evaluation(
        found,
        skipped,
        _interval([one.words for one in found]),
        _interval([one.characters for one in found]),
        total_counts([one.words for one in found]),
        look_ahead,
        about={
            "model": model.name,
            **decoder.about(),
            "text": text,
        },
        unwritable=unwritable,
        warnings=list(getattr(model, "warnings", ())),
    )
    timed = [one.delays for one in found if one.delays is not None]
    if timed:
        evaluation.delay = asdict(summarise_delays(timed))
        if sum(one.values.size for one in timed):
            evaluation.mean_delay = mean_delay_interval(timed)
    return evaluation


def _interval(counts: list[EditCounts]) -> Interval:
    return bootstrap_interval([one.errors for one in counts], [one.reference_length for one in counts])


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
