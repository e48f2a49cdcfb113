"""Plain text: a line is a cue. Blank lines separate nothing and are passed over.

A paragraph in one line stays one cue, however long: cutting it is a question of layout, and the aligner copes.
"""

from __future__ import annotations

from ctcalign.formats.shared.drafts import Draft, Notes, Source


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues without times, one a line, the line as it is."""
    return [Draft(line, line=n) for n, line in source.numbered()]
