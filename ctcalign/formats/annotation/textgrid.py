"""Praat TextGrid, long text form, with the interval tiers "words", "cues" and, when there are any, "tokens"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.clock import decimal, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.praat import tiers_of
from ctcalign.formats.shared.reading.tiers import cues_of_tiers
from ctcalign.formats.shared.tier_names import TierNames, own_groups, prefixed
from ctcalign.formats.shared.view import counted, omission_note, placed_cues

_PER_SECOND = 1_000_000
_LEAST = 1_000  # ticks: an interval of zero length is widened to a millisecond if there is room

# Some readers split the long form at these keys, even inside texts: a file with such a text is written in Praat's
# short form, which has no keys.
_KEYS = re.compile(r"(item|intervals|points) ?\[|(xmin|xmax|text|name|class) ?=")

Interval = tuple[int, int, str]


@dataclass
class _Tier:
    name: str
    intervals: list[Interval]


def render(alignment: Alignment) -> Rendered:
    """Times to the microsecond. Gaps are empty intervals.

    Tiers keep the names of an input TextGrid. A tier cannot represent overlaps: if cues of several speakers
    overlap, each speaker has tiers of their own ("Ann - words", "Ann - cues"); an interval that still overlaps the one
    before it starts at its end.
    """
    placed, lost = placed_cues(alignment)
    # An interval without text would be a gap.
    blank = [cue.index for cue, _, _ in placed if not plain(cue.text)]
    placed = [row for row in placed if plain(row[0].text)]
    cues = [cue for cue, _, _ in placed]
    xmax = max([ticks(alignment.duration, _PER_SECOND), *(ticks(end, _PER_SECOND) for _, _, end in placed)])
    if xmax <= 0:
        xmax = _LEAST  # Praat refuses a grid of zero length
    notes = omission_note(lost) + omission_note(blank, "have no text")
    tiers: list[_Tier] = []
    words = 0
    dropped: list[int] = []
    for names, members in _groups(alignment, placed):
        spans, gone = _tier(((c.start, c.end, plain(c.text)) for c in members), xmax, notes, "cue")
        dropped += [members[i].index for i in gone]
        timed = [w for c in members for w in c.words if w.status != "not_spoken" and plain(w.text)]
        word_spans, word_gone = _tier(((w.start, w.end, plain(w.text)) for w in timed), xmax, notes, "word")
        words += sum(w.start is not None for w in timed) - len(word_gone)
        tokens = [t for c in members for w in c.words for t in w.tokens]
        token_spans, _ = _tier(((t.start, t.end, t.text) for t in tokens), xmax, notes, "token")
        tiers.append(_Tier(names.words, word_spans))
        tiers.append(_Tier(names.cues, spans))
        if tokens:
            tiers.append(_Tier(names.tokens, token_spans))
    texts = (text for tier in tiers for text in [tier.name, *(label for _, _, label in tier.intervals)])
    write = _short if any(_KEYS.search(text) for text in texts) else _long
    return Rendered(write(tiers, xmax), len(cues) - len(dropped), words, sorted(lost + blank + dropped), notes)


def _groups(
    alignment: Alignment, placed: list[tuple[AlignedCue, float, float]]
) -> list[tuple[TierNames, list[AlignedCue]]]:
    """Cues by tier: as in the input TextGrid, else by speaker where they overlap, else all in one."""
    cues = [cue for cue, _, _ in placed]
    if alignment.source is not None and alignment.source.format in ("textgrid", "eaf"):
        own = own_groups(cues)
        if own:
            return own
    overlap = any(a[2] > b[1] for a, b in itertools.pairwise(placed))
    speakers = list(dict.fromkeys(" ".join((cue.speaker or "").split()) for cue in cues))
    if not overlap or len(speakers) < 2:
        return [(TierNames(), cues)]
    unknown = "unknown"
    while unknown in speakers:
        unknown += " speaker"
    return [
        (prefixed(speaker or unknown), [c for c in cues if " ".join((c.speaker or "").split()) == speaker])
        for speaker in speakers
    ]


def _tier(
    rows: Iterable[tuple[float | None, float | None, str]], xmax: int, notes: list[str], noun: str
) -> tuple[list[Interval], list[int]]:
    """Intervals without overlap, and the positions in `rows` of those that do not fit."""
    spans = [
        (ticks(start, _PER_SECOND), ticks(end, _PER_SECOND), i, text)
        for i, (start, end, text) in enumerate(rows)
        if start is not None and end is not None
    ]
    spans.sort(key=lambda span: span[:3])
    kept: list[Interval] = []
    dropped: list[int] = []
    clipped = 0
    at = 0
    for k, (start, end, i, text) in enumerate(spans):
        clipped += start < at
        start = max(start, at)
        if end <= start:
            following = spans[k + 1][0] if k + 1 < len(spans) else xmax
            end = min(start + _LEAST, max(following, start), xmax)
        if end <= start:
            dropped.append(i)
            continue
        kept.append((start, end, text))
        at = end
    if clipped:
        notes.append(f"{counted(clipped, noun)} began before the end of the one before: clipped")
    if dropped:
        notes.append(f"{counted(len(dropped), noun)} without length and without room for any: omitted")
    return kept, dropped


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


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of the utterance tiers, with the words of the word tiers inside them; see `cues_of_tiers`."""
    return cues_of_tiers(tiers_of(source), notes)


def _matches(source: Source) -> bool:
    first = source.head[:2000]
    return first.startswith(('File type = "ooTextFile', '"ooTextFile')) and "TextGrid" in first


FORMAT = Format(
    "textgrid",
    (".TextGrid",),
    "Praat TextGrid: words, cues, tokens",
    read,
    render,
    resolution=1e-6,
    keeps=frozenset({"words", "word_ends"}),
    restores={"textgrid": frozenset({"tiers"}), "eaf": frozenset({"tiers"})},
    evidence="header",
    matches=_matches,
)
