"""Captions divided at pauses and at words that are not spoken, so that a wrong word affects only one phrase.

If one word of seven is wrong, hardly any caption of twenty words is entirely right, but most phrases are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.alignment.cue import Cue
from ctcalign.calibration.truth import LabelledCue, LabelledWord

# Seconds between two words at which a cut clips neither, although word edges are only known within about 0.05 s.
PAUSE = 0.15
# Attributes of a phrase: the index of its caption, and whether words before it were not found.
CUE, AFTER_MISSING = "cue", "after_missing"
# Attribute of a caption that a person has accepted or corrected, and of its phrases: its start and end in seconds.
REVIEWED = "reviewed"


def phrases_of(cues: Sequence[AlignedCue], pause: float = PAUSE) -> list[Cue]:
    """The phrases of aligned captions in order, as captions.

    Words that were not found in the audio are left out; a caption of which no word was found stays as it is.

    Args:
        cues: of an alignment.
        pause: seconds between words at which a caption is divided.
    """
    found: list[Cue] = []
    missing = False
    for cue in cues:
        groups, missing_at_end = _groups(cue, pause, missing)
        parts = [(_text(cue, places), after) for places, after in groups] or [(cue.text, missing)]
        for text, after in parts:
            attributes = {CUE: cue.index, AFTER_MISSING: after}
            if REVIEWED in cue.attributes:
                attributes[REVIEWED] = cue.attributes[REVIEWED]
            found.append(Cue(len(found), text, speaker=cue.speaker, attributes=attributes))
        missing = missing_at_end
    return found


def labelled_phrases(captions: Sequence[LabelledCue], cues: Sequence[AlignedCue]) -> list[LabelledCue]:
    """Ground truth of the phrases of captions whose ground truth is known.

    A caption stays whole where the times of its spoken words are not known.

    Args:
        captions: with white space between words and without mark-up.
        cues: their alignment.
    """
    found: list[LabelledCue] = []
    for caption, cue in zip(captions, cues, strict=True):
        groups, _ = _groups(cue, PAUSE, False)
        known = all(word.place is not None for word in caption.words if word.spoken)
        if not caption.words:  # no word of it is spoken
            texts = [_text(cue, places) for places, _ in groups]
            found += [replace(caption, cue=replace(caption.cue, text=text)) for text in texts] or [caption]
            continue
        words = _labels(caption, cue)
        parts = [_labelled(caption, [words[place] for place in places]) for places, _ in groups] if known else []
        found += parts or [caption]
    return [replace(one, cue=replace(one.cue, index=number)) for number, one in enumerate(found)]


def _labels(caption: LabelledCue, cue: AlignedCue) -> list[LabelledWord]:
    """The ground truth of each word of an aligned caption, which may be a part of one of the ground truth."""
    ends = np.cumsum([len(word.text) + 1 for word in caption.words])
    at, found = 0, []
    for word in cue.words:
        at = max(cue.text.find(word.text, at), at)
        found.append(caption.words[min(int(np.searchsorted(ends, at, side="right")), len(caption.words) - 1)])
        at += len(word.text)
    return found


def _labelled(caption: LabelledCue, words: Sequence[LabelledWord]) -> LabelledCue:
    own = _once(words)
    cue = replace(caption.cue, text=" ".join(word.text for word in own))
    exact = caption.spoken and all(word.spoken for word in own) and not any(word.hole for word in own[1:])
    first, last = own[0].place, own[-1].place
    if not caption.spoken or first is None or last is None:
        return replace(caption, cue=cue, exact=exact, words=tuple(own), edges=None)
    return LabelledCue(cue, first[0], last[1], exact, tuple(own))


def _once(words: Sequence[LabelledWord]) -> list[LabelledWord]:
    """Words without immediate repetitions of the same object."""
    return [word for place, word in enumerate(words) if place == 0 or word is not words[place - 1]]


def _groups(cue: AlignedCue, pause: float, missing: bool) -> tuple[list[tuple[list[int], bool]], bool]:
    """Groups of places of words, each with whether words before it are missing; and whether some are at the end.

    Args:
        missing: whether words are missing before the caption.
    """
    groups: list[tuple[list[int], bool]] = []
    end = 0.0
    for place, word in enumerate(cue.words):
        span = word.span
        if word.status == "aligned" and span is not None:
            if not groups or missing or span.start - end >= pause:
                groups.append(([], missing))
            groups[-1][0].append(place)
            end, missing = span.end, False
        else:
            missing = missing or _is_missing(word)
    return groups, missing


def _is_missing(word: AlignedWord) -> bool:
    """Whether a word should be spoken; mark-up and punctuation have no reason."""
    return word.status == "failed" or word.reason is not None


def _text(cue: AlignedCue, places: Sequence[int]) -> str:
    """The words at some places as they are read aloud, with a space where the caption has one."""
    at, text, space = 0, "", False
    for place, word in enumerate(cue.words):
        start = max(cue.text.find(word.text, at), at)
        space = space or start > at
        at = start + len(word.text)
        if place in places:
            text += " " * (space and bool(text)) + (word.reading or word.text)
            space = False
    return " ".join(text.split())


def spoken_span(words: Sequence[AlignedWord]) -> tuple[float, float] | None:
    """From the first to the last placed word of a phrase, seconds; the phrase itself may extend over a gap after it."""
    spans = [span for word in words if word.status == "aligned" and (span := word.span) is not None]
    return (spans[0].start, spans[-1].end) if spans else None
