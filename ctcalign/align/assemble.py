"""Placed words put back into the cues they came from; what nobody speaks is timed from its neighbours."""

from __future__ import annotations

from ctcalign.align.alignment import AlignedCue, AlignedWord
from ctcalign.align.placing import PlacedWord
from ctcalign.align.spoken import SpokenText

# A cue that nobody speaks fills the pause between its neighbours, but no more than this many seconds of it, unless the
# input file gave it a longer time.
LONGEST_UNSPOKEN = 10.0


def assemble(text: SpokenText, placed: list[PlacedWord], duration: float, *, tokens: bool) -> list[AlignedCue]:
    """Every cue and every word of the input exactly once, in file order.

    Args:
        text: the input.
        placed: one for each of `text.spoken`.
        duration: length of the recording in seconds.
        tokens: keep the symbols' times in each word.
    """
    cues: list[AlignedCue] = []
    by_home = {home: number for number, home in enumerate(text.homes)}
    for number, (cue, words) in enumerate(zip(text.cues, text.words, strict=True)):
        done: list[AlignedWord] = []
        found: list[PlacedWord] = []
        for place, word in enumerate(words):
            spoken = by_home.get((number, place))
            if spoken is None:
                done.append(AlignedWord(word.text, status="not_spoken"))
                continue
            here = placed[spoken]
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
        if found:
            out.start, out.end = found[0].start, found[-1].end
            out.score = sum(word.score for word in found) / len(found)
            _time_unspoken_words(out)
        else:
            out.status = "not_spoken"
        cues.append(out)
    _time_unspoken_cues(cues, duration)
    return cues


def _time_unspoken_words(cue: AlignedCue) -> None:
    """A sign or note inside a cue fills the gap between the words around it."""
    words = cue.words
    before = cue.start or 0.0
    for place, word in enumerate(words):
        if word.start is None:
            after = next((later.start for later in words[place + 1 :] if later.start is not None), before)
            word.start, word.end = before, max(before, after)
            if place + 1 < len(words) and words[place + 1].start is None:
                word.end = before  # several in a row: the last one takes the gap
        before = word.end if word.end is not None else before


def _time_unspoken_cues(cues: list[AlignedCue], duration: float) -> None:
    """Cues that nobody speaks share the pause between their neighbours; old times inside the pause are kept."""
    place = 0
    while place < len(cues):
        if cues[place].status != "not_spoken":
            place += 1
            continue
        stop = place
        while stop < len(cues) and cues[stop].status == "not_spoken":
            stop += 1
        before = next((c.end for c in reversed(cues[:place]) if c.end is not None), 0.0)
        after = next((c.start for c in cues[stop:] if c.start is not None), duration)
        _share(cues[place:stop], before, max(before, after))
        place = stop


def _share(cues: list[AlignedCue], before: float, after: float) -> None:
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
