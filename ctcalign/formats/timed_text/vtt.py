"""WebVTT with a time at the start of each word, and at its end if a pause follows.

If the input is a WebVTT file, its header, settings, styles, regions and comments are kept.
"""

from __future__ import annotations

import html
import re

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.blocks import read_blocks, timings
from ctcalign.formats.shared.clock import clock, parse_clock, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.layout import with_blocks
from ctcalign.formats.shared.mark_up import lines, vtt_tag, vtt_text
from ctcalign.formats.shared.timed_words import TimedText, words_of
from ctcalign.formats.shared.view import caption_rows, counted, omission_note, pieces

_VOICE = re.compile(r"<v[.\s]", re.IGNORECASE)
_NOT_CAPTIONS = re.compile(r"^(?:NOTE(?:[ \t].*)?|STYLE[ \t]*|REGION[ \t]*)$")


def render(alignment: Alignment) -> Rendered:
    """A cue that was not placed is written at the time of the input file; without one, as a NOTE with its text.

    The times inside a WebVTT cue must rise and lie strictly between its start and end: a word at the start of the cue
    gets none, and words within one millisecond share one.
    """
    source = alignment.source if alignment.source is not None and alignment.source.format == "vtt" else None
    rows = caption_rows(alignment)
    header = source.header if source is not None and source.header.startswith("WEBVTT") else "WEBVTT"
    blocks: list[tuple[int, str]] = []
    words = 0
    for cue, start, end in rows.placed:
        first, last = span_ticks(start, end, 1000)
        text, timed = _payload(cue, first, last)
        words += timed
        settings = str(cue.attributes.get("settings", "")) if source is not None else ""
        times = f"{clock(first)} --> {clock(last)} {' '.join(settings.split())}".rstrip()
        blocks.append((cue.index, f"{_identifier(cue)}{times}\n{text}\n\n"))
    for cue in rows.unplaced:
        reason = f" ({cue.reason})" if cue.reason else ""
        note = lines(f"NOTE cue {cue.index} was not placed{reason}:\n{cue.text}")
        blocks.append((len(alignment.cues) - 1, note.replace("-->", "--&gt;") + "\n\n"))
    lost = [cue.index for cue in rows.unplaced]
    notes = [note.replace("omitted", "written as NOTE") for note in omission_note(lost)]
    unmarked = (
        sum(w.start is not None and w.status != "not_spoken" for cue, _, _ in rows.placed for w in cue.words) - words
    )
    if unmarked > 0:
        notes.append(f"{counted(unmarked, 'word')} without a time of their own (no room between their neighbours)")
    body = "".join(with_blocks(blocks, source, end="\n\n"))
    return Rendered(f"{header}\n\n{body}", len(rows.placed), words, sorted(lost + rows.blank), rows.notes + notes)


def _identifier(cue: AlignedCue) -> str:
    """The line with the identifier of a cue, if it has one that readers cannot mistake for something else."""
    name = (cue.id or "").strip()
    usable = name and "-->" not in name and name.isprintable() and not _NOT_CAPTIONS.match(name)
    return f"{name}\n" if usable and not _matches_header(name) else ""


def _payload(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    """The text of a cue with its word times, and the number of spoken words that have one (or begin with the cue)."""
    parts: list[str] = []
    latest, timed, began = first, 0, False

    def mark(time: int) -> bool:
        nonlocal latest
        if not latest < time < last:
            return False
        parts.append(f"<{clock(time)}>")
        latest = time
        return True

    cut = pieces(cue)
    nexts = [last]  # start of the next timed word of each piece, last piece first
    for piece in reversed(cut):
        nexts.append(ticks(piece.word.start, 1000) if piece.word and piece.word.start is not None else nexts[-1])
    for piece, following in zip(cut, nexts[-2::-1], strict=True):
        text = vtt_tag(piece.tag) if piece.tag else vtt_text(piece.text)
        word = piece.word
        if word is None or word.span is None:
            parts.append(text)
            continue
        start, end = (ticks(time, 1000) for time in word.span)
        own = mark(start) or (start == first and not began)
        timed += own and word.status != "not_spoken"
        began = True
        bare = text.rstrip()
        parts.append(bare)
        if end < following:
            mark(end)  # before the white space: the pause begins where the word ends
        parts.append(text[len(bare) :])
    text = lines("".join(parts))
    if cue.speaker and cue.speaker.strip() and not _VOICE.search(cue.text):
        text = f"<v {vtt_text(' '.join(cue.speaker.split()))}>{text}"
    return text, timed


_STAMP = re.compile(r"<((?:\d+:)?\d+:\d+[.,]\d+)>")
_CLASSLESS = re.compile(r"</?c>")
_TAG = re.compile(r"<[^<>]*>")
_READ_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>")


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues with their tags in the text. A voice tag also sets the speaker; time stamps between words set word times.

    Stamps (and the bare <c> around stamped words) are removed from the text: after alignment they would be wrong.
    """
    lines = source.lines()
    first = _after_header(lines, notes)
    header = "\n".join(lines[:first]).strip()
    source.beside.header = "" if header == "WEBVTT" else header
    source.beside.blocks = _take_comments(lines, first)
    drafts = read_blocks(lines, notes, _heading, first)
    for draft in drafts:
        voices = {" ".join(html.unescape(v).split()) for v in _READ_VOICE.findall(draft.text)}
        if len(voices) == 1:
            draft.speaker = voices.pop()
        if _STAMP.search(draft.text):
            _take_stamps(draft)
    return drafts


def _after_header(lines: list[str], notes: Notes) -> int:
    """The row after the header block."""
    if not re.match(r"\s*WEBVTT(?:\s|$)", lines[0]):
        notes.add("no WEBVTT header", 1)
        return 0
    row = 1
    marks = {mark.row for mark in timings(lines)}
    while row < len(lines) and lines[row].strip() and row not in marks:
        if lines[row].startswith("X-TIMESTAMP-MAP"):
            notes.add("X-TIMESTAMP-MAP is not applied; times are used as they are in the file", row + 1)
        row += 1
    if row in marks and row > 1:
        row -= 1  # the line above the times is the cue's name, not a header
    return row


def _take_comments(lines: list[str], first: int) -> list[tuple[int, str, str]]:
    """Replace blocks that are not captions by blank lines; returns their lines, kinds and texts."""
    blocks: list[tuple[int, str, str]] = []
    marks = {mark.row for mark in timings(lines)}
    row = first
    while row < len(lines):
        starts_block = row == 0 or not lines[row - 1].strip()
        if starts_block and _NOT_CAPTIONS.match(lines[row]) and row + 1 not in marks:
            begin = row
            while row < len(lines) and lines[row].strip() and row not in marks:
                row += 1
            blocks.append((begin + 1, lines[begin].split()[0], "\n".join(lines[begin:row])))
            lines[begin:row] = [""] * (row - begin)
        row += 1
    return blocks


def _heading(lines: list[str], row: int, above: int, last: str | None) -> tuple[int, str | None]:
    name = lines[row - 1].strip() if row - 1 > above else ""
    # Directly under a timing line a line is text; directly under the header it is a name.
    first = row - 2 == above and not (above >= 0 and ">" in lines[above])
    if name and (first or (row - 2 > above and not lines[row - 2].strip())):
        return row - 1, name
    return row, None


def _take_stamps(draft: Draft) -> None:
    parts = _STAMP.split(draft.text)
    stamps = [draft.start, *(parse_clock(s) for s in parts[1::2]), draft.end]
    parted = [
        TimedText(html.unescape(_TAG.sub("", text)), stamps[i], stamps[i + 1]) for i, text in enumerate(parts[0::2])
    ]
    draft.words = words_of(parted)
    draft.text = _CLASSLESS.sub("", "".join(parts[0::2]))


def _matches(source: Source) -> bool:
    return _matches_header(source.head)


def _matches_header(text: str) -> bool:
    return re.match(r"WEBVTT(?:\s|$)", text) is not None


FORMAT = Format(
    "vtt",
    (".vtt",),
    "WebVTT captions with word times and voices",
    read,
    render,
    aliases=("webvtt",),
    resolution=1e-3,
    keeps=frozenset({"words", "word_ends", "speakers", "unplaced", "markup"}),
    tag=vtt_tag,
    restores={"vtt": frozenset({ALL})},
    evidence="header",
    matches=_matches,
)
