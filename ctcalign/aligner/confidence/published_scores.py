"""Published confidence scores, by name, of texts in given spans of an emission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctcalign.checks import check_choice
from ctcalign.ctc import best_path
from ctcalign.ctc.segmentation.segments import NO_FRAME, segment_utterances
from ctcalign.edits import edit_distance
from ctcalign.emission.emission import Emission
from ctcalign.errors import NoPathError, UsageError


@dataclass
class SpokenSpan:
    """A text and the frames in which it is spoken.

    Attributes:
        rows: natural-log probabilities of these frames, (T, C).
        labels: labels of the text.
        recognised: labels of the greedy decoding of these frames.
        characters: length of the text as written, for the short-text penalty.
        frame_shift: seconds per frame.
        blank: index of the blank.
    """

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    recognised: NDArray[np.int64]
    characters: int
    frame_shift: float
    blank: int

    @cached_property
    def path_scores(self) -> NDArray[np.float64] | None:
        """Log-prob of each frame on the best CTC path of the text; None if there is no path."""
        try:
            return np.asarray(best_path(self.rows, self.labels, self.blank).frame_scores, np.float64)
        except NoPathError:
            return None

    @cached_property
    def segmentation_score(self) -> float:
        """Smallest mean log-prob of 30 frames, as published."""
        try:
            [found] = segment_utterances(self.rows, [self.labels.tolist()], self.frame_shift, blank=self.blank)
        except NoPathError:
            return NO_FRAME
        return found.score


def min_mean_score(span: SpokenSpan) -> float:
    """Confidence of CTC segmentation: the smallest mean log-prob of 30 frames, in nats (arXiv:2007.09127)."""
    return span.segmentation_score


def mean_log_posterior(span: SpokenSpan) -> float:
    """Mean log-prob per frame of the best CTC path, in nats, at most 0: the usual score of forced alignments."""
    return NO_FRAME if span.path_scores is None else float(span.path_scores.mean())


def ipfa_score(span: SpokenSpan, threshold: float = -2.0, short_text: int = 30) -> float:
    """The min-mean, less 2 * |threshold| for texts of fewer than `short_text` characters (arXiv:2210.15226)."""
    return span.segmentation_score + (2 * threshold if span.characters < short_text else 0.0)


def free_ratio(span: SpokenSpan) -> float:
    """Mean log-ratio per frame of the text's best path to the best path of any text, in nats, at most 0.

    This is the ratio to a star (filler) arc, which matches the best label of each frame.
    """
    if span.path_scores is None:
        return NO_FRAME
    return float((span.path_scores - span.rows.max(1)).mean())


def free_error_rate(span: SpokenSpan) -> float:
    """Label errors of the greedy decoding against the text, over the labels of the text: 0 is best, no upper limit."""
    return edit_distance(span.labels, span.recognised) / len(span.labels)


SCORES: dict[str, Callable[[SpokenSpan], float]] = {
    "min_mean": min_mean_score,
    "mean": mean_log_posterior,
    "ipfa": ipfa_score,
    "free_ratio": free_ratio,
    "free_error_rate": free_error_rate,
}


def published_scores(
    emission: Emission,
    spans: Sequence[tuple[float, float] | None],
    labels: Sequence[Sequence[int]],
    characters: Sequence[int] | None = None,
    names: Sequence[str] = tuple(SCORES),
    spike_delay: float = 0.0,
) -> list[dict[str, float] | None]:
    """Published scores of texts in their spans.

    Args:
        emission: emission of the recording.
        spans: (start, end) of each text in seconds; None for a text without times.
        labels: labels that spell each text, separators between words included.
        characters: length of each text as written; None takes the number of its labels.
        names: keys of `SCORES`.
        spike_delay: seconds by which the model's labels come late.
    Returns:
        The scores of each text by name; NO_FRAME (-1e10) if it needs more frames than its span has. None for a
        text without span or without labels.
    Raises:
        UsageError: an unknown name, or lists of different lengths.
    """
    for name in names:
        check_choice("score", name, SCORES)
    counts = [len(text) for text in labels] if characters is None else list(characters)
    if not len(spans) == len(labels) == len(counts):
        raise UsageError(
            f"spans, labels, characters: expected equal lengths, got {len(spans)}, {len(labels)}, {len(counts)}"
        )
    blank = emission.vocabulary.blank
    found: list[dict[str, float] | None] = []
    for span, text, count in zip(spans, labels, counts, strict=True):
        if span is None or not text:
            found.append(None)
            continue
        first, stop = emission.clock.frames((span[0] + spike_delay, span[1] + spike_delay))
        if stop <= first:
            found.append({name: 1.0 if name == "free_error_rate" else NO_FRAME for name in names})
            continue
        spoken = SpokenSpan(
            np.asarray(emission.log_probs[first:stop], np.float32),
            np.asarray(text, np.int64),
            emission.decoding.between(first, stop).labels,
            count,
            emission.frame_shift,
            blank,
        )
        found.append({name: SCORES[name](spoken) for name in names})
    return found
