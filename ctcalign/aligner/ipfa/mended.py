"""The corrected loop: windows from anchor to anchor, with a decision about every utterance.

As in the published method an anchor is the end of an utterance whose place is certain; the next window begins there and
grows in audio and text until it contains an anchor; texts after the anchor are deferred to the next window. Unlike in
that method, a text that is not spoken is skipped wherever it is, and if nothing is found, the window moves on over
audio without text and tries more and more of the next texts until one of them is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ctcalign.aligner.ipfa.amounts import LETTER
from ctcalign.aligner.ipfa.references import Stretch
from ctcalign.aligner.ipfa.scouting import Scout, gaps
from ctcalign.aligner.ipfa.segmenter import Post, Segment, Segmenter
from ctcalign.aligner.ipfa.settings import DEFAULT, Settings

MORE_TEXT = 1.5  # longest text of a window, in durations of the window
FEWEST_TEXTS = 8
SHORT_OF_END = 1.0  # seconds before the end of a window within which an utterance may be cut off


@dataclass
class MendedRun:
    """Result of the loop.

    Attributes:
        placed: segment of each text that was found, by its number, in seconds of the recording.
        guessed: the same for texts with many wrong words, placed because the speech between their neighbours
            resembles them as a whole. They are not in `placed`.
        lost: stretches of audio that were searched without finding a text.
        trials: number of segmentations.
    """

    placed: dict[int, Segment] = field(default_factory=dict)
    guessed: dict[int, Segment] = field(default_factory=dict)
    lost: list[Stretch] = field(default_factory=list)
    trials: int = 0


def run_mended(
    texts: Sequence[str],
    speech: Sequence[Stretch],
    post: Post,
    segmenter: Segmenter,
    settings: Settings = DEFAULT,
    guessing: Callable[[Scout, dict[int, Segment]], dict[int, Segment]] | None = None,
) -> MendedRun:
    """Iterative pseudo-forced alignment, corrected: it recovers if it loses its position in text or audio.

    Args:
        texts: in order, none empty.
        speech: stretches between long pauses in seconds, in order.
        post, segmenter, settings: see `Post`, `Segmenter`, `Settings`; the segmenter returns cores.
        guessing: places texts that were not found, given those that were; see `ctcalign.aligner.ipfa.guesses`.
    Returns:
        MendedRun: every text that is in neither `placed` nor `guessed` was not found.
    """
    scout = Scout(texts, post, segmenter, settings)
    run = MendedRun()
    following = 0
    patience = settings.search_texts
    for first, last in speech:
        anchor, seconds = first, settings.first_window
        while following < len(texts) and last - anchor > LETTER:
            end = min(last, anchor + seconds)
            lost = seconds >= settings.search_window
            numbers = _next_texts(texts, following, end - anchor, patience if lost else None)
            found = _up_to_certain(scout, scout.between(anchor, end, numbers), end if end < last else None)
            if found:
                run.placed.update(found)
                following = max(found) + 1
                anchor = max(segment.end for segment in found.values())
                seconds, patience = settings.first_window, settings.search_texts
            elif end < last and not lost:
                seconds = min(2 * seconds, settings.search_window)
            elif not lost:
                seconds = settings.search_window  # the same audio with all the texts that may be spoken in it
            else:
                run.lost.append((anchor, end if end >= last else anchor + seconds / 2))
                patience = min(2 * patience, settings.most_search_texts)
                if end >= last:
                    break
                anchor += seconds / 2
    _fill_gaps(scout, run, speech)
    if guessing is not None:
        run.guessed = guessing(scout, run.placed)
    run.trials = scout.trials
    return run


def _next_texts(texts: Sequence[str], first: int, seconds: float, at_least: int | None) -> list[int]:
    numbers: list[int] = []
    left = MORE_TEXT * seconds / LETTER
    for n in range(first, len(texts)):
        if left <= 0 and len(numbers) >= (at_least or FEWEST_TEXTS):
            break
        left -= len(texts[n]) + 1
        numbers.append(n)
    return numbers


def _up_to_certain(scout: Scout, found: dict[int, Segment], cut: float | None) -> dict[int, Segment]:
    """The texts found up to the last utterance that is certain and not cut off by the end of the window."""
    sure = [
        n for n, segment in found.items() if scout.sure(segment) and (cut is None or segment.end < cut - SHORT_OF_END)
    ]
    return {n: segment for n, segment in found.items() if sure and n <= max(sure)}


def _fill_gaps(scout: Scout, run: MendedRun, speech: Sequence[Stretch]) -> None:
    """Search again for texts between placed ones that were not in the same window."""
    longest = 2 * scout.settings.search_window
    everything = range(len(scout.texts))
    for low, high, numbers in gaps(run.placed, everything, speech[0][0], speech[-1][1]):
        if high - low <= longest:
            run.placed.update(scout.between(low, high, numbers))
    run.placed = dict(sorted(run.placed.items()))
