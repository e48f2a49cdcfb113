"""An alignment compared with a reference, by cues or by words: errors of starts and ends, skips, confidences.

Times in seconds; an error is positive if the alignment is late.
"""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ctcalign.metrics.reliability import Detection, ReliabilityStats, detection, reliability_stats, roc_auc
from ctcalign.scoring.items import TimedFile, TimedItem
from ctcalign.scoring.matching import match
from ctcalign.scoring.options import Bounds, Level, Matching, Options

TOLERANCES = (0.02, 0.05, 0.1, 0.2, 0.5)
RUNAWAY = 1.0
_ROUNDING = 1e-9  # 0.2 s may be 0.20000000000000018 in binary


def edge_errors(reference: TimedItem, found: tuple[float, float], bounds: Bounds = "speech") -> tuple[float, float]:
    """Errors of the start and the end.

    Args:
        reference: a spoken item with times.
        found: start and end in the alignment.
        bounds: "speech" compares with the onset and offset of the speech, "clip" with the borders of the clip that it
            was cut from; with "tolerant" any time between the two, where there is only silence, has the error 0, and so
            has one up to the first or last word, where its time is known (`TimedItem.word_edges`).
            Without clip borders all three mean "speech". Of several `occurrences` the nearest is used.
    """
    if reference.occurrences:
        each = [(found[0] - start, found[1] - end) for start, end in reference.occurrences]
        return min(each, key=lambda errors: abs(errors[0]) + abs(errors[1]))
    place = reference.place
    if place is None:
        raise ValueError(f"{reference.text!r}: the reference has no time for it")
    if reference.clip is None or bounds == "speech":
        return found[0] - place[0], found[1] - place[1]
    if bounds == "clip":
        return found[0] - reference.clip[0], found[1] - reference.clip[1]
    first, last = reference.word_edges
    return _outside(found[0], place[0], reference.clip[0], first), _outside(found[1], place[1], reference.clip[1], last)


def _outside(time: float, *edges: float | None) -> float:
    """Signed distance of `time` from the span between the outermost of some times; 0 inside it."""
    known = [edge for edge in edges if edge is not None]
    low, high = min(known), max(known)
    return time - low if time < low else time - high if time > high else 0.0


def within(errors: tuple[float, float], tolerance: float) -> bool:
    """Whether start and end are off by at most `tolerance` seconds."""
    return max(abs(errors[0]), abs(errors[1])) <= tolerance + _ROUNDING


@dataclass(frozen=True)
class ErrorStatistics:
    """Statistics of absolute errors in seconds. `bias`: signed mean; `fractions`: within each of `TOLERANCES`."""

    count: int
    median: float
    mean: float
    p90: float
    p95: float
    max: float
    bias: float
    fractions: dict[float, float]


def error_statistics(errors: Sequence[float]) -> ErrorStatistics | None:
    """Statistics of errors, None without any; see `percentile`."""
    if not errors:
        return None
    sizes = sorted(abs(error) for error in errors)
    count = len(sizes)
    return ErrorStatistics(
        count,
        statistics.median(sizes),
        statistics.fmean(sizes),
        percentile(sizes, 90),
        percentile(sizes, 95),
        sizes[-1],
        statistics.fmean(errors),
        {t: sum(size <= t + _ROUNDING for size in sizes) / count for t in TOLERANCES},
    )


def percentile(rising: Sequence[float], percent: int) -> float:
    """The first of rising values with at least `percent` % of them before it, at most the last.

    >>> percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), percentile([1, 2, 3], 50)
    (10, 2)
    """
    return rising[min(len(rising) - 1, percent * len(rising) // 100)]


@dataclass(frozen=True)
class Ptem:
    """Program Time-Error Metric: medians of the errors of starts, of ends and of their sum, and the mean of the sum.

    Errors below the collar count as 0. Source: Albayzin TaSAC-ST 2022.
    """

    collar: float
    start: float
    end: float
    median: float
    mean: float


def ptem(pairs: Sequence[tuple[float, float]], collar: float = 0.0) -> Ptem | None:
    """PTEM of pairs (error of the start, error of the end); None without any."""
    if not pairs:
        return None
    starts = [_above(abs(start), collar) for start, _ in pairs]
    ends = [_above(abs(end), collar) for _, end in pairs]
    sums = [start + end for start, end in zip(starts, ends, strict=True)]
    middle = statistics.median
    return Ptem(collar, middle(starts), middle(ends), middle(sums), statistics.fmean(sums))


def _above(size: float, collar: float) -> float:
    return 0.0 if size < collar - _ROUNDING else size


@dataclass
class Pair:
    """An item of the reference and the matching one of the alignment; either may be missing.

    `right`: spoken as written, and placed with both ends within the tolerance. None if unknown from the reference.
    """

    reference: TimedItem | None
    found: TimedItem | None
    errors: tuple[float, float] | None = None
    right: bool | None = None


@dataclass
class Comparison:
    """The result of `compare`. Fractions are in [0, 1], times in seconds; None if there was nothing to measure.

    Attributes:
        spoken: spoken items of the reference; `placed` of them have times in the alignment.
        unmatched: items of the alignment without a partner in the reference.
        within: fraction of all spoken items with both ends within the tolerance; unplaced items are not within.
        runaway: fraction of the placed items with a start or end more than a second off.
        skips: detection of items that are not spoken. An item that the alignment omits counts as skipped, one that
            is not in the reference as not spoken.
        calibration: of the items with a confidence.   auc: of all items, by confidence, else by score.
        kept: detection of right items by a filter at `Options.threshold`.
        errors: of the starts and of the ends of the placed items.
        pairs: of items, unless they were not kept.
    """

    level: Level
    matched_by: Matching
    options: Options
    reference: int
    alignment: int
    spoken: int
    placed: int
    unmatched: int
    starts: ErrorStatistics | None
    ends: ErrorStatistics | None
    both: ErrorStatistics | None
    within: float | None
    runaway: float | None
    ptem: Ptem | None
    skips: Detection | None
    calibration: ReliabilityStats | None
    auc: float | None
    auc_of: str | None
    kept: Detection | None
    without_confidence: int
    errors: tuple[array[float], array[float]] = field(repr=False)
    pairs: list[Pair] = field(repr=False)


def compare(
    files: Iterable[tuple[TimedFile, TimedFile]],
    level: Level = "cue",
    options: Options | None = None,
    *,
    keep: bool = True,
) -> Comparison:
    """Compare (alignment, reference) of one or more recordings; the statistics are over all of them.

    Args:
        keep: the pairs of items; else about forty bytes of each are in memory, whatever the number of recordings.
    Raises:
        CaptionError: the items cannot be matched as requested.
    """
    options = options or Options()
    pairs: list[Pair] = []
    hows: set[Matching] = set()
    sums = _Sums()
    for alignment, reference in files:
        how, found = _paired(alignment, reference, level, options)
        hows.add(how)
        for pair in found:
            _assess(pair, options)
            sums.add(pair)
        if keep:
            pairs += found
    return _summed(level, next(iter(hows)) if len(hows) == 1 else "auto", options, sums, pairs)


def _paired(alignment: TimedFile, reference: TimedFile, level: Level, options: Options) -> tuple[Matching, list[Pair]]:
    """Words are matched inside their cues if the cues were matched by index or order."""
    cue_wise = all(file.has_cues and any(cue.words for cue in file.cues) for file in (alignment, reference))
    if level == "word" and cue_wise and options.matching in ("auto", "index"):
        how, pairs = _matched(reference.cues, alignment.cues, options.matching)
        if how != "text":
            out = []
            for pair in pairs:
                own = pair.reference.own_words if pair.reference else []
                out += _matched(own, pair.found.own_words if pair.found else [], "auto")[1]
            return how, out
    if level == "word":
        if options.matching == "index":
            return _matched(reference.words(), alignment.words(), "auto")
        return _matched(reference.words(), alignment.words(), options.matching)
    return _matched(reference.cues, alignment.cues, options.matching)


def _matched(
    reference: Sequence[TimedItem], alignment: Sequence[TimedItem], how: Matching
) -> tuple[Matching, list[Pair]]:
    """Every item of both sides once, in the order of the reference, then the unmatched items of the alignment."""
    how, places = match(reference, alignment, how)
    partner = dict(places)
    out = [Pair(item, alignment[partner[i]] if i in partner else None) for i, item in enumerate(reference)]
    taken = set(partner.values())
    return how, [*out, *(Pair(None, item) for k, item in enumerate(alignment) if k not in taken)]


def _assess(pair: Pair, options: Options) -> None:
    reference, found = pair.reference, pair.found
    if reference is None:
        pair.right = False
        return
    if reference.spoken is None or (reference.spoken and reference.place is None):
        return  # the reference does not specify whether it is spoken, or when
    if reference.place is not None and found is not None and found.place is not None:
        pair.errors = edge_errors(reference, found.place, options.bounds)
    exact = reference.exact
    if exact is None:
        exact = found is not None and bool(reference.texts & found.texts)
    pair.right = bool(reference.spoken and exact and pair.errors is not None and within(pair.errors, options.within))


@dataclass
class _Sums:
    """What statistics need of each pair.

    Of the items of which it is known whether they are right: confidence and score (NaN without one), and whether they
    are right, skipped, and not spoken.
    """

    reference: int = 0
    alignment: int = 0
    spoken: int = 0
    unmatched: int = 0
    without_confidence: int = 0
    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    confidences: array[float] = field(default_factory=lambda: array("d"))
    scores: array[float] = field(default_factory=lambda: array("d"))
    right: bytearray = field(default_factory=bytearray)
    skipped: bytearray = field(default_factory=bytearray)
    not_spoken: bytearray = field(default_factory=bytearray)

    def add(self, pair: Pair) -> None:
        reference, found = pair.reference, pair.found
        self.reference += reference is not None
        self.alignment += found is not None
        self.spoken += reference is not None and reference.place is not None
        self.unmatched += reference is None
        if pair.errors is not None:
            self.starts.append(pair.errors[0])
            self.ends.append(pair.errors[1])
        if pair.right is None:
            return
        self.without_confidence += found is not None and found.confidence is None
        self.confidences.append(_or_nan(found.confidence if found else None))
        self.scores.append(_or_nan(found.score if found else None))
        self.right.append(pair.right)
        self.skipped.append(found is None or found.skipped)
        self.not_spoken.append(reference is None or not reference.spoken)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _known(values: Iterable[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def _summed(level: Level, how: Matching, options: Options, sums: _Sums, pairs: list[Pair]) -> Comparison:
    errors = list(zip(sums.starts, sums.ends, strict=True))
    right = [bool(one) for one in sums.right]
    confidences, scores = _known(sums.confidences), _known(sums.scores)
    known = [(c, r) for c, r in zip(confidences, right, strict=True) if c is not None]
    ranked, name = (confidences, "confidence") if known else (scores, "score")
    any_rank = any(value is not None for value in ranked)
    return Comparison(
        level=level,
        matched_by=how,
        options=options,
        reference=sums.reference,
        alignment=sums.alignment,
        spoken=sums.spoken,
        placed=len(errors),
        unmatched=sums.unmatched,
        starts=error_statistics(sums.starts),
        ends=error_statistics(sums.ends),
        both=error_statistics(sums.starts + sums.ends),
        within=sum(within(e, options.within) for e in errors) / sums.spoken if sums.spoken else None,
        runaway=sum(not within(e, RUNAWAY) for e in errors) / len(errors) if errors else None,
        ptem=ptem(errors, options.collar),
        skips=_skips(sums),
        calibration=reliability_stats([c for c, _ in known], [r for _, r in known], options.bins),
        auc=roc_auc(ranked, right) if any_rank else None,
        auc_of=name if any_rank else None,
        kept=detection([c is not None and c >= options.threshold for c in confidences], right) if known else None,
        without_confidence=sums.without_confidence,
        errors=(sums.starts, sums.ends),
        pairs=pairs,
    )


def _skips(sums: _Sums) -> Detection | None:
    """None if neither side has an item that is not spoken."""
    skipped, not_spoken = [bool(one) for one in sums.skipped], [bool(one) for one in sums.not_spoken]
    return detection(skipped, not_spoken) if any(skipped) or any(not_spoken) else None
