"""Letters of the training transcripts: for a new output layer, and to report letters without a symbol in the model."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.errors import UsageError
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.text.vocabulary import Vocabulary, composed
from ctcalign.train.data.cuts import captions_of_cut, open_cuts
from ctcalign.train.data.transcripts import Transcripts

NAME = "data.train"
FROM_DATA = "from-data"
_APOSTROPHE = "'"
_SHOWN = 8


def texts_of(
    sources: str | list[str], trust: Trust = NO_TRUST, most: int | None = None, stream: tuple[int, int] = (0, 1)
) -> Iterator[tuple[str, str | None]]:
    """Text and language of the supervisions of cuts; their audio is not read.

    Args:
        sources, stream: see `open_cuts`.  most: number of cuts; None: all.
    """
    for cut in islice(open_cuts(NAME, sources, trust=trust, stream=stream, audio=False), most):
        for one in captions_of_cut(cut):
            yield composed(one.text), one.language


def letters_of(texts: list[tuple[str, str | None]], language: str | None = None) -> Counter[str]:
    """Number of texts with each letter, in lower case, after numbers are written in words and mark-up is removed.

    Args:
        texts: texts with their languages.  language: language of texts that name none.
    """
    raw = {c for text, _ in texts for c in composed(text.lower()) if c == _APOSTROPHE or _is_letter(c)}
    if not raw:
        return Counter()
    # The words of numbers may have letters that occur in no other word.
    known = CharacterTokenizer(" " + "".join(sorted(raw | set(_APOSTROPHE))))
    transcripts = Transcripts(known.encode, known.vocabulary, language)
    found: Counter[str] = Counter()
    for text, own in texts:
        found.update(set(transcripts(text, own).lower()) - {" "})
    return Counter({c: number for c, number in found.items() if c == _APOSTROPHE or _is_letter(c)})


def alphabet_of(sources: str | list[str] | None, language: str | None = None, trust: Trust = NO_TRUST) -> str:
    """The letters of the training transcripts with the space, for `CharacterTokenizer`.

    Args:
        sources: see `open_cuts`.  language: of texts that name none.  trust: whether cuts may name commands or URLs.
    Raises:
        UsageError: there are no sources, or their texts have no letters.
    """
    if sources is None:
        raise UsageError("model.vocabulary: from-data needs transcripts; give data.train")
    texts = list(texts_of(sources, trust))
    letters = letters_of(texts, language)
    if not letters:
        raise UsageError(f"model.vocabulary: the {len(texts)} texts of {NAME} have no letters; check {sources}")
    spaced = any(len(text.split()) > 1 for text, _ in texts)
    return (" " if spaced else "") + "".join(sorted(letters))


def lacking(vocabulary: Vocabulary, letters: Counter[str]) -> list[tuple[str, int]]:
    """Letters for which a model has no symbol, most frequent first, with the number of their texts."""
    known = {c.lower() for c in vocabulary.characters} | vocabulary.characters
    pieces = vocabulary.pieces
    return [
        (letter, number)
        for letter, number in letters.most_common()
        if letter != _APOSTROPHE and letter not in known and not _in_bytes(letter, pieces)
    ]


def warning_of(missing: list[tuple[str, int]], texts: int, name: str) -> str:
    """The message about letters for which a model has no symbol."""
    shown = ", ".join(f"{letter} in {number}" for letter, number in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return (
        f"model: {name} has no symbols for {len(missing)} letters of the transcripts ({shown}{more}; of {texts} "
        "texts): accents are left out, and texts with other letters are not trained on; model.vocabulary: from-data "
        "gives the model a new output layer with all letters"
    )


def _in_bytes(letter: str, pieces: dict[str, int]) -> bool:
    spelled = letter.encode().decode("ascii", "surrogateescape")
    return all(byte in pieces for byte in spelled)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
