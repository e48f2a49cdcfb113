"""Texts for formats of lines: one kind of line end, no control characters."""

from __future__ import annotations

import re
from dataclasses import replace

from ctcalign.align.alignment import Alignment
from ctcalign.formats.rendered import counted, listed

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


def tidied(alignment: Alignment) -> tuple[Alignment, list[str]]:
    """A copy in which cues and words have "\\n" as the only line end and no control characters but the tab.

    Both are changed alike, so that the words are still found in their cue. JSON alone needs none of this.
    """
    changed = []
    cues = []
    for cue in alignment.cues:
        if _CONTROLS.search(cue.text):
            changed.append(cue.index)
        words = [word if word.text.isprintable() else replace(word, text=_tidy(word.text)) for word in cue.words]
        cues.append(replace(cue, text=_tidy(cue.text), words=words))
    notes = [f"control characters removed in {counted(len(changed), 'cue')}, {listed(changed)}"] * bool(changed)
    return replace(alignment, cues=cues), notes


def _tidy(text: str) -> str:
    # Nearly every text is printable: one fast test instead of two substitutions.
    return text if text.isprintable() else _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
