"""Directional formatting characters in broken lines: right-to-left text needs them in every line (Unicode, UAX 9).

Players lay out each line separately, so an embedding that is opened in a line ends with the line.
"""

from __future__ import annotations

import re

_CLOSERS = {**dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}
_MARKS = "\u200e\u200f\u061c"  # at the start of a line they give it its direction
_LINE_END = re.compile(r"\n|<br\s*/?>", re.IGNORECASE)


def carried(text: str, start: int) -> str:
    """Characters to put before a line that begins at `start` in a text: embeddings that are open there, and its mark.

    >>> carried("\\u202bone two\\u202c three", 5) == "\\u202b"
    True
    """
    line = _LINE_END.split(text[:start])[-1]
    if not line.strip():
        return ""
    bare = line.lstrip()
    mark = bare[0] if bare[0] in _MARKS else ""
    return mark + "".join(_open(line))


def closed(line: str) -> str:
    """The line with the closing characters of the embeddings that are open at its end."""
    return line + "".join(_CLOSERS[sign] for sign in reversed(_open(line)))


def _open(text: str) -> list[str]:
    found: list[str] = []
    for sign in text:
        if sign in _CLOSERS:
            found.append(sign)
        elif found and sign == _CLOSERS[found[-1]]:
            found.pop()
    return found
