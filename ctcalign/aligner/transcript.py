"""Cues cut into words and written in the model's symbols, with the way back to the cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ctcalign.alignment.cue import Cue
from ctcalign.text.tokeniser import TokenisedWord, Tokeniser
from ctcalign.text.words import Word, words_of


@dataclass
class Transcript:
    """The words of all cues.

    Attributes:
        cues: the input, in file order.
        words: for each cue, its words, spoken or not.
        spoken: the spoken words of all cues in order.
        homes: for each spoken word, its cue (position in `cues`) and its place among the cue's words.
        warnings: what the model cannot say.
    """

    cues: Sequence[Cue]
    words: list[list[Word]] = field(default_factory=list)
    spoken: list[TokenisedWord] = field(default_factory=list)
    homes: list[tuple[int, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def transcript_of(cues: Sequence[Cue], tokeniser: Tokeniser, language: str | None) -> Transcript:
    """Find the words of every cue and how the model would write them."""
    tokeniser.start_report()
    text = Transcript(cues)
    for number, cue in enumerate(cues):
        words = words_of(cue.text, language)
        text.words.append(words)
        for place, word in enumerate(words):
            if word.spoken:
                text.spoken.append(tokeniser.tokenise(word))
                text.homes.append((number, place))
    text.warnings = tokeniser.report.warnings
    return text
