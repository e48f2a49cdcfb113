"""Advanced SubStation karaoke: each word fills with colour while it is spoken."""

from __future__ import annotations

import re

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.clock import ass_clock, parse_clock, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import ass_tag, ass_text, unescaped
from ctcalign.formats.shared.timed_words import TimedText, words_of
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


def render(alignment: Alignment) -> Rendered:
    """The `\\k` times of a cue are whole centiseconds that add up to its length; pauses are `\\k` without text.

    A cue that was not placed is written at the time of the input file; without one, as a Comment line.
    """
    rows = caption_rows(alignment)
    events = []
    words = changed = 0
    for cue, start, end in rows.placed:
        first, last = span_ticks(start, end, 100)
        text, timed = _karaoke(cue, first, last)
        words += timed
        changed += any(brace in text for brace in "\uff5b\uff5d") and not any(b in cue.text for b in "\uff5b\uff5d")
        events.append(f"Dialogue: 0,{ass_clock(first)},{ass_clock(last)},Default,{_name(cue)},0,0,0,,{text}\n")
    for cue in rows.unplaced:
        text = ass_text(unescaped(cue.text))
        events.append(f"Comment: 0,0:00:00.00,0:00:00.00,Default,{_name(cue)},0,0,0,,{text}\n")
    lost = [cue.index for cue in rows.unplaced]
    notes = rows.notes + [note.replace("omitted", "written as Comment") for note in omission_note(lost)]
    if changed:
        notes.append(f"braces in {counted(changed, 'cue')} are full-width: ASS hides text between braces")
    return Rendered(_HEADER + "".join(events), len(rows.placed), words, lost, notes)


def _name(cue: AlignedCue) -> str:
    # A comma ends the Name column, and there are no quotes.
    return " ".join((cue.speaker or "").replace(",", ";").split())


def _karaoke(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    """The text with `\\k` before each timed word; [first, last] in centiseconds."""
    cut = pieces(cue)
    karaoke = any(piece.word for piece in cut)
    parts: list[str] = []
    at, timed = first, 0
    for piece in cut:
        word = piece.word
        if word is not None and word.span is not None:
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


_FIELDS = "layer start end style name marginl marginr marginv effect text".split()
_EVENT = re.compile(r"^\s*(Dialogue|Comment)\s*:\s?(.*)$", re.I)
_BLOCK = re.compile(r"\{([^{}]*)\}")
_KARAOKE = re.compile(r"\\(?:[kK][fot]?)\s*(\d+(?:\.\d+)?)")
_ABSOLUTE = re.compile(r"\\kt\s*(\d+(?:\.\d+)?)")
_OWN_MARK = "; written by ctcalign"


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per Dialogue line, override blocks kept in the text, \\N as line break.

    Comment lines are not captions, except those in which ctcalign keeps cues that it could not place.
    """
    own = _OWN_MARK in source.text
    fields, in_events = _FIELDS, False
    out: list[Draft] = []
    for n, line in source.numbered():
        if line.lstrip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif in_events and line.lower().lstrip().startswith("format:"):
            fields = [f.strip().lower() for f in line.split(":", 1)[1].split(",")]
        match = _EVENT.match(line)
        if match is None:
            continue
        values = match[2].split(",", len(fields) - 1)
        row = dict(zip(fields, values, strict=False))
        if len(values) < len(fields):
            notes.add("broken Dialogue line", n, line.strip()[:60])
            row.setdefault("text", values[-1] if len(values) > 3 else "")
        start, end = parse_clock(row.get("start", "")), parse_clock(row.get("end", ""))
        lost = own and start == end == 0.0
        if match[1].lower() == "comment" and not lost:
            continue
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
        speaker = row.get("name", row.get("actor", "")).strip()
        out.append(_draft(row.get("text", ""), None if lost else start, None if lost else end, n, speaker or None))
    return out


def _draft(raw: str, start: float | None, end: float | None, line: int, speaker: str | None) -> Draft:
    draft = Draft("", start, end, line=line, speaker=speaker)
    parted = [TimedText("", start, start)]
    kept: list[str] = []
    at, place = start, 0
    for match in _BLOCK.finditer(raw):
        between = raw[place : match.start()]
        kept.append(between)
        parted[-1] = TimedText(parted[-1].text + _shown(between), parted[-1].start, parted[-1].end)
        place = match.end()
        times = _KARAOKE.findall(match[1])
        if not times:
            kept.append(match.group())
            continue
        rest = _KARAOKE.sub("", match[1])
        kept.append("{" + rest + "}" if rest.strip() else "")
        absolute = _ABSOLUTE.search(match[1])
        if absolute and start is not None:
            at, times = start + float(absolute[1]) / 100, [t for t in times if t != absolute[1]]
        for time in times:
            following = None if at is None else at + float(time) / 100
            parted.append(TimedText("", at, following))
            at = following
    kept.append(raw[place:])
    parted[-1] = TimedText(parted[-1].text + _shown(raw[place:]), parted[-1].start, parted[-1].end)
    draft.text = _shown("".join(kept))
    if len(parted) > 1:
        draft.words = words_of([TimedText(p.text, _rounded(p.start), _rounded(p.end)) for p in parted])
    return draft


def _shown(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\xa0")


def _rounded(time: float | None) -> float | None:
    # Sums of centiseconds: 1.1 rather than 1.1000000000000001.
    return None if time is None else round(time, 4)


def _matches(source: Source) -> bool:
    head = source.head
    return bool(
        re.match(r"\[Script Info\]|\[V4\+? Styles\]", head, re.I) or re.match(r"\[Events\]\s*\nFormat:", head, re.I)
    )


FORMAT = Format(
    "ass",
    (".ass",),
    "Advanced SubStation karaoke",
    read,
    render,
    aliases=("ssa",),
    more_extensions=(".ssa",),
    resolution=1e-2,
    keeps=frozenset({"words", "word_ends", "speakers", "unplaced", "markup"}),
    evidence="header",
    matches=_matches,
)
