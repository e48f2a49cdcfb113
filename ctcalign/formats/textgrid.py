"""Praat TextGrid, long text form, with the interval tiers "words", "cues" and, when there are any, "tokens"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ctcalign.align.alignment import AlignedCue, Alignment
from ctcalign.formats.inline import plain
from ctcalign.formats.rendered import Rendered, counted
from ctcalign.formats.times import decimal, ticks
from ctcalign.formats.view import left_out, placed_cues

_PER_SECOND = 1_000_000
_LEAST = 1_000  # ticks: an interval without length is widened to a millisecond where there is room

# Readers that split the long form at its own keys are misled by a text that holds one: such a file is written in
# Praat's short form, which has no keys.
_KEYS = re.compile(r"(item|intervals|points) ?\[|(xmin|xmax|text|name|class) ?=")

Interval = tuple[int, int, str]


@dataclass
class _Tier:
    name: str
    intervals: list[Interval]


def render(alignment: Alignment) -> Rendered:
    """Times to the microsecond. Gaps are empty intervals. A tier cannot hold overlaps: cues of several speakers that
    overlap go to one pair of tiers a speaker ("Ann - words", "Ann - cues"); what still overlaps is clipped at the start
    to the end of the interval before it.
    """
    placed, lost = placed_cues(alignment)
    # An interval without text is a gap.
    blank = [cue.index for cue, _, _ in placed if not plain(cue.text)]
    placed = [row for row in placed if plain(row[0].text)]
    cues = [cue for cue, _, _ in placed]
    xmax = max([ticks(alignment.duration, _PER_SECOND), *(ticks(end, _PER_SECOND) for _, _, end in placed)])
    if xmax <= 0:
        xmax = _LEAST  # Praat refuses a grid without length
    notes = left_out(lost) + left_out(blank, "have no text")
    tiers: list[_Tier] = []
    words = 0
    dropped: list[int] = []
    for prefix, group in _groups(placed):
        spans, gone = _tier(((c.start, c.end, plain(c.text)) for c in group), xmax, notes, "cue")
        dropped += [group[i].index for i in gone]
        timed = [w for c in group for w in c.words if w.status != "not_spoken" and plain(w.text)]
        word_spans, word_gone = _tier(((w.start, w.end, plain(w.text)) for w in timed), xmax, notes, "word")
        words += sum(w.start is not None for w in timed) - len(word_gone)
        tokens = [t for c in group for w in c.words for t in w.tokens]
        token_spans, _ = _tier(((t.start, t.end, t.text) for t in tokens), xmax, notes, "token")
        tiers.append(_Tier(prefix + "words", word_spans))
        tiers.append(_Tier(prefix + "cues", spans))
        if tokens:
            tiers.append(_Tier(prefix + "tokens", token_spans))
    texts = (text for tier in tiers for text in [tier.name, *(label for _, _, label in tier.intervals)])
    write = _short if any(_KEYS.search(text) for text in texts) else _long
    return Rendered(write(tiers, xmax), len(cues) - len(dropped), words, sorted(lost + blank + dropped), notes)


def _groups(placed: list[tuple[AlignedCue, float, float]]) -> list[tuple[str, list[AlignedCue]]]:
    cues = [cue for cue, _, _ in placed]
    overlap = any(a[2] > b[1] for a, b in itertools.pairwise(placed))
    speakers = list(dict.fromkeys(" ".join((cue.speaker or "").split()) for cue in cues))
    if not overlap or len(speakers) < 2:
        return [("", cues)]
    nobody = "unknown"
    while nobody in speakers:
        nobody += " speaker"
    return [
        (f"{speaker or nobody} - ", [c for c in cues if " ".join((c.speaker or "").split()) == speaker])
        for speaker in speakers
    ]


def _tier(
    rows: Iterable[tuple[float | None, float | None, str]], xmax: int, notes: list[str], noun: str
) -> tuple[list[Interval], list[int]]:
    """Intervals without overlap, and the places in `rows` of those that had no room."""
    spans = [
        (ticks(start, _PER_SECOND), ticks(end, _PER_SECOND), i, text)
        for i, (start, end, text) in enumerate(rows)
        if start is not None and end is not None
    ]
    spans.sort(key=lambda span: span[:3])
    kept: list[Interval] = []
    gone: list[int] = []
    clipped = 0
    at = 0
    for k, (start, end, i, text) in enumerate(spans):
        clipped += start < at
        start = max(start, at)
        if end <= start:
            following = spans[k + 1][0] if k + 1 < len(spans) else xmax
            end = min(start + _LEAST, max(following, start), xmax)
        if end <= start:
            gone.append(i)
            continue
        kept.append((start, end, text))
        at = end
    if clipped:
        notes.append(f"{counted(clipped, noun)} began before the end of the one before: clipped")
    if gone:
        notes.append(f"{counted(len(gone), noun)} without length and without room for any: left out")
    return kept, gone


def _filled(intervals: list[Interval], xmax: int) -> list[Interval]:
    out: list[Interval] = []
    at = 0
    for start, end, text in intervals:
        if start > at:
            out.append((at, start, ""))
        out.append((start, end, text))
        at = end
    if at < xmax:
        out.append((at, xmax, ""))
    return out


def _seconds(tick: int) -> str:
    return decimal(tick, 6).rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _long(tiers: list[_Tier], xmax: int) -> str:
    end = _seconds(xmax)
    out = [f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = {end} \n']
    out.append(f"tiers? <exists> \nsize = {len(tiers)} \nitem []: \n")
    for n, tier in enumerate(tiers, 1):
        rows = _filled(tier.intervals, xmax)
        out.append(f'    item [{n}]:\n        class = "IntervalTier" \n        name = {_quoted(tier.name)} \n')
        out.append(f"        xmin = 0 \n        xmax = {end} \n        intervals: size = {len(rows)} \n")
        for i, (a, b, text) in enumerate(rows, 1):
            out.append(
                f"        intervals [{i}]:\n            xmin = {_seconds(a)} \n            xmax = {_seconds(b)} \n"
            )
            out.append(f"            text = {_quoted(text)} \n")
    return "".join(out)


def _short(tiers: list[_Tier], xmax: int) -> str:
    end = _seconds(xmax)
    out = [f'File type = "ooTextFile short"\nObject class = "TextGrid"\n\n0\n{end}\n<exists>\n{len(tiers)}\n']
    for tier in tiers:
        rows = _filled(tier.intervals, xmax)
        out.append(f'"IntervalTier"\n{_quoted(tier.name)}\n0\n{end}\n{len(rows)}\n')
        out.extend(f"{_seconds(a)}\n{_seconds(b)}\n{_quoted(text)}\n" for a, b, text in rows)
    return "".join(out)
