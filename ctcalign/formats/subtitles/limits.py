"""Limits for the cues of a subtitle file: long cues are split between words, and their lines are balanced."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.errors import UsageError
from ctcalign.formats.shared.mark_up import TAG
from ctcalign.formats.shared.reading.override_blocks import comments, visible
from ctcalign.formats.shared.view import counted, listed
from ctcalign.formats.subtitles.breaking import (
    Atom,
    atoms_of,
    balanced_lines,
    best_parts,
    is_break,
    line_count,
    width_of,
)
from ctcalign.formats.subtitles.parts import located, part_of
from ctcalign.formats.subtitles.presentation import presented

SUBTITLES = frozenset({"srt", "vtt", "ass", "ttml", "sbv", "scc"})  # formats to which the limits apply
LINE_LENGTH, LINES = 42, 2  # common in style guides for Latin scripts
TIMES = ("lead_in", "lead_out", "min_duration", "min_gap", "snap_gaps")
LONGEST = 60.0  # seconds; upper bound of each of TIMES
PAUSE = 0.5  # seconds; a longer pause between words is as good a place to split as the end of a sentence


@dataclass(frozen=True)
class SubtitleLimits:
    """Limits and times of the cues of a subtitle file; None: no limit.

    Attributes:
        max_line_length: characters; with `max_lines` alone it is `LINE_LENGTH`.
        max_lines: lines of a cue; with `max_line_length` alone it is `LINES`.
        max_cps: largest reading speed in characters per second.
        lead_in, lead_out, min_duration, min_gap, snap_gaps: seconds, see `presentation.presented`.
    """

    max_line_length: int | None = None
    max_lines: int | None = None
    max_cps: float | None = None
    lead_in: float = 0.0
    lead_out: float = 0.0
    min_duration: float = 0.0
    min_gap: float = 0.0
    snap_gaps: float = 0.0

    def __post_init__(self) -> None:
        for name in ("max_line_length", "max_lines", "max_cps"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name}: expected a number above 0, got {value!r}")
        for name in TIMES:
            if not 0 <= getattr(self, name) < LONGEST:
                raise UsageError(f"{name}: expected seconds from 0 to {LONGEST:g}, got {getattr(self, name)!r}")

    def __bool__(self) -> bool:
        return self != SubtitleLimits()

    @property
    def times(self) -> dict[str, float]:
        """The settings of `presentation.presented` but `max_cps`."""
        return {name: getattr(self, name) for name in TIMES}


def check_outputs(limits: SubtitleLimits | None, formats: Sequence[str]) -> None:
    """Raise a UsageError if limits are set and none of the outputs is of a subtitle format."""
    if limits and not SUBTITLES.intersection(formats):
        raise UsageError(
            f"--max-line-length, --max-cps, --lead-in and the like: for {', '.join(sorted(SUBTITLES))}, "
            "but no output is one"
        )


def limited(alignment: Alignment, limits: SubtitleLimits) -> tuple[Alignment, list[str]]:
    """A copy whose cues are within the limits, and notes about cues that cannot be. Other cues are unchanged.

    A longer cue is divided at words, with the times of the words, or in proportion to its length if they have none.
    Then display times are set by `presentation.presented`.
    """
    cues, notes = list(alignment.cues), []
    if limits.max_line_length is not None or limits.max_lines is not None:
        longest, most = limits.max_line_length or LINE_LENGTH, limits.max_lines or LINES
        cues = [part for cue in cues for part in _divided(cue, longest, most)]
        wide = {cue.index for cue in cues if any(width_of(line) > longest for line in cue.text.split("\n"))}
        high = {cue.index for cue in cues if cue.text.count("\n") >= most} - wide
        for kind, found in (("a line longer than --max-line-length", wide), ("more than --max-lines lines", high)):
            if found:
                notes.append(f"{counted(len(found), 'cue')} with {kind}, no place to break: {listed(sorted(found))}")
    if limits.max_cps is not None or any(limits.times.values()):
        cues, fast = presented(cues, alignment.duration, max_cps=limits.max_cps, **limits.times)
        if fast:
            notes.append(f"{counted(len(fast), 'cue')} faster than --max-cps, no room after them: {listed(fast)}")
    return replace(alignment, cues=cues), notes


def _divided(cue: AlignedCue, longest: int, most: int) -> list[AlignedCue]:
    rows = TAG.sub(lambda tag: "\n" if is_break(tag) else "", cue.text).split("\n")
    if len(rows) <= most and all(width_of(row) <= longest for row in rows):
        return [cue]
    if _is_drawn(cue):
        return [cue]
    atoms = atoms_of(cue.text)
    if not atoms:
        return [cue]
    span = cue.span or (cue.input_start, cue.input_end)
    _set_times(atoms, cue)

    def fits(first: int, stop: int) -> bool:
        return line_count(atoms, first, stop, longest) <= most

    def pause(place: int) -> float:
        before, after = atoms[place - 1].end, atoms[place].begin
        return 3.0 if before is not None and after is not None and after - before >= PAUSE else 0.0

    parts = [(0, len(atoms))]
    if span[0] is not None and span[1] is not None:
        parts = best_parts(atoms, 0, len(atoms), fits, longest * most, pause)
    times = _part_times(atoms, parts, span)
    rows_of = [balanced_lines(atoms, first, stop, longest) for first, stop in parts]
    spans = [[(atoms[a].start, atoms[b - 1].stop) for a, b in rows] for rows in rows_of]
    hidden = _comments(cue, [lines[-1][1] for lines in spans])
    return [
        part_of(cue, lines, begin, end, place, hidden[place])
        for place, (lines, (begin, end)) in enumerate(zip(spans, times, strict=True))
    ]


def _comments(cue: AlignedCue, ends: Sequence[int]) -> list[list[tuple[int, str]]]:
    """The comments in braces of an ASS event, for each of its parts, which end at `ends` in its text."""
    out: list[list[tuple[int, str]]] = [[] for _ in ends]
    raw = cue.attributes.get("text")
    if isinstance(raw, str) and visible(raw) == cue.text:
        for place, comment in comments(raw):
            out[min(bisect_left(ends, place), len(ends) - 1)].append((place, comment))
    return out


def _is_drawn(cue: AlignedCue) -> bool:
    """Whether the text of an ASS event has commands that count its characters: drawings and karaoke."""
    raw = str(cue.attributes.get("text", ""))
    return any(command in raw for command in ("\\k", "\\K", "\\p1", "\\p2", "\\p4"))


def _set_times(atoms: list[Atom], cue: AlignedCue) -> None:
    starts = [atom.start for atom in atoms]
    for place, word in located(cue):
        if word.span is None:
            continue
        atom = atoms[max(bisect_left(starts, place + 1) - 1, 0)]
        atom.begin = word.span.start if atom.begin is None else min(atom.begin, word.span.start)
        atom.end = word.span.end if atom.end is None else max(atom.end, word.span.end)


def _part_times(
    atoms: list[Atom], parts: list[tuple[int, int]], span: tuple[float | None, float | None]
) -> list[tuple[float | None, float | None]]:
    start, end = span
    if start is None or end is None or len(parts) == 1:
        return [span] * len(parts)
    edges: list[tuple[float, float]] = [(start, start)]
    for _, place in parts[:-1]:
        before, after = _edge(atoms, place, start, end)
        edges.append((max(before, edges[-1][1]), max(after, edges[-1][1])))
    edges.append((end, end))
    return [(a[1], max(a[1], b[0])) for a, b in pairwise(edges)]


def _edge(atoms: list[Atom], place: int, start: float, end: float) -> tuple[float, float]:
    """End of what is before `place` and start of what follows, seconds within [start, end]."""
    last = next((k for k in range(place - 1, -1, -1) if atoms[k].end is not None), -1)
    following = next((k for k in range(place, len(atoms)) if atoms[k].begin is not None), len(atoms))
    left = atoms[last].end if last >= 0 else None
    right = atoms[following].begin if following < len(atoms) else None
    before = min(max(start if left is None else left, start), end)
    after = min(max(end if right is None else right, start), end)
    if after < before:
        before = after = (before + after) / 2
    if last == place - 1 and following == place:
        return before, after
    whole = sum(atom.width + 1 for atom in atoms[last + 1 : following])
    share = sum(atom.width + 1 for atom in atoms[last + 1 : place]) / max(whole, 1)
    cut = before + share * (after - before)
    return cut, cut
