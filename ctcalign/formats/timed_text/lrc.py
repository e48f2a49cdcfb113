"""Enhanced LRC lyrics: one line per cue, `[mm:ss.cc]` at its start, `<mm:ss.cc>` at each word and at the end."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.clock import lrc_clock, parse_clock, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import WORD_JOINER, unescaped
from ctcalign.formats.shared.timed_words import TimedText, words_of
from ctcalign.formats.shared.view import omission_note, pieces, placed_cues, recording_name

_TIME = re.compile(r"([\[<])(?=\d+:\d+(?:[.:]\d+)?[\]>])")


def render(alignment: Alignment) -> Rendered:
    """Cues without times are omitted. A pause is written as `[end]` without text: players then clear the line.

    Text that looks like a time of the format (`[1:23]`) gets a word joiner (no width) after its bracket.
    """
    placed, lost = placed_cues(alignment)
    rows = [f"[re:ctcalign]\n[ti:{recording_name(alignment)}]\n[length:{lrc_clock(ticks(alignment.duration, 100))}]\n"]
    words = 0
    spans = [span_ticks(start, end, 100) for _, start, end in placed]
    for i, (cue, _, _) in enumerate(placed):
        first, last = spans[i]
        text, timed = _line(cue, first, last)
        words += timed
        rows.append(f"[{lrc_clock(first)}]{text}\n")
        if i + 1 == len(placed) or spans[i + 1][0] > last:
            rows.append(f"[{lrc_clock(last)}]\n")
    return Rendered("".join(rows), len(placed), words, lost, omission_note(lost))


def _line(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    one_line = " ".join(cue.text.split())
    parts: list[str] = []
    timed = 0
    latest = first
    words = [replace(word, text=" ".join(word.text.split())) for word in cue.words]
    cut = pieces(replace(cue, text=one_line, words=words))
    for piece in cut:
        if piece.tag:
            continue
        if piece.word is not None and piece.word.start is not None:
            latest = max(latest, min(ticks(piece.word.start, 100), last))
            parts.append(f"<{lrc_clock(latest)}>")
            timed += piece.word.status != "not_spoken"
        parts.append(_TIME.sub(r"\1" + WORD_JOINER, unescaped(piece.text)))
    text = "".join(parts).strip()
    if timed:
        return f"{text}<{lrc_clock(last)}>", timed
    # "[MUSIC]" directly after the time would be read as another tag of the line.
    return (" " + text if text.startswith("[") else text), timed


_STAMP = re.compile(r"\s*\[([-+]?\d+:\d+(?:[.:]\d+)?(?:[.:]\d+)?)\]")
_WORD_STAMP = re.compile(r"[<\[](\d+:\d+(?:[.:]\d+)?)[>\]]")
_META = re.compile(r"^\s*\[(?:[a-zA-Z]+|#)\s*:(.*)\]\s*$")
_OFFSET = re.compile(r"^[^\S\n]*\[offset\s*:\s*([+-]?\d{1,12})\s*\]", re.I | re.M)

_JOINED = re.compile("([\\[<])\u2060(?=\\d)")  # `render` writes "[1:23]" in a text so


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue for each time stamp with text, in order of time: a line with three stamps becomes three cues.

    LRC has no end times: a cue ends at the end stamp of its last word, else at the next stamp (of an empty line too),
    else it has no length. The offset tag is applied.
    """
    shift = _OFFSET.search(source.text)
    offset = -int(shift[1]) / 1000 if shift else 0.0  # positive: earlier
    lines: list[Draft] = []
    loose: list[Draft] = []
    for n, line in source.numbered():
        if _META.match(line) and not _STAMP.match(line):
            continue
        stamps, place = [], 0
        while match := _STAMP.match(line, place):
            stamps.append(_seconds(match[1]))
            place = match.end()
        text = line[place:]
        text = text[1:] if text.startswith(" ") else text
        if not stamps:
            notes.add("line without a time", n, line.strip()[:40])
            loose.append(Draft(text, line=n))
        elif any(s is None for s in stamps):
            notes.add("unreadable times", n, line.strip()[:40])
            loose.append(Draft(text, line=n))
        else:
            lines += [_read_line(text, s + offset, offset, n, i) for i, s in enumerate(stamps) if s is not None]
    lines.sort(key=lambda d: d.start or 0.0)
    out = []
    for k, draft in enumerate(lines):
        if not draft.text.strip():
            continue
        following = lines[k + 1].start if k + 1 < len(lines) else None
        out.append(_ended(draft, following))
    return _merged(out, loose)


def _merged(timed: list[Draft], loose: list[Draft]) -> list[Draft]:
    """The cues in order of time, each line without a time after the timed lines that precede it in the file."""
    latest = list(accumulate((d.line or 0 for d in timed), max))
    placed = [((i, 1, 0), d) for i, d in enumerate(timed)]
    placed += [((bisect_right(latest, d.line or 0), 0, d.line or 0), d) for d in loose]
    return [d for _, d in sorted(placed, key=lambda pair: pair[0])]


def _seconds(stamp: str) -> float | None:
    parts = stamp.split(":")
    if len(parts) == 3 and "." not in stamp:  # [mm:ss:xx], an old spelling of [mm:ss.xx]
        stamp = f"{parts[0]}:{parts[1]}.{parts[2]}"
    return parse_clock(stamp)


def _read_line(text: str, start: float, offset: float, line: int, copy: int) -> Draft:
    parts = _WORD_STAMP.split(text)
    start = round(start, 4)
    draft = Draft(_JOINED.sub(r"\1", "".join(parts[0::2])), start, None, line=line)
    if len(parts) > 1 and copy == 0:  # word times belong to the first of several stamps
        draft.text = draft.text.strip()
        stamps = [start, *(round(s + offset, 4) if (s := _seconds(p)) is not None else None for p in parts[1::2])]
        ends = [*stamps[1:], None]
        draft.words = words_of([TimedText(t, a, b) for t, a, b in zip(parts[0::2], stamps, ends, strict=True)])
        if not parts[-1].strip():
            draft.end = stamps[-1]
    return draft


def _ended(draft: Draft, following: float | None) -> Draft:
    end = draft.end if draft.end is not None else following
    if end is None:
        known = [t for w in draft.words for t in (w.start, w.end) if t is not None]
        end = max([draft.start or 0.0, *known])
    draft.end = end
    if draft.words and draft.words[-1].end is None and following is not None:
        last = draft.words[-1]
        draft.words[-1] = replace(last, end=max(end, last.start or end))
    return draft


_TAGGED = re.compile(r"^\s*\[(?:\d+:\d+(?:[.:]\d+)?|[a-zA-Z#]+:[^\]]*)\]")
_TIMED = re.compile(r"^[^\S\n]*\[\d+:\d+(?:[.:]\d+)?\]", re.M)


def _matches(source: Source) -> bool:
    tagged = sum(bool(_TAGGED.match(line)) for line in source.sample)
    return _TIMED.search(source.text) is not None and tagged > 0.5 * len(source.sample) and not _has_hours(source)


def _has_hours(source: Source) -> bool:
    """Whether the stamps are "[00:01:02]" of a transcript and not LRC's old "[mm:ss:xx]" with hundredths of seconds."""
    thirds = [int(match[1]) for line in source.sample if (match := re.match(r"\s*\[\d+:\d+:(\d{1,9})\]", line))]
    return bool(thirds) and max(thirds) < 60


FORMAT = Format(
    "lrc",
    (".lrc",),
    "enhanced LRC lyrics with word times",
    read,
    render,
    resolution=1e-2,
    keeps=frozenset({"words"}),
    evidence="lines",
    matches=_matches,
)
