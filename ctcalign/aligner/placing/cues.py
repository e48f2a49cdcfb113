"""Placed words put back into the cues they came from; what nobody speaks is timed from its neighbours."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from ctcalign.aligner.placing.breaths import with_breaths
from ctcalign.aligner.placing.cue_edges import CueCore, cue_edges
from ctcalign.aligner.placing.placement import NOT_FOUND, PlacedWord, Placement, is_mark, letters
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, AlignedWord

# A cue that nobody speaks fills the pause between its neighbours, but no more than this many seconds of it, unless the
# input file gave it a longer time.
LONGEST_UNSPOKEN = 10.0
# A cue of whose letters less than this share was heard is not spoken: the few words of it that were are chance.
LEAST_HEARD = 0.45


def assemble(
    text: Transcript, placement: Placement, duration: float, *, tokens: bool, left_to: Collection[int] | None = ()
) -> list[AlignedCue]:
    """Every cue and every word of the input exactly once, in file order.

    Args:
        text: the input.
        placement: the place of each of `text.spoken`, and the speech between.
        duration: length of the recording in seconds.
        tokens: keep the symbols' times in each word.
        left_to: cues that were not heard and may be placed later, None for all such: the cues beside them leave them
            the speech that is not surely their own.
    """
    cues: list[AlignedCue] = []
    by_home = {home: number for number, home in enumerate(text.homes)}
    placed = without_chance(text, placement.words)
    heard: list[tuple[AlignedCue, CueCore]] = []
    for number, (cue, words) in enumerate(zip(text.cues, text.words, strict=True)):
        done: list[AlignedWord] = []
        found: list[PlacedWord] = []
        for place, word in enumerate(words):
            spoken = by_home.get((number, place))
            if spoken is None:
                done.append(AlignedWord(word.text, status="not_spoken"))
                continue
            here = placed[spoken]
            if here is None:
                done.append(AlignedWord(word.text, status="not_spoken", reason=NOT_FOUND))
                continue
            found.append(here)
            reading = None
            if here.alternative < len(word.readings) and len(word.readings) > 1:
                reading = " ".join(word.readings[here.alternative])
            done.append(
                AlignedWord(
                    word.text,
                    here.start,
                    here.end,
                    here.score,
                    reason=here.reason,
                    reading=reading,
                    tokens=here.tokens if tokens else [],
                )
            )
        out = AlignedCue(
            cue.index,
            cue.text,
            words=done,
            speaker=cue.speaker,
            id=cue.id,
            channel=cue.channel,
            input_start=cue.start,
            input_end=cue.end,
        )
        numbers = [by_home[number, place] for place in range(len(words)) if (number, place) in by_home]
        if found:
            heard.append((out, _core(text, placed, numbers)))
            out.score = sum(word.score for word in found) / len(found)
        else:
            out.status = "not_spoken"
            out.reason = NOT_FOUND if numbers else None
        cues.append(out)
    edges = cue_edges(_beside(cues, heard, left_to), placement.speech)
    edges = with_breaths(edges, placement.speech, placement.energy, placement.energy_shift)
    for (out, _), (out.start, out.end) in zip(heard, edges, strict=True):
        _time_unspoken_words(out)
    time_marks(cues, duration)
    return cues


def _beside(
    cues: Sequence[AlignedCue], heard: Sequence[tuple[AlignedCue, CueCore]], left_to: Collection[int] | None
) -> list[CueCore]:
    """The cores, closed on the side of a cue that was not heard and may be placed later."""
    unheard = [
        index
        for index, cue in enumerate(cues)
        if cue.status == "not_spoken" and not is_mark(cue) and (left_to is None or index in left_to)
    ]
    place = {id(cue): index for index, cue in enumerate(cues)}
    at = [place[id(cue)] for cue, _ in heard]
    bounds = [-1, *at, len(cues)]
    empty = [bisect_left(unheard, high) == bisect_left(unheard, low) for low, high in pairwise(bounds)]
    return [
        replace(core, open_before=empty[number], open_after=empty[number + 1]) for number, (_, core) in enumerate(heard)
    ]


def without_chance(text: Transcript, placed: list[PlacedWord | None]) -> list[PlacedWord | None]:
    """The same without the words of cues of which too little was heard."""
    said: dict[int, int] = {}
    heard: dict[int, int] = {}
    for number, ((cue, _), word) in enumerate(zip(text.homes, placed, strict=True)):
        said[cue] = said.get(cue, 0) + letters(text, number)
        heard[cue] = heard.get(cue, 0) + (0 if word is None else letters(text, number))
    return [
        word if heard[cue] >= LEAST_HEARD * said[cue] else None
        for (cue, _), word in zip(text.homes, placed, strict=True)
    ]


def _core(text: Transcript, placed: list[PlacedWord | None], numbers: list[int]) -> CueCore:
    """What was heard of a cue, of which `numbers` are the spoken words."""
    here = [number for number in numbers if placed[number] is not None]
    first, last = placed[here[0]], placed[here[-1]]
    assert first is not None
    assert last is not None
    before = sum(letters(text, number) for number in numbers if number < here[0])
    return CueCore(first.start, last.end, before, sum(letters(text, number) for number in numbers if number > here[-1]))


def _time_unspoken_words(cue: AlignedCue) -> None:
    """A sign or note inside a cue fills the gap between the words around it."""
    words = cue.words
    before = cue.start or 0.0
    for place, word in enumerate(words):
        if word.start is None and word.reason != NOT_FOUND:
            after = next((later.start for later in words[place + 1 :] if later.start is not None), before)
            word.start, word.end = before, max(before, after)
            if place + 1 < len(words) and words[place + 1].start is None:
                word.end = before  # several in a row: the last one takes the gap
        before = word.end if word.end is not None else before


def time_marks(cues: Sequence[AlignedCue], duration: float) -> None:
    """Cues that nobody speaks share the pause between their neighbours; old times inside the pause are kept."""
    place = 0
    while place < len(cues):
        if not is_mark(cues[place]):
            place += 1
            continue
        stop = place
        while stop < len(cues) and is_mark(cues[stop]):
            stop += 1
        before = next((c.end for c in reversed(cues[:place]) if c.end is not None), 0.0)
        after = next((c.start for c in cues[stop:] if c.start is not None), duration)
        _share(cues[place:stop], before, max(before, after))
        place = stop


def _share(cues: Sequence[AlignedCue], before: float, after: float) -> None:
    share = (after - before) / len(cues)
    for number, cue in enumerate(cues):
        start, end = before + number * share, min(before + (number + 1) * share, after)
        old_start, old_end = cue.input_start, cue.input_end
        if old_start is not None and old_end is not None and start < old_end and old_start < end:
            start, end = max(start, old_start), min(end, old_end)
        else:
            end = min(end, start + LONGEST_UNSPOKEN)
        cue.start, cue.end = start, end
        for word in cue.words:
            word.start, word.end = start, end
