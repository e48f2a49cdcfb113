"""Edits applied to an alignment: every cue and every word is still there exactly once, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment, Verdict
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.corrections.document import STEP, CueEdit, Edits
from ctcalign.errors import CaptionError
from ctcalign.spans import Span
from ctcalign.text.words import Word, words_of

REJECTED, UNTIMED = "rejected in review", "no time in the review"
_END = 1.0  # seconds by which the end of a recording may differ: decoders do not agree on it
_ROUNDING = STEP / 2 + 1e-6  # seconds by which three decimals may differ from a time


def applied(alignment: Alignment, edits: Edits) -> Alignment:
    """The alignment after a review. Cues that no entry names are the same objects.

    A rejected cue is `not_spoken` without times. An accepted or changed one is `aligned` with confidence 1; so are its
    words, but for mark-up, and for words without times, which are `failed`. A cue of mark-up alone stays `not_spoken`.
    A time that differs from that of the alignment by rounding alone keeps its value. If cues were divided or joined,
    the cues are numbered anew.

    Raises:
        CaptionError: an entry does not fit the alignment, or its times or words are no valid ones.
    """
    groups = _groups(alignment, edits)
    cues: list[AlignedCue] = []
    firsts: dict[int, int] = {}  # place in the alignment -> place in the result
    moved: set[int] = set()  # places in the result of cues with other times
    place = 0
    while place < len(alignment.cues):
        group = groups.get(place)
        count = 1 if group is None else len(group[0].replaces)
        before = alignment.cues[place : place + count]
        firsts |= {place + n: len(cues) for n in range(count)}
        made = before if group is None else list(_replaced(before, group, alignment))
        times = [cue.span for cue in before]
        moved |= {len(cues) + n for n, cue in enumerate(made) if cue.span is not None and cue.span not in times}
        cues += made
        place += count
    spans = [span for n in sorted(moved) if (span := cues[n].span) is not None]
    if any(len(group) > 1 or len(group[0].replaces) > 1 for group in groups.values()):
        cues = [replace(cue, index=number) for number, cue in enumerate(cues)]
    return replace(
        alignment,
        cues=cues,
        unwritten=_uncovered(alignment.unwritten, spans),
        duration=max([alignment.duration, *(span.end for span in spans)]),
        warnings=[*alignment.warnings, *edits.warnings, *_overlaps(cues, moved)],
        source=_source(alignment, cues, firsts),
    )


def _groups(alignment: Alignment, edits: Edits) -> dict[int, list[CueEdit]]:
    """The entries that replace the same cues, by the place of the first of these."""
    if edits.cues != len(alignment.cues):
        raise CaptionError(
            f"alignment.cues: the edits are of an alignment with {edits.cues} cues, this one has {len(alignment.cues)}"
        )
    places = {cue.index: place for place, cue in enumerate(alignment.cues)}
    if len(places) < len(alignment.cues):
        raise CaptionError("two cues of the alignment have the same index, so edits cannot name one of them")
    found: dict[int, list[CueEdit]] = {}
    taken: set[int] = set()
    for replaces, same in groupby(edits.entries, key=lambda entry: entry.replaces):
        group = list(same)
        where = f"{group[0].place}.from"
        unknown = next((index for index in replaces if index not in places), None)
        if unknown is not None:
            raise CaptionError(f"{where}: the alignment has no cue with the index {unknown}")
        first = places[replaces[0]]
        if [places[index] for index in replaces] != list(range(first, first + len(replaces))):
            raise CaptionError(f"{where}: is {list(replaces)}, expected cues that follow one another in the alignment")
        again = next((index for index in replaces if index in taken), None)
        if again is not None:
            raise CaptionError(
                f"{where}: cue {again} is replaced by an earlier entry; the parts of a cue follow one another, with "
                "the same indices"
            )
        taken.update(replaces)
        found[first] = group
    return found


@dataclass
class _NewWord:
    """A word after the review.

    Attributes:
        given: the word of the alignment that it was, None if it is new.
        in_place: whether it has the times that it had there.
    """

    text: str
    start: float | None
    end: float | None
    spoken: bool
    given: AlignedWord | None
    in_place: bool


def _replaced(before: Sequence[AlignedCue], group: Sequence[CueEdit], alignment: Alignment) -> Iterator[AlignedCue]:
    """The cues that take the place of some cues."""
    given = [word for cue in before for word in cue.words]
    homes = _homes([word.text for word in given], [word.text for entry in group for word in entry.words])
    whole = len(group) == len(before) == 1
    number = 0
    for part, entry in enumerate(group):
        cue = _shell(before, part, len(group))
        start = _unrounded(entry.start, before[0].start if part == 0 else None)
        end = _unrounded(entry.end, before[-1].end if part == len(group) - 1 else None)
        # Captions that nobody aligned have the end of the last one as their duration.
        if end is not None and alignment.model and alignment.duration < end <= alignment.duration + _END:
            end = alignment.duration
        cue = replace(cue, text=entry.text, start=start, end=end)
        _check_words(entry, before)
        own = [given[homes[n]] if n in homes else None for n in range(number, number + len(entry.words))]
        number += len(own)
        words = _new_words(entry, own, alignment.language)
        in_place = whole and (start, end) == (before[0].start, before[0].end) and all(word.in_place for word in words)
        unchanged = in_place and cue.text == before[0].text and [word.given for word in words] == given
        if unchanged and entry.verdict is None:
            yield before[0]
        elif entry.verdict == "rejected":
            yield _rejected(cue, words)
        else:
            _check_times(entry, cue, words, alignment, as_given=in_place)
            yield _judged(cue, words, entry.verdict or "corrected", before[0] if unchanged else None)


def _new_words(entry: CueEdit, own: Sequence[AlignedWord | None], language: str | None) -> list[_NewWord]:
    """The words of an entry; a text with new words is divided by the rule of the aligner, not by that of a page.

    Args:
        own: the same words of the alignment, None for new ones.
    """
    words = []
    for word, given in zip(entry.words, own, strict=True):
        start, end, spoken = word.start, word.end, True
        if given is not None:
            start, end = _unrounded(start, given.start), _unrounded(end, given.end)
            spoken = given.status != "not_spoken" or given.reason is not None
        in_place = given is not None and (start, end) == (given.start, given.end)
        words.append(_NewWord(word.text, start, end, spoken, given, in_place))
    return _divided(entry.text, words, language) if None in own else words


def _divided(text: str, words: Sequence[_NewWord], language: str | None) -> list[_NewWord]:
    """The words of a text, as the aligner divides it, with the times of the characters of other words of it."""
    places: dict[tuple[int, int], _NewWord] = {}
    at = 0
    for word in words:
        start = max(text.find(word.text, at), at)
        at = start + len(word.text)
        places[start, at] = word
    found = []
    for own in words_of(text, language):
        known = places.get((own.start, own.end))
        if known is not None:
            found.append(known if known.given is not None else replace(known, spoken=own.spoken))
            continue
        parts = [(first, last, word) for (first, last), word in places.items() if first < own.end and own.start < last]
        times = [_times_inside(own, *part) for part in parts if own.spoken and part[2].start is not None]
        begin, stop = (times[0][0], times[-1][1]) if times else (None, None)
        found.append(_NewWord(own.text, begin, stop, own.spoken, None, in_place=False))
    return found


def _times_inside(own: Word, first: int, last: int, word: _NewWord) -> tuple[float, float]:
    """Start and end of the characters that a word has in common with another one; each of them lasts equally long."""
    start, end = word.start or 0.0, word.end or 0.0
    each = (end - start) / (last - first)
    return start + each * max(own.start - first, 0), start + each * (min(own.end, last) - first)


def _shell(before: Sequence[AlignedCue], part: int, parts: int) -> AlignedCue:
    """What the input file said of the cues, for one of the parts that take their place."""
    first, last = before[0], before[-1]
    return AlignedCue(
        first.index,
        first.text,
        speaker=first.speaker if all(cue.speaker == first.speaker for cue in before) else None,
        id=first.id if part == 0 else None,
        channel=first.channel if all(cue.channel == first.channel for cue in before) else None,
        input_start=first.input_start if parts == 1 else None,
        input_end=last.input_end if parts == 1 else None,
        attributes=dict(first.attributes),
    )


def _homes(before: Sequence[str], after: Sequence[str]) -> Mapping[int, int]:
    """For the places of words after the review the places of the same words before it."""
    if before == after:
        return {place: place for place in range(len(after))}
    found = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {block.b + n: block.a + n for block in found for n in range(block.size)}


def _unrounded(time: float | None, given: float | None) -> float | None:
    """The time of the alignment where three decimals of it are the time of the edit."""
    same = time is not None and given is not None and abs(time - given) <= _ROUNDING
    return given if same else time


def _check_words(entry: CueEdit, before: Sequence[AlignedCue]) -> None:
    """The words of an entry are its text; only where they were not the text before, they may stay as they were."""
    texts = [word.text for word in entry.words]
    if _joined(texts) == _joined([entry.text]):
        return
    own = [word.text for cue in before for word in cue.words]
    if own != texts or _joined(own) == _joined([cue.text for cue in before]):
        raise CaptionError(f"{entry.place}.words: joined they are not the text {entry.text[:40]!r}")


def _joined(texts: Sequence[str]) -> str:
    """The texts without white space."""
    return "".join("".join(texts).split())


def _check_times(
    entry: CueEdit, cue: AlignedCue, words: Sequence[_NewWord], alignment: Alignment, *, as_given: bool
) -> None:
    """Check the times of a cue that is kept and of its words, and move words into it that rounding put outside.

    Args:
        as_given: all times are those of the alignment, which may have been read from captions with any times.
    """
    span = cue.span
    if span is None:
        if any(word.spoken for word in words) or not words:
            verdict = entry.verdict or "changed"
            raise CaptionError(f"{entry.place}: is {verdict} without times; expected a start and an end")
        return
    if span.end <= span.start:
        raise CaptionError(f"{entry.place}: ends at {span.end:g} s, where it starts; expected a later end")
    if alignment.model and span.end > alignment.duration and not as_given:
        raise CaptionError(
            f"{entry.place}: ends at {span.end:g} s, after the end of the recording ({alignment.duration:g} s)"
        )
    at, before = span.start, "the start of its cue"
    for place, word in enumerate(words):
        if word.start is None or word.end is None:
            continue
        where = f"{entry.place}.words[{place}]"
        if word.start < at - STEP and not as_given:
            raise CaptionError(f"{where}: starts at {word.start:g} s, before {before} ({at:g} s)")
        if word.end > span.end + STEP and not as_given:
            raise CaptionError(f"{where}: ends at {word.end:g} s, after the end of its cue ({span.end:g} s)")
        word.start = min(max(word.start, at), span.end)
        word.end = min(max(word.end, word.start), span.end)
        at, before = word.end, "the end of the word before it"


def _rejected(cue: AlignedCue, words: Sequence[_NewWord]) -> AlignedCue:
    return replace(
        cue,
        start=None,
        end=None,
        status="not_spoken",
        reason=REJECTED,
        confidence=0.0,
        words=[
            AlignedWord(word.text, confidence=0.0, status="not_spoken", reason=REJECTED)
            if word.spoken
            else AlignedWord(word.text, status="not_spoken")
            for word in words
        ],
        reviewed="rejected",
    )


def _judged(cue: AlignedCue, words: Sequence[_NewWord], verdict: Verdict, same: AlignedCue | None) -> AlignedCue:
    """A cue that is right. `same`: as it was, if nothing of it was changed."""
    made = [_word(word) for word in words]
    if words and not any(word.spoken for word in words):
        return replace(cue, status="not_spoken", words=made, reviewed=verdict)
    cue = replace(cue, status="aligned", confidence=1.0, words=made, reviewed=verdict)
    if same is not None:
        cue = replace(cue, score=same.score, scores=dict(same.scores), alternatives=list(same.alternatives))
    return cue


def _word(word: _NewWord) -> AlignedWord:
    given = word.given if word.given is not None else AlignedWord(word.text)
    if not word.spoken:
        return AlignedWord(word.text, word.start, word.end, status="not_spoken")
    if word.start is None:
        return AlignedWord(word.text, confidence=0.0, status="failed", reason=UNTIMED, reading=given.reading)
    made = AlignedWord(word.text, word.start, word.end, confidence=1.0, reading=given.reading)
    if word.in_place:
        made.score, made.tokens = given.score, list(given.tokens)
    return made


def _source(before: Alignment, cues: Sequence[AlignedCue], firsts: Mapping[int, int]) -> CaptionFile | None:
    """What the caption file holds beside its cues, with its lines above the same cues."""
    if before.source is None or not before.source.blocks:
        return before.source

    def moved(index: int) -> int:
        place = next((place for place, cue in enumerate(before.cues) if cue.index >= index), None)
        return len(cues) if place is None else cues[firsts[place]].index

    blocks = [replace(block, before=moved(block.before)) for block in before.source.blocks]
    return replace(before.source, blocks=blocks)


def _uncovered(stretches: Sequence[tuple[float, float]], spans: Sequence[Span]) -> list[tuple[float, float]]:
    """What is left of stretches of speech beside cues with new times."""
    found = list(stretches)
    for start, end in spans:
        parts = [part for low, high in found for part in ((low, min(high, start)), (max(low, end), high))]
        found = [(low, high) for low, high in parts if high - low > STEP]
    return found


def _overlaps(cues: Sequence[AlignedCue], moved: Collection[int]) -> list[str]:
    """A warning about cues with new times that overlap one of their channel."""
    placed = sorted((*span, place) for place, cue in enumerate(cues) if (span := cue.span) is not None)
    found = []
    last: dict[int | None, tuple[float, int]] = {}  # by channel the latest end so far and its cue
    for start, end, place in placed:
        channel = cues[place].channel
        latest, before = last.get(channel, (start, place))
        if latest > start + STEP and (place in moved or before in moved):
            found.append(f"{cues[before].index} and {cues[place].index}")
        if end >= latest:
            last[channel] = end, place
    more = ", ..." if len(found) > 5 else ""
    return [f"review: cues overlap since their times were changed: {', '.join(found[:5])}{more}"] * bool(found)
