"""The published loop: for each row, a window from the anchor to the expected end of the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ctcalign.aligner.ipfa.amounts import chunks, fitting, proportion
from ctcalign.aligner.ipfa.references import Reference, Stretch, aligned_rows, speech_after, spread
from ctcalign.aligner.ipfa.segmenter import Post, Segment, Segmenter
from ctcalign.aligner.ipfa.settings import FAITHFUL, Settings
from ctcalign.errors import NoPathError


@dataclass
class PublishedRun:
    """Result of the loop.

    Attributes:
        segments: accepted utterances in seconds of the recording; scores include the penalty of short texts.
        lost: texts that no window accepted.
        stopped: why the loop gave up before the last row, None if it did not.
        restarts: number of times that the texts were redistributed.
    """

    segments: list[Segment] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    stopped: str | None = None
    restarts: int = 0


def run_published(
    rows: Sequence[str],
    speech: Sequence[Stretch],
    audio_length: float,
    post: Post,
    segmenter: Segmenter,
    settings: Settings = FAITHFUL,
) -> PublishedRun:
    """Iterative pseudo-forced alignment as published.

    Args:
        rows: texts in order, none empty.
        speech: stretches between long pauses, in seconds.
        audio_length: seconds.
        post: see `Post`; called once per row.
        segmenter: see `Segmenter`.
        settings: see `Settings`.
    Returns:
        PublishedRun.
    Source: López and Luque 2022, Iterative pseudo-forced alignment by acoustic CTC loss, arXiv:2210.15226, and its
        released program. Differs from it: redistributed rows keep the pauses in their places.
    """
    run = PublishedRun()
    texts_of = [text.upper() if settings.upper_case else text for text in rows]
    references = spread(
        [len(text) for text in texts_of],
        speech,
        audio_length,
        start=0.0 if settings.start_at_zero else None,
        misplaced_pauses=settings.misplaced_pauses,
    )
    anchor: float | None = None
    deferred: list[str] = []  # last one first
    counts: list[int] = []
    errors = 0
    at = 0
    while at < len(references):
        here = references[at]
        if here.row is None:
            anchor = here.end
            at += 1
            continue
        last_row = at + 1 == len(references)
        pieces = chunks(texts_of[here.row], settings.most_words, settings.balanced_chunks)
        counts.append(len(pieces))
        texts = [*reversed(deferred), *pieces]
        deferred = []
        start, end = here.start if anchor is None else anchor, here.end
        tight = _pause_is_near(references, at, start, settings)
        crowded = proportion(texts, end - start) > settings.high_proportion and tight
        if end - start >= settings.lost_window:
            run.stopped = f"lost the position at {start:.2f} s: the window reached {end - start:.0f} s"
            deferred = texts[::-1]
            at += 1
            break
        if end - start >= settings.longest_window or crowded:
            run.restarts += 1
            references = _redistributed(references, here.row, texts_of, counts, run, speech, start, audio_length)
            at = next(place for place, reference in enumerate(references) if reference.row == here.row)
            end = references[at].end
        at += 1
        relative = proportion(texts, end - start)
        if not last_row:
            if end <= start or relative < settings.least_proportion:
                deferred = texts[::-1]
                anchor = anchor if end <= start else start
                continue
        log_probs = post(start, end)
        if not last_row and relative > settings.high_proportion and tight:
            texts, deferred = fitting(texts, len(log_probs))
        try:
            decision = decide(segmenter(log_probs, texts), texts, last_row, settings)
        except NoPathError:
            deferred += texts[::-1]
            errors += 1
            if errors >= settings.most_errors:
                run.stopped = f"{errors} texts in a row were longer than their audio, the last at {start:.2f} s"
                break
            continue
        errors = 0
        run.segments += [segment.shifted(start) for segment in decision.accepted]
        deferred += decision.deferred
        if not last_row:
            anchor = start if decision.anchor is None else start + decision.anchor
    run.lost = deferred[::-1]
    for reference in references[at:]:
        if reference.row is not None:
            run.lost += chunks(texts_of[reference.row], settings.most_words, settings.balanced_chunks)
    return run


def _pause_is_near(references: Sequence[Reference], at: int, start: float, settings: Settings) -> bool:
    following = references[at + 1] if at + 1 < len(references) else None
    return following is not None and following.row is None and abs(following.start - start) > settings.near_pause


def _redistributed(
    references: Sequence[Reference],
    row: int,
    texts: Sequence[str],
    counts: Sequence[int],
    run: PublishedRun,
    speech: Sequence[Stretch],
    start: float,
    audio_length: float,
) -> list[Reference]:
    """References of the remaining rows, redistributed over the speech after `start`."""
    done = aligned_rows(counts, len(run.segments))
    kept = [reference for reference in references if reference.row is not None and reference.row < done]
    left = speech_after(speech, start, audio_length)
    return [*kept, *spread([len(text) for text in texts[done:]], left, audio_length, first_row=done)]


def restored(segment: Segment, settings: Settings) -> float:
    """Score of an utterance without the penalty of short texts."""
    if not segment.penalty:
        return segment.score
    return segment.score + (-segment.penalty if settings.restored_penalty is None else settings.restored_penalty)


@dataclass(frozen=True)
class Decision:
    """Result of a window.

    Attributes:
        accepted: segments, in order.
        deferred: texts for the next window, last one first.
        anchor: where the next window begins, in seconds from the beginning of this one; None: unchanged.
    """

    accepted: list[Segment]
    deferred: list[str]
    anchor: float | None = None


def decide(place: Callable[[int], list[Segment]], texts: list[str], last_row: bool, settings: Settings) -> Decision:
    """Drop texts from the end until the last utterance scores well, then continue while its score improves.

    Only the last utterance is tested; those before it are accepted with it, whatever their scores.

    Args:
        place: returns the segments of the first n texts.
        texts: at least one.
        last_row: no window follows, so everything is accepted.
        settings: thresholds.
    """
    best: list[Segment] | None = None
    count = len(texts)

    def accept(segments: list[Segment], deferred: int) -> Decision:
        return Decision(segments, list(reversed(texts[deferred:])), segments[-1].end)

    while True:
        segments = [
            segment.penalised(settings.penalty) if len(segment.text) < settings.short_text else segment
            for segment in place(count)
        ]
        last = segments[-1]
        good = last.score >= settings.threshold
        if last_row:
            return Decision(segments, [])
        if best is None:
            if not good and count == 1:
                return Decision([], list(reversed(texts)))
            if good and (last.score > settings.nice or count == 1):
                return accept(segments, count)
            if good:
                best = segments
        else:
            before = best[-2].score  # the same utterance when followed by one more text
            if last.score > settings.nice and last.score != before:
                return accept(segments, count)
            if before >= last.score:
                return accept(best, count + 1)
            if count == 1:
                return accept(segments, count) if good else Decision([], list(reversed(texts)))
            if not good:
                return accept(best, count + 1)
            best = segments
        count -= 1
