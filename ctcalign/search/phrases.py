"""Phrases of a search: words, readings, and the graph of their symbols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.word_graph import TranscriptGraph, transcript_graph
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CaptionError, UsageError
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary

# A phrase is spoken without a long pause: longest time in seconds without a symbol, in a word and between two words.
PAUSE_IN_WORD = 0.45
SHOWN = 5  # phrases that a warning names
PAUSE_BETWEEN_WORDS = 1.0


@dataclass(frozen=True)
class Phrase:
    """A phrase that can be searched.

    Attributes:
        text: the phrase as given, with single spaces.
        transcript: its words as a transcript of a single cue.
        symbols: graph of the symbols of their readings.
        patience: frames of blank that may follow each node of the graph. (N,)
    """

    text: str
    transcript: Transcript
    symbols: TranscriptGraph
    patience: NDArray[np.int64]


def prepare_phrases(
    phrases: Sequence[str],
    tokeniser: Tokeniser,
    language: str,
    frame_shift: float,
    model: str,
    warnings: list[str] | None = None,
) -> list[Phrase]:
    """Convert phrases to the symbols of a model, in their order.

    Args:
        frame_shift: seconds between frames of the model.
        model: its name, for messages.
        warnings: phrases that cannot be searched are named in it and left out, unless no phrase can; None: the first
            of them is an error.
    Raises:
        UsageError: no phrase, or one that is empty, not text or given twice.
        CaptionError: a phrase with no spoken word, or none for which the model has symbols.
    """
    if isinstance(phrases, str):
        raise UsageError(f"phrases: got one text, {phrases!r}; give a list of them")
    if not phrases:
        raise UsageError("phrases: got none, expected at least one")
    found: dict[str, Phrase] = {}
    failed: list[CaptionError] = []
    for text in phrases:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"phrase {len(found) + 1}: got {text!r}, expected one or more words")
        line = " ".join(text.split())
        if line in found:
            raise UsageError(f"phrase {_short(line)!r}: given twice; remove one")
        try:
            found[line] = _phrase(line, tokeniser, language, frame_shift, model)
        except CaptionError as error:
            failed.append(error)
    if failed and (warnings is None or not found):
        raise failed[0]
    if warnings is not None and failed:
        shown = "; ".join(map(str, failed[:SHOWN])) + (f"; and {len(failed) - SHOWN} more" * (len(failed) > SHOWN))
        warnings.append(f"{len(failed)} of {len(phrases)} phrases are left out: {shown}")
    return list(found.values())


def lines_of(content: Iterable[str]) -> list[str]:
    """Phrases of a file, one per line; empty lines, lines that begin with "#" and repetitions are skipped."""
    lines = (" ".join(line.split()) for line in content)
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _phrase(text: str, tokeniser: Tokeniser, language: str, frame_shift: float, model: str) -> Phrase:
    transcript = transcript_of([Cue(0, text)], tokeniser, language)
    if not transcript.spoken:
        raise CaptionError(
            f"phrase {_short(text)!r}: contains no spoken word (only mark-up, signs or notes); give words"
        )
    if not any(word.alternatives for word in transcript.spoken):
        raise CaptionError(
            f"phrase {_short(text)!r}: {model} has no symbols for it; choose a model of its language, "
            "or install romanisation: pip install 'ctcalign[text]'"
        )
    symbols = transcript_graph(transcript.spoken, tokeniser.vocabulary)
    return Phrase(text, transcript, symbols, _patience(transcript, symbols, frame_shift))


def _patience(transcript: Transcript, symbols: TranscriptGraph, frame_shift: float) -> NDArray[np.int64]:
    inside, between = (max(1, round(s / frame_shift)) for s in (PAUSE_IN_WORD, PAUSE_BETWEEN_WORDS))
    frames = np.full(len(symbols.places), between, np.int64)
    for node, place in enumerate(symbols.places):
        if place is not None:
            alternatives = transcript.spoken[place.word].alternatives
            if alternatives and place.position + 1 < len(alternatives[place.alternative]):
                frames[node] = inside
    return frames


def separators(vocabulary: Vocabulary) -> tuple[int, ...]:
    """Labels that separate words and are not symbols of a phrase."""
    return () if vocabulary.separator is None else (vocabulary.separator,)


def _short(text: str) -> str:
    """A phrase for a message; shortened, as a whole file may have been given by mistake."""
    return text if len(text) <= 60 else text[:57] + "..."
