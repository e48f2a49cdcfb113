"""Plain text: a line is a cue, blank lines are skipped.

A paragraph on one line is one cue here; `ctcalign.aligner.division` divides it into sentences.
"""

from __future__ import annotations

from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues without times, one per line."""
    return [Draft(line, line=n) for n, line in source.numbered()]


FORMAT = Format("txt", (), "plain text, one cue per line", read, aliases=("text",), more_extensions=(".txt",))
