"""An alignment against a reference, at the level of cues or words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ctcalign.metrics.reliability import Detection, ReliabilityStats, detection, reliability_stats, roc_auc
from ctcalign.scoring.edge_errors import (
    RUNAWAY,
    ErrorStatistics,
    Ptem,
    edge_errors,
    error_statistics,
    ptem,
    within,
)
from ctcalign.scoring.items import TimedFile, TimedItem
from ctcalign.scoring.matching import match
from ctcalign.scoring.options import Level, Matching, Options


@dataclass
class Pair:
    """An item of the reference and what the alignment has for it; either may be missing.

    `right` is: spoken as written and placed with both ends within the tolerance. None where the reference cannot tell.
    """

    reference: TimedItem | None
    found: TimedItem | None
    errors: tuple[float, float] | None = None
    right: bool | None = None


@dataclass
class Comparison:
    """What `compare` found. Shares are in [0, 1], times in seconds; None where there was nothing to measure.

    Attributes:
        spoken: items of the reference that somebody says; `placed` of them have a time in the alignment.
        unmatched: items of the alignment that the reference does not hold.
        within: share of all spoken items with both ends within the tolerance; what is not placed is not within.
        runaway: share of the placed items with an end more than a second off.
        skips: what is held to be not spoken, against what is not; an item that the alignment left out counts as held
            to be not spoken, one that the reference does not hold as not spoken.
        calibration: of the items with a confidence.   auc: of all items, by confidence, else by score.
        kept: what a filter by `Options.threshold` would keep, against what is right.
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
    pairs: list[Pair] = field(repr=False)


def compare(
    files: Sequence[tuple[TimedFile, TimedFile]], level: Level = "cue", options: Options | None = None
) -> Comparison:
    """Compare (alignment, reference) of one or more recordings; the numbers are of all of them together.

    Raises:
        CaptionError: the items cannot be matched in the way asked for.
    """
    options = options or Options()
    pairs: list[Pair] = []
    hows: list[Matching] = []
    for alignment, reference in files:
        how, found = _paired(alignment, reference, level, options)
        hows.append(how)
        pairs += found
    for pair in pairs:
        _judge(pair, options)
    return _summed(level, hows[0] if len(set(hows)) == 1 else "auto", options, pairs)


def _paired(alignment: TimedFile, reference: TimedFile, level: Level, options: Options) -> tuple[Matching, list[Pair]]:
    """Words are matched inside their cues where the cues are known to be the same ones: by index or by order."""
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
    """Every item of both sides once, in the order of the reference, what it does not hold at the end."""
    how, places = match(reference, alignment, how)
    partner = dict(places)
    out = [Pair(item, alignment[partner[i]] if i in partner else None) for i, item in enumerate(reference)]
    taken = set(partner.values())
    return how, [*out, *(Pair(None, item) for k, item in enumerate(alignment) if k not in taken)]


def _judge(pair: Pair, options: Options) -> None:
    reference, found = pair.reference, pair.found
    if reference is None:
        pair.right = False
        return
    if reference.spoken is None or (reference.spoken and reference.place is None):
        return  # the reference failed on it, or does not time it
    if reference.place is not None and found is not None and found.place is not None:
        pair.errors = edge_errors(reference, found.place, options.bounds)
    exact = reference.exact
    if exact is None:
        exact = found is not None and bool(reference.texts & found.texts)
    pair.right = bool(reference.spoken and exact and pair.errors is not None and within(pair.errors, options.within))


def _summed(level: Level, how: Matching, options: Options, pairs: list[Pair]) -> Comparison:
    spoken = sum(pair.reference is not None and pair.reference.place is not None for pair in pairs)
    errors = [pair.errors for pair in pairs if pair.errors is not None]
    starts, ends = [start for start, _ in errors], [end for _, end in errors]
    judged = [pair for pair in pairs if pair.right is not None]
    right = [bool(pair.right) for pair in judged]
    confidences = [pair.found.confidence if pair.found else None for pair in judged]
    scores = [pair.found.score if pair.found else None for pair in judged]
    known = [(c, r) for c, r in zip(confidences, right, strict=True) if c is not None]
    ranked, name = (confidences, "confidence") if known else (scores, "score")
    any_rank = any(value is not None for value in ranked)
    return Comparison(
        level=level,
        matched_by=how,
        options=options,
        reference=sum(pair.reference is not None for pair in pairs),
        alignment=sum(pair.found is not None for pair in pairs),
        spoken=spoken,
        placed=len(errors),
        unmatched=sum(pair.reference is None for pair in pairs),
        starts=error_statistics(starts),
        ends=error_statistics(ends),
        both=error_statistics(starts + ends),
        within=sum(within(e, options.within) for e in errors) / spoken if spoken else None,
        runaway=sum(not within(e, RUNAWAY) for e in errors) / len(errors) if errors else None,
        ptem=ptem(errors, options.collar),
        skips=_skips(judged),
        calibration=reliability_stats([c for c, _ in known], [r for _, r in known], options.bins),
        auc=roc_auc(ranked, right) if any_rank else None,
        auc_of=name if any_rank else None,
        kept=detection([c is not None and c >= options.threshold for c in confidences], right) if known else None,
        without_confidence=sum(pair.found is not None and pair.found.confidence is None for pair in judged),
        pairs=pairs,
    )


def _skips(judged: Sequence[Pair]) -> Detection | None:
    """None where neither side knows of anything that is not spoken."""
    said = [pair.found is None or pair.found.skipped for pair in judged]
    so = [pair.reference is None or not pair.reference.spoken for pair in judged]
    return detection(said, so) if any(said) or any(so) else None
