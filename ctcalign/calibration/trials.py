"""Trials on a transcribed recording: align it with erroneous captions to get labelled examples for a fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.features import FeatureRows, word_and_gap_features
from ctcalign.aligner.confidence.inputs import CueInputs, RecordingInputs, RecordingQuality, recording_inputs
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.calibration.corruptions import corrupt
from ctcalign.calibration.truth import LabelledCue, LabelledWord, Utterance
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

B8 = NDArray[np.int8]

# Captions with their ground truth and as they were aligned -> other captions with their ground truth.
Divide = Callable[[Sequence[LabelledCue], Sequence[AlignedCue]], list[LabelledCue]]

# Kinds of corruption, one trial each. Right captions outnumber the errors of any kind.
TRIALS = (
    "exact",
    "text_noise05",
    "text_noise15",
    "text_noise30",
    "missing",
    "extra",
    "duplicated",
    "swapped",
    "shifted",
    "merged",
    "split",
    "mixed",
)
UNKNOWN = -1  # other values: 0 (no) and 1 (yes)
WITHIN = 0.5  # tolerance of both ends of a cue in seconds
WORD_WITHIN = 0.3  # the same for a word


@dataclass(frozen=True)
class Example:
    """An aligned cue with its ground truth.

    Attributes:
        group: equal for recordings of one speaker; a fit is tested on other groups than it was fitted on.
        kind: of corruption.
        right: spoken as written, and placed with both ends within WITHIN.
        inputs: None if the cue is not aligned.
        quality: of the aligned recording.
        spoken: for each word of the inputs, whether it is spoken as written. (n,) of 0, 1, UNKNOWN
        whole: for each gap between two words, whether no word is missing there. (n - 1,)
        timed: for each word, whether it is spoken as written and placed within WORD_WITHIN. (n,)
    """

    group: str
    kind: str
    right: bool
    inputs: CueInputs | None
    quality: RecordingQuality
    spoken: B8
    whole: B8
    timed: B8

    @cached_property
    def rows(self) -> FeatureRows:
        """Features of the words and gaps of an aligned cue, computed once for all fits of a cross-validation."""
        if self.inputs is None:
            raise ValueError("an example that is not aligned has no features")
        return word_and_gap_features(self.inputs, self.quality)


def trials(
    emission: Emission,
    utterances: Sequence[Utterance],
    group: str,
    model: AcousticModel,
    language: str,
    texts: Sequence[str] | None = None,
    seeds: Sequence[int] = (1,),
    kinds: Sequence[str] = TRIALS,
    done: Callable[[str], None] = lambda kind: None,
    divide: Divide | None = None,
) -> Iterator[Example]:
    """Align a recording with captions of each kind of corruption.

    Args:
        utterances: all utterances, in order. Words without times get those that the aligner finds for verbatim text.
        group: equal for recordings of one speaker.
        texts: captions that are not spoken here; see `corrupt`.
        done: called after each trial.
        divide: makes other captions of the aligned ones, which are aligned again and are the examples.
    Raises:
        CaptionError: none of the verbatim text is recognised.
    """
    tokeniser = Tokeniser(model.vocabulary, language)

    timed = list(utterances)
    if any(utterance.words is None for utterance in utterances):
        captions = corrupt(utterances, "exact")
        cues = _placed(emission, transcript_of([caption.cue for caption in captions], tokeniser, language), model)[0]
        timed = [_with_words(utterance, cue) for utterance, cue in zip(utterances, cues, strict=True)]
    for kind in kinds:
        for seed in seeds if kind != "exact" else seeds[:1]:
            captions = corrupt(timed, kind, seed, texts)
            text = transcript_of([caption.cue for caption in captions], tokeniser, language)
            try:
                cues, words = _placed(emission, text, model)
                if divide is not None:
                    captions = divide(captions, cues)
                    text = transcript_of([caption.cue for caption in captions], tokeniser, language)
                    cues, words = _placed(emission, text, model)
            except CaptionError:
                if kind == "exact":
                    raise
                continue  # none of the erroneous text is recognised: no caption is aligned
            inputs = recording_inputs(emission, text, words, cues, model.spike_delay)
            yield from labelled_examples(group, kind, captions, text, cues, inputs)
            done(kind)


def _placed(
    emission: Emission, text: Transcript, model: AcousticModel
) -> tuple[list[AlignedCue], list[PlacedWord | None]]:
    alignment, placed = place_emission(emission, text, model, AlignOptions(unwritten=False))
    return alignment.cues, placed.words


def _with_words(utterance: Utterance, cue: AlignedCue) -> Utterance:
    """The utterance with word times from the aligner, if it aligned all words."""
    if utterance.words is not None or len(cue.words) != len(utterance.text.split()):
        return utterance
    places = [span for word in cue.words if (span := word.span) is not None]
    return replace(utterance, words=tuple(places)) if len(places) == len(cue.words) else utterance


def labelled_examples(
    group: str,
    kind: str,
    captions: Sequence[LabelledCue],
    text: Transcript,
    cues: Sequence[AlignedCue],
    inputs: RecordingInputs,
) -> list[Example]:
    """One example for each cue of an alignment.

    Args:
        captions: ground truth of each of `cues`.
        text, inputs: of their alignment.
    """
    known = {cue.evidence.cue: cue for cue in inputs.cues}
    out: list[Example] = []
    for number, (caption, cue) in enumerate(zip(captions, cues, strict=True)):
        own = known.get(number)
        right = own is not None and caption.right(cue.start, cue.end, WITHIN)
        words = [] if own is None else own.evidence.words
        truth = _words(caption, [text.spoken[n].word.start for n in words])
        spoken = [UNKNOWN if word is None else int(caption.spoken and word.spoken) for word in truth]
        whole = [
            UNKNOWN
            if after is None or not (caption.spoken and spoken[i] == spoken[i + 1] == 1)
            else int(not after.hole)
            for i, after in enumerate(truth[1:])
        ]
        times = [cue.words[text.homes[n][1]] for n in words]
        timed = [_timed(word, yes, time.start, time.end) for word, yes, time in zip(truth, spoken, times, strict=True)]
        out.append(Example(group, kind, right, own, inputs.quality, _array(spoken), _array(whole), _array(timed)))
    return out


def _array(values: Sequence[int]) -> B8:
    return np.array(values, np.int8)


def _words(caption: LabelledCue, begins: Sequence[int]) -> list[LabelledWord | None]:
    """The word of the ground truth that contains each of these characters; None if its words are unknown."""
    if not caption.words:
        return [LabelledWord("", False)] * len(begins) if not caption.spoken else [None] * len(begins)
    edges = np.cumsum([0, *(len(word.text) + 1 for word in caption.words)])
    return [caption.words[int(np.searchsorted(edges, begin, side="right")) - 1] for begin in begins]


def _timed(word: LabelledWord | None, spoken: int, start: float | None, end: float | None) -> int:
    if spoken == 0 or start is None or end is None:
        return 0
    if spoken == UNKNOWN or word is None or word.place is None:
        return UNKNOWN
    return int(abs(start - word.place[0]) <= WORD_WITHIN and abs(end - word.place[1]) <= WORD_WITHIN)
