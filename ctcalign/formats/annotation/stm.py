"""NIST STM: recording, channel, speaker, start, end and text, one cue per line."""

from __future__ import annotations

import re

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.clock import decimal, number, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source, channel_numbers
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.layout import with_blocks
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.nist import NIST, channel_namer, without_comments
from ctcalign.formats.shared.view import caption_rows, omission_note, placed_cues, recording_name


def render(alignment: Alignment) -> Rendered:
    """Times with 3 decimals, no tags, line breaks as spaces, an unknown speaker as UNKNOWN, by channel and start.

    Cues that are not placed are omitted. If the input is an STM file, all cues, ids, channels, labels, comments and
    segments that scoring ignores are kept unchanged.
    """
    source = alignment.source if alignment.source is not None and alignment.source.format in NIST else None
    name = recording_name(alignment)
    names = channel_namer(alignment)
    rows_of_cues, lost = placed_cues(alignment)
    notes = []
    if source is not None:
        shown = caption_rows(alignment, blank=True)
        rows_of_cues, lost, notes = shown.placed, [cue.index for cue in shown.unplaced], shown.notes
    placed = sorted(rows_of_cues, key=lambda row: (names[row[0].channel], row[1]))
    rows = []
    for cue, start, end in placed:
        first, last = span_ticks(start, end, 1000)
        given = cue.attributes if source is not None else {}
        speaker = "_".join((cue.speaker or str(given.get("speaker", ""))).split()) or "UNKNOWN"
        text = str(given.get("ignored", "")) or plain(cue.text)
        # Readers interpret a text that begins with "<" as a label, unless a label (here the empty one) precedes it.
        label = str(given.get("labels", "")) or ("<o>" if text.startswith("<") else "")
        channel = names[cue.channel]
        row = f"{name} {channel} {speaker} {decimal(first, 3)} {decimal(last, 3)} {label} {text}".split()
        rows.append((cue.index, " ".join(row) + "\n"))
    header = f"{source.header}\n" if source is not None and source.header else ""
    body = "".join(with_blocks(rows, source))
    return Rendered(header + body, len(rows), 0, lost, notes + omission_note(lost))


_LABELS = re.compile(r"^<[^<>\s]*>(?:\s+|$)")
_UNSCORED = "ignore_time_segment_in_scoring"
_NO_SPEAKER = {"unknown", "inter_segment_gap", "excluded_region"}


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per line that is not a comment (";;"). Segments that scoring ignores become cues without text."""
    rows = list(without_comments(source))
    split = [line.split(None, 5) for _, line in rows]
    channels = channel_numbers(parts[1] for parts in split if len(parts) > 4)
    texts = [parts[5] for parts in split if len(parts) > 5]
    labelled = len(texts) > 1 and all(_LABELS.match(text) for text in texts)
    out = []
    for (n, line), parts in zip(rows, split, strict=True):
        if len(parts) < 5:
            notes.add("fewer than five columns", n, line.strip()[:60])
            out.append(Draft(line.strip(), line=n))
            continue
        recording, channel, speaker, first, last = parts[:5]
        text = parts[5].strip() if len(parts) > 5 else ""
        start, end = number(first), number(last)
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
        unknown = speaker.lower() in _NO_SPEAKER
        labels = _labels(text, labelled)
        text = text[len(labels) :].strip()
        ignored = text.lower() == _UNSCORED
        given = {"channel": channel, "labels": labels, "speaker": speaker * unknown, "ignored": text * ignored}
        out.append(
            Draft(
                "" if ignored else text,
                start,
                end,
                line=n,
                speaker=None if unknown else speaker,
                channel=channels[channel],
                recording=recording,
                attributes={key: value for key, value in given.items() if value},
            )
        )
    return out


def _labels(text: str, labelled: bool) -> str:
    """The labels before a text. "<o,f0,male>" and the empty "<o>" are labels, "<unk>" is a word of the text.

    `labelled`: whether every text of the file begins with a label.
    """
    match = _LABELS.match(text)
    if match is None:
        return ""
    label, rest = match[0].strip(), text[match.end() :].strip().lower()
    sure = label.lower() in ("<o>", "<na>") or "," in label or "=" in label or rest == _UNSCORED
    return label if sure or labelled else ""


_ROW = re.compile(r"^\S+\s+\S+\s+\S+\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?(?:\s|$)")


def _matches(source: Source) -> bool:
    return all(_ROW.match(line) for line in source.table)


FORMAT = Format(
    "stm",
    (".stm",),
    "NIST STM, one cue per line",
    read,
    render,
    resolution=1e-3,
    keeps=frozenset({"speakers"}),
    restores={"stm": frozenset({ALL}), "ctm": frozenset({"channel", "header", "comment"})},
    evidence="columns",
    matches=_matches,
)
