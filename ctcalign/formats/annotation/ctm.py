"""NIST CTM: recording, channel, start, duration, word and confidence, one spoken word per line."""

from __future__ import annotations

import re

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.clock import decimal, number, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source, channel_numbers
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.layout import with_blocks
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.nist import NIST, channel_namer, without_comments
from ctcalign.formats.shared.reading.alternatives import Alternatives, keep, marks
from ctcalign.formats.shared.reading.pauses import spoken_rows
from ctcalign.formats.shared.timed_words import WordRow, grouped
from ctcalign.formats.shared.view import counted, omission_note, recording_name, spoken_words

_SPACE = re.compile(r"\s+")


def render(alignment: Alignment) -> Rendered:
    """Times with 3 decimals; start + duration is the rounded end. Sorted by channel and start, as sclite requires.

    Words that are not spoken (mark-up) are omitted. White space inside a word becomes "_". The confidence column is
    written when any word has a confidence, with NA for the others; the channel is 1 if the cue has none.
    """
    source = alignment.source if alignment.source is not None and alignment.source.format in NIST else None
    name = recording_name(alignment)
    names = channel_namer(alignment)
    rows: list[tuple[str, int, int, str, float | None, str, int, str, str]] = []
    silent, lost = [], 0
    for cue in alignment.cues:
        words = spoken_words(cue)
        if not words:
            silent.append(cue.index)
        given = cue.attributes.get("alternatives")
        around = marks(cue, f"{name} {names[cue.channel]}") if source is not None else {}
        lost += len(given) - sum(bool(before) for before, _ in around.values()) if isinstance(given, list) else 0
        for word, start, end in words:
            span = (ticks(start, 1000), ticks(end, 1000))
            more = _more_columns(cue, word) if source is not None else ""
            before, after = around.get(id(word), ("", ""))
            rows.append((names[cue.channel], *span, plain(word.text), word.confidence, more, cue.index, before, after))
    rows.sort(key=lambda row: row[:2])
    scored = any(row[4] is not None or row[5] for row in rows)
    out = []
    for channel, first, last, text, confidence, more, index, before, after in rows:
        column = "" if not scored else " NA" if confidence is None else f" {confidence:.4f}"
        times = f"{decimal(first, 3)} {decimal(last - first, 3)}"
        out.append((index, f"{before}{name} {channel} {times} {_SPACE.sub('_', text)}{column}{more}\n{after}"))
    unplaced = sum(
        1
        for cue in alignment.cues
        for word in cue.words
        if word.start is None and word.status != "not_spoken" and word.text.strip()
    )
    notes = omission_note(silent, "have no timed words")
    if unplaced:
        notes.append(f"{counted(unplaced, 'word')} without times omitted")
    if lost and source is not None:
        notes.append(f"{counted(lost, 'alternative')} of words without times omitted")
    header = f"{source.header}\n" if source is not None and source.header else ""
    content = header + "".join(with_blocks(out, source))
    return Rendered(content, len(alignment.cues) - len(silent), len(rows), silent, notes)


def _more_columns(cue: AlignedCue, word: AlignedWord) -> str:
    """Type and speaker of a word, from a file that has these columns."""
    types = cue.attributes.get("types")
    if not isinstance(types, list) or len(types) != len(cue.words):
        return ""
    place = next(place for place, own in enumerate(cue.words) if own is word)
    kind = types[place] if isinstance(types[place], str) else "lex"
    return f" {kind}" + (f" {'_'.join(cue.speaker.split())}" if cue.speaker else "")


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of words, see `timed_words.grouped`; of alternatives (<ALT_BEGIN> ... <ALT> ... <ALT_END>) the first;
    the others are kept for the writer.

    A line of fewer than five columns, or without readable times, becomes a word without times.
    """
    lines = [(n, line.split()) for n, line in without_comments(source)]
    channels = channel_numbers(p[1] for _, p in lines if len(p) > 4)
    rows: list[WordRow] = []
    names: dict[int, str] = {}
    types: dict[int, str | None] = {}
    places: list[Alternatives] = []
    alternative = 0
    for n, parts in lines:
        mark = next((p.upper() for p in parts if p.upper() in ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")), None)
        if mark is not None:
            alternative = {"<ALT_BEGIN>": 1, "<ALT>": alternative + 1, "<ALT_END>": 0}[mark]
            if mark == "<ALT_BEGIN>" or not places:
                places.append(Alternatives())
            if alternative > 1:
                places[-1].others.append([])
            continue
        if alternative > 1:
            notes.add("alternatives: only the first is aligned", n)
            places[-1].others[-1].append(parts[2:])
            continue
        if len(parts) < 5:
            notes.add("fewer than five columns", n, " ".join(parts)[:60])
            rows.append(WordRow(CueWord(parts[-1]), line=n, recording=parts[0] if len(parts) > 1 else None))
            continue
        start, length = number(parts[2]), number(parts[3])
        if start is None or length is None:
            notes.add("unreadable times", n, " ".join(parts)[:60])
            word = CueWord(parts[4])
        else:
            # Rounded: the binary sum 1.1 + 0.2 differs from the next start, 1.3.
            word = CueWord(parts[4], start, round(start + length, 6), number(parts[5]) if len(parts) > 5 else None)
        speaker = parts[7] if len(parts) > 7 else None
        rows.append(WordRow(word, n, speaker, channels[parts[1]], parts[0]))
        if alternative == 1:
            places[-1].first.append(word)
        names[n] = parts[1]
        types[id(word)] = parts[6] if len(parts) > 6 else None
    drafts = grouped(spoken_rows(rows, notes))
    for draft in drafts:
        if draft.line in names:
            draft.attributes["channel"] = names[draft.line]
        own = [types.get(id(word)) for word in draft.words]
        if any(own):
            draft.attributes["types"] = own
    if lost := keep(drafts, places):
        notes.add("alternatives whose first wording is empty or has no times are dropped", detail=str(lost))
    return drafts


_ROW = re.compile(r"^\S+\s+\S+\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?\s+\S+(?:\s+\S+){0,3}$|^\S+\s+\S+\s+\*\s+\*\s+<ALT")


def _matches(source: Source) -> bool:
    return all(_ROW.match(line) for line in source.table)


FORMAT = Format(
    "ctm",
    (".ctm",),
    "NIST CTM, one word per line",
    read,
    render,
    resolution=1e-3,
    keeps=frozenset({"words", "word_ends", "scores"}),
    restores={"ctm": frozenset({ALL}), "stm": frozenset({"channel", "header", "comment"})},
    evidence="columns",
    matches=_matches,
)
