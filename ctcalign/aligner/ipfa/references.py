"""Expected place of each row of text: proportional to its characters, over the speech between long pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Reference:
    """Seconds in which a row of text is expected; `row` is None for a pause."""

    start: float
    end: float
    row: int | None


def between_long_pauses(speech: Sequence[Stretch], shortest: float, audio_length: float) -> list[Stretch]:
    """Stretches of speech separated by pauses of at least `shortest` seconds.

    Without such a pause the whole recording is one stretch. The last stretch ends with the recording.
    """
    pauses = [(a[1], b[0]) for a, b in pairwise(speech) if b[0] - a[1] >= shortest]
    if not pauses:
        return [(0.0, audio_length)]
    starts = [speech[0][0], *(end for _, end in pauses)]
    return list(zip(starts, [*(start for start, _ in pauses), audio_length], strict=True))


def spread(
    lengths: Sequence[int],
    speech: Sequence[Stretch],
    audio_length: float,
    *,
    first_row: int = 0,
    start: float | None = None,
    misplaced_pauses: bool = False,
) -> list[Reference]:
    """Distribute rows over the speech in proportion to their lengths.

    A row that reaches the end of a stretch ends there; the next row begins with the next stretch, with a pause between
    the two. The last row ends with the recording.

    Args:
        lengths: characters of each row.
        speech: stretches in seconds, in order, not empty.
        audio_length: seconds.
        first_row: number of the first row.
        start: where the first row begins; default: the beginning of the first stretch.
        misplaced_pauses: reproduce the published program, which computes the positions of all pauses before inserting
            any, so that the second is one row too early, the third two, ...; a pause may also follow the last row,
            which is then not treated as the last.
    """
    total_speech = sum(end - begin for begin, end in speech)
    total = sum(lengths) or 1
    at = speech[0][0] if start is None else start
    rows: list[Reference] = []
    pauses: list[tuple[int, Reference]] = []
    part = 0
    for number, length in enumerate(lengths):
        begin, end = at, at + length / total * total_speech
        at += length / total * total_speech
        stop = speech[part][1]
        last = number + 1 == len(lengths)
        if at >= stop:
            end = stop
            if part + 1 < len(speech) and (misplaced_pauses or not last):
                at = speech[part + 1][0]
                pauses.append((number + 1, Reference(stop, at, None)))
                part += 1
        if last and at < audio_length:
            end = audio_length
        rows.append(Reference(begin, end, first_row + number))
    for inserted, (place, pause) in enumerate(pauses):
        rows.insert(place if misplaced_pauses else place + inserted, pause)
    return rows


def speech_after(speech: Sequence[Stretch], anchor: float, audio_length: float) -> list[Stretch]:
    """Stretches of speech that end after the anchor; the first one begins at the anchor."""
    left = [stretch for stretch in speech if stretch[1] > anchor] or [(anchor, max(anchor, audio_length))]
    return [(anchor, left[0][1]), *left[1:]]


def aligned_rows(chunk_counts: Sequence[int], accepted: int) -> int:
    """Number of leading rows whose chunks are covered by the accepted ones.

    At most n - 1 of n rows; 0 if even the first row has more chunks.
    """
    for rows in range(len(chunk_counts) - 1, 0, -1):
        if sum(chunk_counts[:rows]) <= accepted:
            return rows
    return 0
