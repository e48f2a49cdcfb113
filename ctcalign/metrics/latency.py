"""Emission latency: emission times of tokens and words, delays after the true word ends, drift from another model.

Output frame t is emitted at t * frame_shift seconds. The emission time of a token is that of the first frame of its
span on the path; the time of the last frame is kept too. The input that the encoder needs beyond that frame is its
look-ahead, which `total_latency` adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctcalign.metrics.bootstrap import Interval, bootstrap_interval
from ctcalign.metrics.error_rates import edit_alignment


class TimedWord(NamedTuple):
    """A word of the reference with its times in seconds; nan where they are unknown or unreliable."""

    text: str
    start: float
    end: float


class EmittedToken(NamedTuple):
    """A token of a path: the times of the first and the last frame of its span, seconds."""

    token: int
    first: float
    last: float


class EmittedWord(NamedTuple):
    """A word of a path, times in seconds.

    Attributes:
        start: first frame of its first token.
        first, last: first and last frame of its last token. `first` is the emission time of the word: from there on
            all its tokens are known.
    """

    text: str
    start: float
    first: float
    last: float


@dataclass(frozen=True)
class Delays:
    """Delays of one utterance.

    Attributes:
        values: seconds, one for each matched word in order; negative where a word is emitted before its end.
        first, last: delay of the utterance's first and last reference word; None where it was not matched.
        unmatched_reference: reference words without an equal partner, or without times.
        unmatched_hypothesis: words of the hypothesis without an equal partner.
    """

    values: NDArray[np.float64]
    first: float | None
    last: float | None
    unmatched_reference: int
    unmatched_hypothesis: int


def emission_times(path: ArrayLike, frame_shift: float, blank: int = 0) -> list[EmittedToken]:
    """Tokens of a path (T,) with the times of the first and last frame of their spans.

    Raises:
        ShapeError: path is not (T,).  ValueError: frame_shift is not above zero.

        >>> emission_times([0, 3, 3, 0, 5], 0.04)
        [EmittedToken(token=3, first=0.04, last=0.08), EmittedToken(token=5, first=0.16, last=0.16)]
    """
    if not frame_shift > 0:
        raise ValueError(f"frame_shift must be above 0 seconds, got {frame_shift}")
    from ctcalign.ctc.paths import token_spans  # loads torch, which the other metrics do not need

    spans = token_spans(np.asarray(path), blank)
    return [EmittedToken(token, a * frame_shift, (b - 1) * frame_shift) for token, a, b in spans]


def emitted_words(
    tokens: Sequence[EmittedToken], symbols: Sequence[str], separator: str = " ", marker: str = "▁"
) -> list[EmittedWord]:
    """Join tokens to words. Separators do not affect the times of words.

    Args:
        symbols: text of each token.  separator: the symbol between words (character models).
        marker: prefix of the first piece of a word (word pieces).
    Raises:
        ValueError: a token is not an index of symbols.
    """
    words: list[EmittedWord] = []
    fresh = True
    for token, first, last in tokens:
        if not 0 <= token < len(symbols):
            raise ValueError(
                f"tokens: {token} is not an index of the {len(symbols)} symbols; pass the model's own symbols"
            )
        symbol = symbols[token]
        if symbol == separator:
            fresh = True
            continue
        if symbol.startswith(marker):
            symbol, fresh = symbol[len(marker) :], True
        if not symbol:  # a marker alone; the letters of the word follow
            continue
        if fresh:
            words.append(EmittedWord(symbol, first, first, last))
        else:
            words[-1] = EmittedWord(words[-1].text + symbol, words[-1].start, first, last)
        fresh = False
    return words


def match_words(reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord]) -> list[tuple[int, int]]:
    """Index pairs of equal words by edit alignment. Of repeated words the one nearest in time is matched."""
    gaps = np.abs(_column(reference, 2)[:, None] - _column(hypothesis, 2)[None, :])
    # A word without times has no preference.
    pairs = edit_alignment([w.text for w in reference], [w.text for w in hypothesis], np.nan_to_num(gaps))
    return _equal(pairs, reference, hypothesis)


def emission_delays(
    reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord], *, use_last_frame: bool = False
) -> Delays:
    """Emission time minus end time of the reference word, for each word that was recognised.

    Args:
        use_last_frame: use the last frame of the word's last token as emission time instead of the first one.
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
    """Emission time of the evaluated model minus that of a fixed reference model, for tokens that both emit.

    The mean over all tokens is the drift latency of Align With Purpose (arXiv:2307.01715; details that the paper does
    not define are our choice). Of repeated tokens the pair nearest in time is matched.
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
    """Drift latency plus the look-ahead of the encoder (right context, or the rest of the chunk), seconds.

    Raises:
        ValueError: look_ahead is negative.
    """
    if look_ahead < 0:
        raise ValueError(f"look_ahead must be >= 0 seconds, got {look_ahead}")
    return drift + look_ahead


@dataclass(frozen=True)
class DelaySummary:
    """Delays over all matched words of a test set, in seconds; nan if no word was matched.

    Attributes:
        mean, median, p50, p90, p99: over all matched words.
        first, last: mean over the first and over the last words of utterances.
        matched: words with a delay.  unmatched_reference, unmatched_hypothesis: see `Delays`.
    """

    mean: float
    median: float
    p90: float
    p99: float
    first: float
    last: float
    matched: int
    unmatched_reference: int
    unmatched_hypothesis: int

    @property
    def p50(self) -> float:
        return self.median


def summarise_delays(delays: Sequence[Delays]) -> DelaySummary:
    """Summary over the words of all utterances together. Percentiles interpolate linearly.

    >>> summarise_delays([Delays(np.array([0.1, 0.3]), 0.1, 0.3, 1, 0)]).median
    0.2
    """
    values = np.concatenate([d.values for d in delays]) if delays else np.empty(0)
    median, p90, p99 = np.percentile(values, (50, 90, 99)).tolist() if values.size else [float("nan")] * 3
    return DelaySummary(
        _mean_or_nan(values.tolist()),
        median,
        p90,
        p99,
        _mean_or_nan([d.first for d in delays if d.first is not None]),
        _mean_or_nan([d.last for d in delays if d.last is not None]),
        int(values.size),
        sum(d.unmatched_reference for d in delays),
        sum(d.unmatched_hypothesis for d in delays),
    )


def mean_delay_interval(delays: Sequence[Delays], samples: int = 10_000, seed: int = 0) -> Interval:
    """Mean delay with its 95 % bootstrap interval over utterances.

    Raises:
        ShapeError: no utterance.  ValueError: no word matched.
    """
    return bootstrap_interval(
        [d.values.sum() for d in delays], [d.values.size for d in delays], samples=samples, seed=seed
    )


def _mean_or_nan(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


Timed = TypeVar("Timed", TimedWord, EmittedWord, EmittedToken)


def _column(rows: Sequence[Timed], place: int) -> NDArray[np.float64]:
    return np.array([row[place] for row in rows], np.float64)


def _equal(
    pairs: list[tuple[int | None, int | None]], reference: Sequence[TimedWord], hypothesis: Sequence[EmittedWord]
) -> list[tuple[int, int]]:
    return [(i, j) for i, j in pairs if i is not None and j is not None and reference[i].text == hypothesis[j].text]
