"""Where each row of text is expected: proportional to its characters, over the speech between long pauses."""

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
    """Stretches of speech that only pauses of at least `shortest` seconds divide.

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
    """Lay rows one after another, each with its share of the speech.

    A row that reaches the end of a stretch ends there; the next row begins with the next stretch, and a pause stands
    between the two. The last row ends with the recording.

    Args:
        lengths: characters of each row.
        speech: stretches in seconds, in order, not empty.
        audio_length: seconds.
        first_row: number of the first row.
        start: where the first row begins, by default with the first stretch.
        misplaced_pauses: the published program computes the places of all pauses before it inserts any, so the second
            comes one row too early, the third two, ...; one may also come after the last row, which then is not
            treated as the last.
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
    """Stretches of speech that end after the anchor; the first begins with it, whatever lies between."""
    left = [stretch for stretch in speech if stretch[1] > anchor] or [(anchor, max(anchor, audio_length))]
    return [(anchor, left[0][1]), *left[1:]]


def aligned_rows(chunk_counts: Sequence[int], accepted: int) -> int:
    """Leading rows that are done: as many as have no more chunks in all than were accepted.

    Of n rows seen at most n - 1; 0 where even the first row has more.
    """
    for rows in range(len(chunk_counts) - 1, 0, -1):
        if sum(chunk_counts[:rows]) <= accepted:
            return rows
    return 0
