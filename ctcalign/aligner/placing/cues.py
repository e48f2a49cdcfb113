"""Assembly of cues from placed words; times of cues and words that are not spoken, from their neighbours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ctcalign.aligner.placing.cue_spans import without_chance
from ctcalign.aligner.placing.words import CueOverride, PlacedWord, Placement
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.spans import Span
from ctcalign.text.words import Word

NOT_FOUND = "not found in the audio"
BY_NEIGHBOURS = "not found in the audio; placed by its neighbours, where something else is spoken"
# A mark (a cue without spoken words) gets at most this many seconds of the pause between its neighbours, unless it is
# longer in the input file.
LONGEST_MARK = 10.0


def assemble(
    transcript: Transcript,
    placement: Placement,
    spans: Sequence[Span | None],
    claimed: Collection[int],
    duration: float,
    *,
    tokens: bool,
) -> list[AlignedCue]:
    """Every cue and every word of the input exactly once, in file order.

    Args:
        transcript: the input.
        placement: of its words.
        spans: start and end of each cue that is placed; see `cue_spans`.
        claimed: cues that are placed although none of their words was found; see `paraphrased_cues`.
        duration: of the recording in seconds.
        tokens: keep the times of symbols in each word.
    """
    placed = without_chance(transcript, placement.words)
    number_at = {home: number for number, home in enumerate(transcript.homes)}
    cues: list[AlignedCue] = []
    for index, (cue, words, span) in enumerate(zip(transcript.cues, transcript.words, spans, strict=True)):
        out = AlignedCue(
            cue.index,
            cue.text,
            speaker=cue.speaker,
            id=cue.id,
            channel=cue.channel,
            input_start=cue.start,
            input_end=cue.end,
            attributes=dict(cue.attributes),
        )
        found: list[PlacedWord] = []
        spoken = False
        for position, word in enumerate(words):
            number = number_at.get((index, position))
            here = None if number is None else placed[number]
            spoken |= number is not None
            out.words.append(_word(word, here, spoken=number is not None, tokens=tokens))
            if here is not None:
                found.append(here)
        if span is not None:
            out.start, out.end = span
        if found:
            out.score = sum(word.score for word in found) / len(found)
            _time_marks_between_words(out)
        elif index in claimed:
            out.reason = BY_NEIGHBOURS
        else:
            out.status, out.reason = "not_spoken", NOT_FOUND if spoken else None
        cues.append(out)
    _time_marks(cues, duration)
    for translation, original in transcript.partners.items():
        _time_like(cues[translation], cues[original])
    return cues


def override(cues: Sequence[AlignedCue], overrides: Mapping[int, CueOverride]) -> None:
    """Apply the overrides of the method to aligned cues."""
    for index, own in overrides.items():
        cue = cues[index]
        if cue.status != "aligned":
            continue
        if own.reason is not None:
            cue.reason = own.reason
        if own.span is not None:
            (cue.start, cue.end), cue.score = own.span, own.score


def _word(word: Word, place: PlacedWord | None, *, spoken: bool, tokens: bool) -> AlignedWord:
    if place is None:
        return AlignedWord(word.text, status="not_spoken", reason=NOT_FOUND if spoken else None)
    several = len(word.readings) > 1 and place.alternative < len(word.readings)
    return AlignedWord(
        word.text,
        place.start,
        place.end,
        place.score,
        reason=place.reason,
        reading=" ".join(word.readings[place.alternative]) if several else None,
        tokens=place.tokens if tokens else [],
    )


def _time_marks_between_words(cue: AlignedCue) -> None:
    """Give words of a cue that are not meant to be spoken the gap between the words around them."""
    words = cue.words
    before = cue.start or 0.0
    for position, word in enumerate(words):
        if word.start is None and word.reason != NOT_FOUND:
            after = next((later.start for later in words[position + 1 :] if later.start is not None), before)
            word.start, word.end = before, max(before, after)
            if position + 1 < len(words) and words[position + 1].start is None:
                word.end = before  # of several in a row, the last one gets the gap
        before = word.end if word.end is not None else before


def _is_mark(cue: AlignedCue) -> bool:
    """Whether a cue has no spoken words: only mark-up, notes and signs."""
    return cue.status == "not_spoken" and cue.reason != NOT_FOUND


def _time_marks(cues: Sequence[AlignedCue], duration: float) -> None:
    """Divide the pause between their neighbours among marks."""
    first = 0
    while first < len(cues):
        if not _is_mark(cues[first]):
            first += 1
            continue
        stop = first
        while stop < len(cues) and _is_mark(cues[stop]):
            stop += 1
        before = next((cue.end for cue in reversed(cues[:first]) if cue.end is not None), 0.0)
        after = next((cue.start for cue in cues[stop:] if cue.start is not None), duration)
        _divide(cues[first:stop], before, max(before, after))
        first = stop


def _time_like(translation: AlignedCue, original: AlignedCue) -> None:
    """Give a cue that translates another one the times of that one."""
    translation.start, translation.end = original.start, original.end
    for word in translation.words:
        word.start, word.end = original.start, original.end


def _divide(marks: Sequence[AlignedCue], before: float, after: float) -> None:
    """Equal parts of a pause; a time of the input file within the part of its mark is kept."""
    part = (after - before) / len(marks)
    for number, mark in enumerate(marks):
        start, end = before + number * part, min(before + (number + 1) * part, after)
        old_start, old_end = mark.input_start, mark.input_end
        if old_start is not None and old_end is not None and start < old_end and old_start < end:
            start, end = max(start, old_start), min(end, old_end)
        else:
            end = min(end, start + LONGEST_MARK)
        mark.start, mark.end = start, end
        for word in mark.words:
            word.start, word.end = start, end
