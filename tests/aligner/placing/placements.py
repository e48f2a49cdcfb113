"""Placements by hand: which words of a text have which times, with silence between them."""

from __future__ import annotations

from collections.abc import Sequence

from ctcalign.aligner.placing.words import PlacedWord, Placement
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY

Times = tuple[float, float]


def transcript(*lines: str) -> Transcript:
    """Words of letters from a to p are spoken; `[MUSIC]` and the like are marks."""
    return transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en", "never"), "en")


def placement(times: Sequence[Times | None], speech: Sequence[Times] = ()) -> Placement:
    """Spoken words with these times, None for words that were not found, and the speech that no word covers."""
    words = [None if span is None else PlacedWord(*span, score=-0.5, alternative=0) for span in times]
    return Placement(words, list(speech))
