"""Terminal table of the hits of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctcalign.report.tables.alignment import shortened, time_text
from ctcalign.search.hits import PhraseHits

if TYPE_CHECKING:
    from rich.table import Table


def hit_table(found: PhraseHits, *, width: int = 60) -> Table:
    """One row per hit, ordered by phrase and time; phrases without a hit are listed as not found."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("start", "end", "conf.", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("phrase", overflow="ellipsis", no_wrap=True, ratio=1)  # shrinks first
    for text, hits in zip(found.phrases, found.hits, strict=True):
        line = Text(shortened(text, width))  # as Text: "[b]" in a phrase is not terminal mark-up
        if not hits:
            table.add_row("-", "-", "", "", line + Text("  (not found)", style="dim"))
        for hit in hits:
            table.add_row(
                time_text(hit.start),
                time_text(hit.end),
                f"{hit.confidence or 0.0:.2f}",
                f"{hit.score or 0.0:.2f}",
                line,
            )
    return table


def hit_summary(found: PhraseHits) -> str:
    """One line: the number of hits, and the phrases without one."""
    count = sum(map(len, found.hits))
    missing = [text for text, hits in zip(found.phrases, found.hits, strict=True) if not hits]
    line = f"{count} hit{'' if count == 1 else 's'} in {found.duration:.1f} s of audio"
    if not missing:
        return line
    shown = ", ".join(repr(shortened(text, 40)) for text in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return f"{line}; not found: {shown}{more} (a lower --min-confidence shows less certain hits)"
