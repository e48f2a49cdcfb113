"""Words of any script in Latin letters, for models with a Latin vocabulary (uroman, extra `text`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ctcalign.errors import ModelError
from ctcalign.text.languages import three_letters
from ctcalign.text.scripts import scripts_of
from ctcalign.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from uroman import Uroman


def needs_romanising(text: str, vocabulary: Vocabulary, romanise: Literal["auto", "always", "never"]) -> bool:
    """Whether a word needs romanising: it has non-Latin letters of a script that the vocabulary lacks."""
    if text.isascii() or romanise == "never":
        return False
    foreign = scripts_of(text) - {"Latin"}
    known = vocabulary.scripts
    return bool(foreign) and "Latin" in known and (romanise == "always" or not foreign & known)


@lru_cache(maxsize=1)
def _uroman() -> Uroman | None:
    """The romaniser with its tables (takes seconds to load); None when the package is not installed."""
    try:
        from uroman import Uroman
    except ImportError:
        return None
    return Uroman()


class Romaniser:
    """Romanise word by word, so that each word keeps its own letters.

    Args:
        language: code of the text's language; Japanese and Chinese, for instance, share characters but not sounds.
        required: raise when uroman is missing; else `words` returns None.
    """

    def __init__(self, language: str | None = None, *, required: bool = False) -> None:
        self._code = three_letters(language) if language else None
        self._required = required

    def words(self, reading: tuple[str, ...]) -> tuple[str, ...] | None:
        """The words of a reading in lower-case Latin letters; None when uroman is not installed.

        A character without a sound of its own (the Russian soft sign) is omitted; a word of only these is dropped.

        Raises:
            ModelError: uroman is required and missing.
        """
        tables = _uroman()
        if tables is None:
            if self._required:
                raise ModelError("romanise: uroman is not installed; pip install 'ctcalign[text]'")
            return None
        written = (str(tables.romanize_string(word, lcode=self._code)).lower() for word in reading)
        return tuple(part for word in written for part in word.split())
