"""A transcribed recording aligned again and again with captions made wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ctcalign.aligner.best_path import place_emission
from ctcalign.aligner.confidence.inputs import material
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.placement import PlacedWord
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.calibration.corruptions import corrupt
from ctcalign.calibration.examples import Example, examples
from ctcalign.calibration.truth import Utterance
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

# Kinds of one trial each. Of captions that are right there are many more than errors of any kind.
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
) -> Iterator[Example]:
    """Examples of a recording.

    Args:
        utterances: all that is said, in order. Words without times get those that the aligner finds for exact text.
        group: recordings of one speaker share it.
        texts: captions that are not said here; see `corrupt`.
        done: called after each trial.
    Raises:
        CaptionError: nothing of the exact text is heard.
    """
    tokeniser = Tokeniser(model.vocabulary, language)

    timed = list(utterances)
    if any(utterance.words is None for utterance in utterances):
        keys = corrupt(utterances, "exact")
        cues = _placed(emission, transcript_of([key.cue for key in keys], tokeniser, language), model)[0]
        timed = [_with_words(utterance, cue) for utterance, cue in zip(utterances, cues, strict=True)]
    for kind in kinds:
        for seed in seeds if kind != "exact" else seeds[:1]:
            keys = corrupt(timed, kind, seed, texts)
            text = transcript_of([key.cue for key in keys], tokeniser, language)
            try:
                cues, words = _placed(emission, text, model)
            except CaptionError:
                if kind == "exact":
                    raise
                continue  # so wrong that nothing of it was heard: no caption has a place to be judged
            found = material(emission, text, words, cues, model.spike_delay)
            yield from examples(group, kind, keys, text, cues, found)
            done(kind)


def _placed(
    emission: Emission, text: Transcript, model: AcousticModel
) -> tuple[list[AlignedCue], list[PlacedWord | None]]:
    alignment, placed = place_emission(emission, text, model, AlignOptions(unwritten=False))
    return alignment.cues, placed.words


def _with_words(utterance: Utterance, cue: AlignedCue) -> Utterance:
    """With the times of the words as the aligner has them, where it placed all of them."""
    if utterance.words is not None or len(cue.words) != len(utterance.text.split()):
        return utterance
    places = [word.span for word in cue.words if word.span is not None]
    return replace(utterance, words=tuple(places)) if len(places) == len(cue.words) else utterance
