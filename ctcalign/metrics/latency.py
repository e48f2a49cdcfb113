"""When a recogniser says its words: emission times, delay against truth, drift against another model.

Conventions: frame t of the output is said at t * frame_shift seconds (spec of the metric: emission time is the first
frame of the token's span on the greedy path; the last frame is reported too). What the encoder must hear beyond that
frame is its look-ahead, which `total_latency` adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctcalign.ctc.paths import token_spans
from ctcalign.metrics.edits import edit_alignment


class TimedWord(NamedTuple):
    """A word of the reference and its place in the recording, seconds; nan where its time is not to be trusted."""

    text: str
    start: float
    end: float


class EmittedToken(NamedTuple):
    """A token of the greedy path: the times of the first and of the last frame of its span, seconds."""

    token: int
    first: float
    last: float


class EmittedWord(NamedTuple):
    """A word of the greedy path, seconds.

    Attributes:
        start: first frame of its first token.  first, last: first and last frame of its last token: from `first` on
        every token of the word is known, which is its emission time.
    """

    text: str
    start: float
    first: float
    last: float


@dataclass(frozen=True)
class Delays:
    """Delays of one utterance.

    Attributes:
        values: seconds, one for each matched word in order; negative where a word is said before its end.
        first, last: delay of the utterance's first and last reference word; None where it was not matched.
        unmatched_reference: reference words without an equal partner, or without a time.
        unmatched_hypothesis: words of the hypothesis without an equal partner.
    """

    values: NDArray[np.float64]
    first: float | None
    last: float | None
    unmatched_reference: int
    unmatched_hypothesis: int


def emission_times(path: ArrayLike, frame_shift: float, blank: int = 0) -> list[EmittedToken]:
    """Tokens of a frame path (T,) with the times of the first and last frame of their spans.

    Raises:
        ShapeError: path is not (T,).  ValueError: frame_shift is not above zero.

        >>> emission_times([0, 3, 3, 0, 5], 0.04)
        [EmittedToken(token=3, first=0.04, last=0.08), EmittedToken(token=5, first=0.16, last=0.16)]
    """
    if not frame_shift > 0:
        raise ValueError(f"frame_shift must be above 0 seconds, got {frame_shift}")
    spans = token_spans(np.asarray(path), blank)
    return [EmittedToken(token, a * frame_shift, (b - 1) * frame_shift) for token, a, b in spans]


def emitted_words(
    tokens: Sequence[EmittedToken], symbols: Sequence[str], separator: str = " ", marker: str = "▁"
) -> list[EmittedWord]:
    """Join tokens to words. Separators have no share in a word's times.

    Args:
        symbols: text of each token.  separator: the symbol that stands between words (character models).
        marker: what a word's first piece begins with (word pieces).
    Raises:
        ValueError: a token is no index of symbols.
    """
    words: list[EmittedWord] = []
    fresh = True
    for token, first, last in tokens:
        if not 0 <= token < len(symbols):
            raise ValueError(f"tokens: {token} is no index of the {len(symbols)} symbols; pass the model's own symbols")
        symbol = symbols[token]
        if symbol == separator:
            fresh = True
            continue
        if symbol.startswith(marker):
            symbol, fresh = symbol[len(marker) :], True
        if not symbol:  # a marker alone: the word's letters follow
            continue
        if fresh:
            words.append(EmittedWord(symbol, first, first, last))
        else:
            words[-1] = EmittedWord(words[-1].text + symbol, words[-1].start, first, last)
        fresh = False
    return words


def match_words(reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord]) -> list[tuple[int, int]]:
    """Places of equal words in both, by edit alignment; of repeated words the one nearest in time is taken."""
    gaps = np.abs(_column(reference, 2)[:, None] - _column(hypothesis, 2)[None, :])
    # a word without time does not choose
    pairs = edit_alignment([w.text for w in reference], [w.text for w in hypothesis], np.nan_to_num(gaps))
    return _equal(pairs, reference, hypothesis)


def emission_delays(
    reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord], *, use_last_frame: bool = False
) -> Delays:
    """Emission time less the end time of the word, for the words that were recognised.

    Args:
        use_last_frame: measure to the last frame of the word's last token instead of its first frame.
    """
    matched = match_words(reference, hypothesis)
    found = {
        i: (hypothesis[j].last if use_last_frame else hypothesis[j].first) - reference[i].end
        for i, j in matched
        if not np.isnan(reference[i].end)
    }
    count = len(reference)
    return Delays(
        np.array(list(found.values()), np.float64),
        found.get(0),
        found.get(count - 1),
        count - len(found),
        len(hypothesis) - len(matched),
    )


def emission_drifts(reference: Sequence[EmittedToken], hypothesis: Sequence[EmittedToken]) -> Delays:
    """Emission time of the evaluated model less that of a fixed reference model, for tokens that both say.

    The mean over all tokens is the drift latency of Align With Purpose (arXiv:2307.01715; the definition is ours where
    the paper's was not available). Of repeated tokens the pair nearest in time is taken.
    """
    gaps = np.abs(_column(reference, 1)[:, None] - _column(hypothesis, 1)[None, :])
    pairs = edit_alignment([t.token for t in reference], [t.token for t in hypothesis], gaps)
    matched = [
        (i, j) for i, j in pairs if i is not None and j is not None and reference[i].token == hypothesis[j].token
    ]
    found = {i: hypothesis[j].first - reference[i].first for i, j in matched}
    return Delays(
        np.array(list(found.values()), np.float64),
        found.get(0),
        found.get(len(reference) - 1),
        len(reference) - len(matched),
        len(hypothesis) - len(matched),
    )


def total_latency(drift: float, look_ahead: float) -> float:
    """Drift latency plus what the encoder must wait for (right context or rest of the chunk), seconds.

    Raises:
        ValueError: look_ahead is negative.
    """
    if look_ahead < 0:
        raise ValueError(f"look_ahead must be >= 0 seconds, got {look_ahead}")
    return drift + look_ahead


Timed = TypeVar("Timed", TimedWord, EmittedWord, EmittedToken)


def _column(rows: Sequence[Timed], place: int) -> NDArray[np.float64]:
    return np.array([row[place] for row in rows], np.float64)


def _equal(
    pairs: list[tuple[int | None, int | None]], reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord]
) -> list[tuple[int, int]]:
    return [(i, j) for i, j in pairs if i is not None and j is not None and reference[i].text == hypothesis[j].text]
