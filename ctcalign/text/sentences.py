"""Sentences of plain text, by the rules of the library pysbd."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysbd import Segmenter

_LONGEST = 2_000  # characters that are split at once: the library's time grows faster than the text
_END = re.compile(r"(?<=[.!?…。！？])[\"'»”’)\]]*\s+")


def sentences(text: str, language: str | None = "en") -> list[str]:
    """The sentences of a text without the white space around them.

    Args:
        text: one paragraph.
        language: code such as "en" or "pt-BR"; for one that the library does not know, its English rules are used.

    >>> sentences("Dr. Reed came at 5 p.m. today. Who is he?")
    ['Dr. Reed came at 5 p.m. today.', 'Who is he?']
    """
    found: list[str] = []
    for part in _parts(text):
        found += (sentence.strip() for sentence in _segmenter(language or "en").segment(part))
    found = [sentence for sentence in found if sentence]
    # Nothing may be lost or changed: else the text is split at its end marks alone.
    if "".join("".join(found).split()) != "".join(text.split()):
        found = [part.strip() for part in _END.split(text) if part.strip()]
        if "".join("".join(found).split()) != "".join(text.split()):
            return [text.strip()]
    return found


def _parts(text: str) -> list[str]:
    """Pieces of at most about `_LONGEST` characters that end where a sentence may end."""
    parts, begin = [], 0
    for match in _END.finditer(text):
        if match.end() - begin > _LONGEST:
            parts.append(text[begin : match.end()])
            begin = match.end()
    return [*parts, text[begin:]]


def _segmenter(language: str) -> Segmenter:
    """A new one each time: it keeps the text that it is at, so that threads cannot share one."""
    from pysbd import Segmenter
    from pysbd.languages import LANGUAGE_CODES

    code = language.lower().replace("_", "-").split("-")[0]
    return Segmenter(language=code if code in LANGUAGE_CODES else "en", clean=False)
