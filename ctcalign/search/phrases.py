"""A phrase as the search sees it: its words, their readings, and the graph of the model's symbols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.verbatim import TranscriptGraph, transcript_graph
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CaptionError, UsageError
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary

# A phrase is said in one go: seconds without a symbol that may lie inside a word, and between two words.
PAUSE_IN_WORD = 0.45
PAUSE_BETWEEN_WORDS = 1.0


@dataclass(frozen=True)
class Phrase:
    """One phrase.

    Attributes:
        text: as the user wrote it.
        spoken: its words.
        transcript: graph of their symbols.
        patience: frames of blank that may follow each node of the graph, (N,).
    """

    text: str
    spoken: Transcript
    transcript: TranscriptGraph
    patience: NDArray[np.int64]


def prepared(
    phrases: Sequence[str], tokeniser: Tokeniser, language: str, frame_shift: float, model: str
) -> list[Phrase]:
    """The phrases in the symbols of a model, in their order.

    Args:
        model: its name, for messages.
    Raises:
        UsageError: no phrase, one that is empty, not text or given twice.
        CaptionError: one of which nothing is spoken or the model can say nothing.
    """
    if isinstance(phrases, str):
        raise UsageError(f"phrases: got one text, {phrases!r}; give a list of them")
    if not phrases:
        raise UsageError("phrases: got none, expected at least one")
    found: dict[str, Phrase] = {}
    for text in phrases:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"phrase {len(found) + 1}: got {text!r}, expected a word or some words")
        line = " ".join(text.split())
        if line in found:
            raise UsageError(f"phrase {line!r}: given twice; leave one out")
        found[line] = _phrase(line, tokeniser, language, frame_shift, model)
    return list(found.values())


def lines_of(content: Iterable[str]) -> list[str]:
    """Phrases of a file, a line each; empty lines, lines that begin with "#" and repetitions are left out."""
    lines = (" ".join(line.split()) for line in content)
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _phrase(text: str, tokeniser: Tokeniser, language: str, frame_shift: float, model: str) -> Phrase:
    spoken = transcript_of([Cue(0, text)], tokeniser, language)
    if not spoken.spoken:
        raise CaptionError(f"phrase {text!r}: nothing in it is spoken (only mark-up, signs or notes); give words")
    if not any(word.alternatives for word in spoken.spoken):
        raise CaptionError(
            f"phrase {text!r}: {model} has no symbols for it; choose a model of its language, "
            "or install romanisation: pip install 'ctcalign[text]'"
        )
    transcript = transcript_graph(spoken.spoken, tokeniser.vocabulary)
    return Phrase(text, spoken, transcript, _patience(spoken, transcript, frame_shift))


def _patience(spoken: Transcript, transcript: TranscriptGraph, frame_shift: float) -> NDArray[np.int64]:
    inside, between = (max(1, round(s / frame_shift)) for s in (PAUSE_IN_WORD, PAUSE_BETWEEN_WORDS))
    frames = np.full(len(transcript.places), between, np.int64)
    for node, place in enumerate(transcript.places):
        if place is not None:
            alternatives = spoken.spoken[place.word].alternatives
            if alternatives and place.position + 1 < len(alternatives[place.alternative]):
                frames[node] = inside
    return frames


def separators(vocabulary: Vocabulary) -> tuple[int, ...]:
    """Labels that stand between words and are no symbols of a phrase."""
    return () if vocabulary.separator is None else (vocabulary.separator,)
