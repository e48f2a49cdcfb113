"""Advanced SubStation: karaoke for captions of any format; an ASS or SSA file keeps its styles and events.

Written from another format, each word fills with colour while it is spoken. Written from an ASS or SSA file, only times
change: header, styles, fonts, comments, fields, commands and order stay, and karaoke only where the file has it.
"""

from __future__ import annotations

import re
from functools import partial

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.clock import ass_clock, parse_clock, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.layout import with_blocks
from ctcalign.formats.shared.mark_up import ass_tag, ass_text, unescaped
from ctcalign.formats.shared.reading.override_blocks import has_karaoke, syllables, visible, warped
from ctcalign.formats.shared.timed_words import words_of
from ctcalign.formats.shared.view import caption_rows, counted, omission_note, pieces

_HEADER = """[Script Info]
; written by ctcalign
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,64,&H0000D7FF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,80,80,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


_FIELDS = "layer start end style name marginl marginr marginv effect text".split()
# Default values of the columns; a cue does not store them.
_DEFAULTS = {
    "layer": "0",
    "marked": "Marked=0",
    "style": "Default",
    **dict.fromkeys(("marginl", "marginr", "marginv"), "0"),
}
_KEPT = "ass"


def render(alignment: Alignment) -> Rendered:
    """The `\\k` times of a cue are whole centiseconds that add up to its length; pauses are `\\k` without text.

    A cue that was not placed is written at the time of the input file; without one, as a Comment line.
    """
    source = alignment.source if alignment.source is not None and alignment.source.format == _KEPT else None
    header = source.header if source is not None and "[events]" in source.header.lower() else _HEADER
    fields = _columns(header) or _FIELDS
    rows = caption_rows(alignment, own=source is not None)
    events: list[tuple[int, str]] = []
    words = changed = 0
    for cue, start, end in rows.placed:
        first, last = span_ticks(start, end, 100)
        own = _own_text(cue, start, end) if source is not None else None
        if own is None:
            text, timed = _karaoke(cue, first, last, karaoke=source is None)
            changed += any(brace in text for brace in "\uff5b\uff5d") and not any(b in cue.text for b in "\uff5b\uff5d")
        else:
            text, timed = own, sum(w.span is not None and w.status != "not_spoken" for w in cue.words)
        words += timed
        events.append((cue.index, _event("Dialogue", fields, cue, first, last, text)))
    for cue in rows.unplaced:
        text = _own_text(cue, None, None) or ass_text(unescaped(cue.text))
        events.append((len(alignment.cues) - 1, _event("Comment", fields, cue, 0, 0, text)))
    lost = [cue.index for cue in rows.unplaced]
    notes = rows.notes + [note.replace("omitted", "written as Comment") for note in omission_note(lost)]
    if changed:
        notes.append(f"braces in {counted(changed, 'cue')} are full-width: ASS hides text between braces")
    body = with_blocks(events, source)
    return Rendered(header.rstrip("\n") + "\n" + "".join(body), len(rows.placed), words, lost, notes)


def _event(kind: str, fields: list[str], cue: AlignedCue, first: int, last: int, text: str) -> str:
    """An event line in the columns of the file."""
    known = {"start": ass_clock(first), "end": ass_clock(last), "name": _name(cue), "actor": _name(cue), "text": text}
    values = (known.get(field) or str(cue.attributes.get(field, _DEFAULTS.get(field, ""))) for field in fields)
    return f"{kind}: {','.join(values)}\n"


def _own_text(cue: AlignedCue, start: float | None, end: float | None) -> str | None:
    """The text of the input file, its syllables at the new times; None if the text of the cue has changed."""
    raw = cue.attributes.get("text")
    if not isinstance(raw, str) or visible(raw) != cue.text:
        return None
    if start is None or end is None or cue.input_start is None or cue.input_end is None or not has_karaoke(raw):
        return raw
    new_starts = {}
    cursor = 0
    for word in cue.words:
        found = cue.text.find(word.text, cursor) if word.text.strip() else -1
        if found >= 0:
            cursor = found + len(word.text)
            new_starts[found] = word.start
    pairs = [(cue.input_start, start)]
    cursor = 0
    for given in words_of(syllables(raw, cue.input_start)):
        found = cue.text.find(given.text, cursor)
        if found < 0:
            continue
        cursor = found + len(given.text)
        new = new_starts.get(found)
        if given.start is not None and new is not None and given.start > pairs[-1][0] and new >= pairs[-1][1]:
            pairs.append((given.start, new))
    if cue.input_end > pairs[-1][0]:
        pairs.append((cue.input_end, max(end, pairs[-1][1])))
    if len(pairs) < 2:
        return raw
    return warped(raw, [old for old, _ in pairs], [new for _, new in pairs])


def _name(cue: AlignedCue) -> str:
    # A comma ends the Name column, and there are no quotes.
    return " ".join((cue.speaker or "").replace(",", ";").split())


def _karaoke(cue: AlignedCue, first: int, last: int, *, karaoke: bool) -> tuple[str, int]:
    """The text, with `\\k` before each timed word if `karaoke`; [first, last] in centiseconds."""
    cut = pieces(cue)
    karaoke = karaoke and any(piece.word for piece in cut)
    parts: list[str] = []
    at, timed = first, 0
    for piece in cut:
        word = piece.word
        if karaoke and word is not None and word.span is not None:
            begin = max(at, min(ticks(word.span.start, 100), last))
            end = max(begin, min(ticks(word.span.end, 100), last))
            if begin > at:
                parts.append(f"{{\\k{begin - at}}}")
            parts.append(f"{{\\k{end - begin}}}")
            at = end
            timed += word.status != "not_spoken"
        parts.append(ass_tag(piece.tag, keep_karaoke=not karaoke) if piece.tag else ass_text(unescaped(piece.text)))
    if karaoke and at < last:
        parts.append(f"{{\\k{last - at}}}")
    return "".join(parts), timed


_EVENT = re.compile(r"^\s*(Dialogue|Comment)\s*:\s?(.*)$", re.I)
_OWN_MARK = "; written by ctcalign"


def _columns(header: str) -> list[str] | None:
    """The columns of the events, from the Format line of their section."""
    found, in_events = None, False
    for line in header.split("\n"):
        if line.lstrip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif in_events and line.lower().lstrip().startswith("format:"):
            found = [field.strip().lower() for field in line.split(":", 1)[1].split(",")]
    return found


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per Dialogue line, commands kept in the text, \\N as line break; comments in braces and drawings are not.

    Comment lines are not captions, except those in which ctcalign keeps cues that it could not place.
    """
    own = _OWN_MARK in source.text
    lines = source.lines()
    first = next((n for n, line in enumerate(lines) if _EVENT.match(line)), len(lines))
    source.beside.header = "\n".join(lines[:first])
    fields = _columns(source.beside.header) or _FIELDS
    out: list[Draft] = []
    for n, line in enumerate(lines[first:], first + 1):
        match = _EVENT.match(line)
        unplaced = match is not None and own and ",0:00:00.00,0:00:00.00," in match[2]
        if match is not None and (unplaced or match[1].lower() == "dialogue"):
            out.append(_draft(match[2], fields, n, unplaced, notes))
        else:
            _add_block(source, n, "comment" if match is not None else "section", line)
    while source.beside.blocks and not source.beside.blocks[-1][2].strip():
        source.beside.blocks.pop()
    if source.beside.blocks:
        n, kind, text = source.beside.blocks[-1]
        source.beside.blocks[-1] = (n, kind, text.rstrip("\n"))
    return out


def _add_block(source: Source, n: int, kind: str, line: str) -> None:
    """Store a line that is not a cue; consecutive lines of one kind form one block."""
    blocks = source.beside.blocks
    if blocks and kind == "section" and blocks[-1][1] == kind and blocks[-1][0] + blocks[-1][2].count("\n") + 1 == n:
        blocks[-1] = (blocks[-1][0], kind, f"{blocks[-1][2]}\n{line}")
    else:
        blocks.append((n, kind, line))


def _draft(event: str, fields: list[str], n: int, unplaced: bool, notes: Notes) -> Draft:
    values = event.split(",", len(fields) - 1)
    row = dict(zip(fields, values, strict=False))
    if len(values) < len(fields):
        notes.add("broken Dialogue line", n, event.strip()[:60])
        row.setdefault("text", values[-1] if len(values) > 3 else "")
    start, end = parse_clock(row.get("start", "")), parse_clock(row.get("end", ""))
    if unplaced:
        start = end = None
    elif start is None or end is None:
        notes.add("unreadable times", n, event.strip()[:60])
    raw = row.get("text", "")
    speaker = row.get("name", row.get("actor", "")).strip()
    draft = Draft(visible(raw), start, end, line=n, speaker=speaker or None)
    parted = syllables(raw, start)
    if len(parted) > 1:
        draft.words = words_of(parted)
    known = {"start", "end", "name", "actor", "text"}
    draft.attributes = {
        key: value for key, value in row.items() if key not in known and value != _DEFAULTS.get(key, "")
    }
    if raw != draft.text.replace("\n", "\\N"):
        draft.attributes["text"] = raw
    return draft


def _matches(source: Source) -> bool:
    head = source.head
    return bool(
        re.match(r"\[Script Info\]|\[V4\+? Styles\]", head, re.I) or re.match(r"\[Events\]\s*\nFormat:", head, re.I)
    )


FORMAT = Format(
    "ass",
    (".ass", ".ssa"),
    "Advanced SubStation karaoke",
    read,
    render,
    aliases=("ssa",),
    resolution=1e-2,
    keeps=frozenset({"words", "word_ends", "speakers", "unplaced", "markup"}),
    tag=partial(ass_tag, keep_karaoke=True),
    restores={"ass": frozenset({ALL})},
    evidence="header",
    matches=_matches,
)
