"""Alternations of NIST transcripts, "{lighthouse / light house / @}": one place in the text, several wordings."""

from __future__ import annotations

import re

ALTERNATION = re.compile(r"\{(?=[^{}\\]*\s/\s)[^{}\\]*\}")
_NOTHING = "@"


def wordings(text: str) -> list[str]:
    """The wordings of an alternation in order, "" for "@" (nothing is spoken).

    >>> wordings("{lighthouse / light house / @}")
    ['lighthouse', 'light house', '']
    """
    parts = [" ".join(part.split()) for part in re.split(r"(?<=\s)/(?=\s)", text[1:-1])]
    return ["" if part == _NOTHING else part for part in parts]
