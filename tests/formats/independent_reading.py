"""What a reader must find in a file of an alignment, computed without the code of the package."""

from __future__ import annotations

import html
import re

from hypothesis import settings

from ctcalign.alignment.alignment import AlignedCue, Alignment

few = settings(max_examples=30, deadline=None)
UNDER_100_HOURS = 359_990.0


def shown(alignment: Alignment) -> list[tuple[AlignedCue, float, float]]:
    """What a caption file must contain: placed cues in the order of starts."""
    rows = [(cue, cue.start, cue.end) for cue in alignment.cues if cue.start is not None]
    return sorted(rows, key=lambda row: row[1])


def spoken(alignment: Alignment) -> list[tuple]:
    return [
        (cue, word)
        for cue in alignment.cues
        for word in cue.words
        if word.start is not None and word.status != "not_spoken" and visible(word.text)
    ]


def visible(text: str) -> str:
    """The text without tags, character references, white space and control characters."""
    while text != (text := html.unescape(text)):
        pass
    text = re.sub(r"</?[ibu]>|\{\\[^{}]*\}", "", text)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2060\u200b-\u200f\u202a-\u202e\u2028\u2029]", "", text)


def close(found, expected, step: float) -> bool:
    """Within half a step; the end of what has no length is a step after its start."""
    return len(found) == len(expected) and all(
        abs(a - c) <= step / 2 + 1e-7 and -step / 2 - 1e-7 <= b - d <= (1.5 if d - c < step else 0.5) * step + 1e-7
        for (a, b), (c, d) in zip(found, expected, strict=True)
    )
