"""What a word's neighbours say about how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Context(NamedTuple):
    """Neighbours of a word in its caption.

    Attributes:
        previous: the word before, "" for the first.
        following: the word behind, "" for the last.
        capitals: the caption is written in capitals alone, so that they mark no abbreviation.
    """

    previous: str = ""
    following: str = ""
    capitals: bool = False


NO_CONTEXT = Context()


def contexts(tokens: Sequence[str]) -> list[Context]:
    """The context of every word of a caption."""
    capitals = len(tokens) > 1 and not any(token != token.upper() for token in tokens)
    padded = ["", *tokens, ""]
    return [Context(padded[i], padded[i + 2], capitals) for i in range(len(tokens))]
