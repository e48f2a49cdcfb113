"""Terminal tables: the cues of an alignment, its summary with the reasons of unplaced words, and the formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.view import tidy

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_COLOURS = {"aligned": "green", "not_spoken": "cyan", "failed": "red"}


@dataclass
class Summary:
    """Counts of an alignment. `reasons`: words with a reason, and cues with one whose words have none."""

    cues: Counter[str] = field(default_factory=Counter)  # by status
    words: Counter[str] = field(default_factory=Counter)  # by status
    unplaced_cues: int = 0
    unplaced_words: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    spoken_seconds: float = 0.0  # covered by aligned cues, overlaps counted once
    unwritten_seconds: float = 0.0


def summary(alignment: Alignment) -> Summary:
    """Count the cues and words of an alignment by status and reason."""
    result = Summary()
    for cue in alignment.cues:
        result.cues[cue.status] += 1
        result.unplaced_cues += cue.start is None
        if cue.reason and not any(word.reason for word in cue.words):
            result.reasons[cue.reason] += 1
        for word in cue.words:
            result.words[word.status] += 1
            result.unplaced_words += word.start is None
            if word.reason:
                result.reasons[word.reason] += 1
    result.spoken_seconds = _covered(
        [cue.span for cue in alignment.cues if cue.status == "aligned" and cue.span is not None]
    )
    result.unwritten_seconds = _covered(alignment.unwritten)
    return result


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    total, at = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(end - max(start, at), 0.0)
        at = max(at, end)
    return total


def cue_table(alignment: Alignment, *, most: int | None = None, width: int = 60) -> Table:
    """A table of cues: start, end, status, score, confidence and the text, shortened to `width` characters.

    `most` limits the rows: to failed and unplaced cues, then cues from the start; a last row counts the rest.
    """
    from rich.table import Table
    from rich.text import Text

    # box=None: frames are noise in a log file or a narrow terminal.
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("cue", "start", "end"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True, max_width=36, overflow="ellipsis")
    for name in ("score", "conf."):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("text", overflow="ellipsis", no_wrap=True, ratio=1)  # shrinks first
    shown = chosen(alignment, most)
    for place in shown:
        cue = alignment.cues[place]
        status = cue.status.replace("_", " ") + (f": {cue.reason}" if cue.reason else "")
        table.add_row(
            str(cue.index),
            time_text(cue.start),
            time_text(cue.end),
            Text(status, style=_COLOURS[cue.status]),
            "" if cue.score is None else f"{cue.score:.2f}",
            "" if cue.confidence is None else f"{cue.confidence:.2f}",
            Text(shortened(tidy(cue.text), width)),  # as Text: "[b]" in a caption is not terminal mark-up
        )
    if len(shown) < len(alignment.cues):
        table.add_row("", "", "", Text("...", style="dim"), "", "", f"{len(alignment.cues) - len(shown)} more cues")
    return table


def chosen(alignment: Alignment, most: int | None) -> list[int]:
    """Places of at most so many cues: those that failed or have no time, then cues from the start."""
    places = list(range(len(alignment.cues)))
    if most is None or len(places) <= most:
        return places
    flagged = [i for i in places if alignment.cues[i].status == "failed" or alignment.cues[i].start is None][:most]
    rest = [i for i in places if i not in set(flagged)][: most - len(flagged)]
    return sorted(flagged + rest)


def summary_lines(alignment: Alignment) -> list[str]:
    """The summary as short lines of text, with the reasons by frequency."""
    counts = summary(alignment)
    lines = [_status_line("cues", counts.cues, counts.unplaced_cues)]
    if counts.words:
        lines.append(_status_line("words", counts.words, counts.unplaced_words))
    lines += [f"  {number} x {reason}" for reason, number in counts.reasons.most_common()]
    speech = f"speech {counts.spoken_seconds:.1f} s of {alignment.duration:.1f} s"
    if alignment.unwritten:
        speech += f", {counts.unwritten_seconds:.1f} s of speech in no cue ({len(alignment.unwritten)} stretches)"
    return [*lines, speech, *(f"warning: {text}" for text in alignment.warnings)]


def _status_line(noun: str, counts: Counter[str], unplaced: int) -> str:
    parts = [f"{counts[status]} {status.replace('_', ' ')}" for status in _COLOURS if counts[status]]
    placed = f", {unplaced} without a time" if unplaced else ""
    return f"{sum(counts.values())} {noun}: {', '.join(parts) or 'none'}{placed}"


def print_alignment(alignment: Alignment, console: Console | None = None, *, most: int | None = 40) -> None:
    """Print the table and the summary, on stderr unless a console is given."""
    from rich.console import Console

    out = console or Console(stderr=True)
    out.print(cue_table(alignment, most=most))
    for line in summary_lines(alignment):
        out.print(line, markup=False, highlight=False)


def print_formats(console: Console | None = None) -> None:
    """Print the description of each format and what it stores, on stdout: `ctcalign convert --list`."""
    from rich.console import Console
    from rich.table import Table

    from ctcalign.formats.registry import FORMATS, OUTPUT_FORMATS

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("format", "extension", "time step", "holds", "description"):
        table.add_column(name)
    for entry in (FORMATS[name] for name in OUTPUT_FORMATS):
        step = f"{entry.resolution:g} s" if entry.resolution else "exact"
        extension = "folder/" if entry.folder else " ".join(entry.extensions) or "(by name)"
        table.add_row(entry.name, extension, step, ", ".join(sorted(entry.keeps)).replace("_", " "), entry.description)
    (console or Console()).print(table)


def time_text(seconds: float | None) -> str:
    """m:ss.mmm, with hours from one hour on; "-" for None.

    >>> time_text(61.5), time_text(3661.0), time_text(None)
    ('1:01.500', '1:01:01.000', '-')
    """
    if seconds is None:
        return "-"
    from ctcalign.formats.shared.clock import clock, ticks

    text = clock(ticks(seconds, 1000))
    return text.removeprefix("00:").removeprefix("0") if text.startswith("00:") else text.removeprefix("0")


def shortened(text: str, width: int) -> str:
    """The text on one line, cut at `width` characters.

    >>> shortened("Hello,\\n  how are you?", 12)
    'Hello, how …'
    """
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
