"""Division of plain text into captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ctcalign.alignment.cue import Cue
from ctcalign.text.sentences import sentences

Split = Literal["none", "lines", "sentences"]
SPLITS: tuple[Split, ...] = ("none", "lines", "sentences")
# Characters of a line that is a paragraph, not a caption: about half a minute of speech, and more than four full
# subtitle lines of 42 characters each.
PARAGRAPH = 400


def divided(cues: Sequence[Cue], split: Split | None, language: str | None) -> tuple[list[Cue], list[str]]:
    """The cues of a text without times, divided again, and a note if the text was divided although `split` is None.

    Args:
        cues: one cue per line.
        split: "none": the whole text is one cue; "lines": a line is a cue; "sentences": a sentence is. None: lines, but
            a line of more than `PARAGRAPH` characters is divided into its sentences.
        language: code of the text's language.
    """
    if split == "lines" or not cues:
        return list(cues), []
    if split == "none":
        return [replace(cues[0], text="\n".join(cue.text for cue in cues))], []
    out: list[Cue] = []
    long = 0
    for cue in cues:
        parts = [cue.text]
        if split == "sentences" or len(cue.text) > PARAGRAPH:
            parts = sentences(cue.text, language)
            long += split is None and len(parts) > 1
        first = len(out)
        out += [replace(cue, index=first + place, text=part) for place, part in enumerate(parts)]
    lines = f"{long} long line{'s' if long > 1 else ''}"
    return out, [f"captions: {lines} divided into sentences; --split lines keeps them whole"] * bool(long)
