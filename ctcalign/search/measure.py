"""Quality of a search on trial searches: precision, recall, ROC AUC, ECE and errors of the times, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ctcalign.metrics.reliability import reliability_stats, roc_auc
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.hits import place_hit
from ctcalign.search.phrases import prepare_phrases
from ctcalign.search.trials import CLASSES, Candidate, Trial
from ctcalign.text.tokeniser import Tokeniser

Predicted = Sequence[tuple[Candidate, float]]  # candidates with their confidences

LEAST = 0.05  # smallest confidence of the candidates counted for the ECE: most of the others are clearly wrong
THRESHOLD = 0.5
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def report_lines(trials: Sequence[Trial], predicted: Predicted, model: AcousticModel) -> Iterator[str]:
    """A table and the errors of the times for each recording and for all, then a table for each threshold."""
    for name in [*(trial.recording.name for trial in trials), "all"]:
        here = [pair for pair in predicted if name in ("all", pair[0].recording)]
        yield f"\n{name}\n"
        yield from quality_table([trial for trial in trials if name in ("all", trial.recording.name)], here)
        for kind in CLASSES:
            yield f"{kind}: {time_errors(trials, [pair for pair in here if pair[0].kind == kind], model)}"
    for threshold in THRESHOLDS:
        yield f"\nfrom {threshold:g}\n"
        yield from quality_table(trials, predicted, threshold)[2:]


def quality_table(trials: Sequence[Trial], predicted: Predicted, threshold: float = THRESHOLD) -> list[str]:
    """A table in Markdown with a row for each class: precision and recall at a threshold, AUC, and ECE.

    The AUC is over phrases in recordings: the probability that the best hit of a phrase that occurs has a higher
    confidence than that of a phrase that does not. Without a candidate the confidence is 0.
    """
    lines = [
        f"| | occurrences | hits at {threshold:g} | precision | recall | AUC | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in CLASSES:
        here = [(own, confidence) for own, confidence in predicted if own.kind == kind]
        total = sum(len(trial.recording.occurrences(text)) for trial in trials for text in trial.phrases[kind].present)
        hits = [own for own, confidence in here if confidence >= threshold]
        right = sum(own.truth is not None for own in hits)
        lines.append(
            f"| {kind} | {total} | {len(hits)} | {right / max(1, len(hits)):.3f} | {right / max(1, total):.3f} "
            f"| {_number(_auc(trials, here, kind))} | {_number(calibration_error(here))} |"
        )
    return lines


def _auc(trials: Sequence[Trial], predicted: Predicted, kind: str) -> float | None:
    best: dict[tuple[str, str], float] = {}
    for own, confidence in predicted:
        key = own.recording, own.phrase
        best[key] = max(confidence, best.get(key, 0.0))
    scores, present = [], []
    for trial in trials:
        for texts, occurs in ((trial.phrases[kind].present, True), (trial.phrases[kind].absent, False)):
            scores += [best.get((trial.recording.name, text), 0.0) for text in texts]
            present += [occurs] * len(texts)
    return roc_auc(scores, present)


def calibration_error(predicted: Predicted) -> float | None:
    """ECE of the candidates with a confidence of at least LEAST, in ten bins; None without any."""
    shown = [(confidence, own.truth is not None) for own, confidence in predicted if confidence >= LEAST]
    found = reliability_stats([confidence for confidence, _ in shown], [right for _, right in shown])
    return None if found is None else found.ece


def time_errors(trials: Sequence[Trial], predicted: Predicted, model: AcousticModel) -> str:
    """Median and 90th percentile of the absolute errors of starts and ends of the right hits at THRESHOLD."""
    emissions = {trial.recording.name: trial.recording.emission for trial in trials}
    tokeniser = Tokeniser(model.vocabulary, "en")
    starts, ends = [], []
    for own, confidence in predicted:
        if own.truth is None or confidence < THRESHOLD:
            continue
        [phrase] = prepare_phrases([own.phrase], tokeniser, "en", model.frame_shift, model.name)
        hit = place_hit(phrase, own.evidence, emissions[own.recording], model.spike_delay, confidence)
        starts.append(abs((hit.start or 0.0) - own.truth.start))
        ends.append(abs((hit.end or 0.0) - own.truth.end))
    if not starts:
        return "no right hits"
    parts = [
        f"{name}: median {np.median(errors):.3f} s, P90 {np.percentile(errors, 90):.3f} s"
        for name, errors in (("starts", starts), ("ends", ends))
    ]
    return f"{len(starts)} right hits; " + "; ".join(parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
