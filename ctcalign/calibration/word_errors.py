"""Words of a caption replaced, left out and put in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ctcalign.calibration.truth import LabelledCue, LabelledWord

# Of the errors; the rest are insertions.
SUBSTITUTED, DELETED = 0.5, 0.25
_SHORT = "zero one two three four five six seven eight nine ten eleven twelve".split()
NUMBERS = {word: str(value) for value, word in enumerate(_SHORT)}


def noisy(row: LabelledCue, rate: float, words: Sequence[str], chance: random.Random) -> LabelledCue:
    """A spoken caption with word errors: half of them substitutions, a quarter each words left out and put in.

    Args:
        rate: errors a word, in [0, 1].
        words: where wrong words are drawn from.
    """
    out: list[LabelledWord] = []
    errors = 0
    hole = False
    for word in row.words:
        kind = chance.random() if chance.random() < rate else None
        errors += kind is not None
        if kind is not None and SUBSTITUTED <= kind < SUBSTITUTED + DELETED:
            hole = True
            continue
        wrong = LabelledWord(_other(word.text, words, chance), spoken=False) if kind is not None else word
        out.append(replace(word if kind is None or kind >= SUBSTITUTED else wrong, hole=hole or word.hole))
        hole = False
        if kind is not None and kind >= SUBSTITUTED:
            out.append(wrong)
    if not out:  # a caption has at least one word
        return row
    return row.of(out, row.exact and not errors)


def _other(word: str, words: Sequence[str], chance: random.Random) -> str:
    """A word that is not this one; of a few drawn the most alike in length, every other time."""
    alike = _letters(word)
    found = [drawn for drawn in chance.choices(words, k=8) if _letters(drawn) not in (alike, "")]
    if not found:
        return word + "less"
    if chance.random() < 0.5:
        return found[0]
    return min(found, key=lambda drawn: abs(len(drawn) - len(word)))


def _letters(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())
