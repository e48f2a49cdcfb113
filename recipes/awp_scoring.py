"""What one run said on one set: a row for each utterance, and the numbers of the whole set."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctcalign.edits import edit_distance
from ctcalign.metrics import (
    Delays,
    EmittedToken,
    TimedWord,
    edit_counts,
    emission_delays,
    emission_drifts,
    emitted_words,
    summarise_delays,
    total_counts,
    total_latency,
)


@dataclass(frozen=True)
class Row:
    """One utterance. Times in seconds; `tokens` are (symbol, first frame, last frame) of the greedy path."""

    id: str
    ref_text: str
    hyp_text: str
    errors: int
    words: int
    character_errors: int
    characters: int
    delays: list[float]
    first_delay: float | None
    last_delay: float | None
    unmatched_reference: int
    unmatched_hypothesis: int
    tokens: list[tuple[str, float, float]]


def score(name: str, words: Sequence[TimedWord], tokens: Sequence[EmittedToken], symbols: Sequence[str]) -> Row:
    """Compare the tokens of a greedy path with the words that were said."""
    said = emitted_words(tokens, symbols)
    ref_text, hyp_text = " ".join(w.text for w in words), " ".join(w.text for w in said)
    delays = emission_delays(words, said)
    return Row(
        name,
        ref_text,
        hyp_text,
        edit_distance(ref_text.split(), hyp_text.split()),
        len(words),
        edit_distance(ref_text, hyp_text),
        len(ref_text),
        [round(float(value), 4) for value in delays.values],
        delays.first,
        delays.last,
        delays.unmatched_reference,
        delays.unmatched_hypothesis,
        [(symbols[t.token], round(t.first, 4), round(t.last, 4)) for t in tokens],
    )


def delays_of(row: Row) -> Delays:
    return Delays(
        np.array(row.delays), row.first_delay, row.last_delay, row.unmatched_reference, row.unmatched_hypothesis
    )


def drift(rows: Sequence[Row], reference: Sequence[Row]) -> Delays:
    """Drift of every matched token against a fixed model, pooled over the utterances that both have heard."""
    fixed = {row.id: row for row in reference}
    numbers: dict[str, int] = {}

    def coded(row: Row) -> list[EmittedToken]:
        return [EmittedToken(numbers.setdefault(s, len(numbers)), a, b) for s, a, b in row.tokens if s.strip(" ▁")]

    found = [emission_drifts(coded(fixed[row.id]), coded(row)) for row in rows if row.id in fixed]
    values = np.concatenate([d.values for d in found]) if found else np.empty(0)
    return Delays(
        values, None, None, sum(d.unmatched_reference for d in found), sum(d.unmatched_hypothesis for d in found)
    )


def summary(rows: Sequence[Row], look_ahead: float, reference: Sequence[Row] | None = None) -> dict[str, Any]:
    """The numbers of a set. Rates as fractions, times in seconds; None where there is nothing to measure."""
    counts = total_counts([edit_counts(row.ref_text.split(), row.hyp_text.split()) for row in rows])
    found: dict[str, Any] = {
        "utterances": len(rows),
        "words": counts.reference_length,
        "wer": counts.rate,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "cer": sum(r.character_errors for r in rows) / max(1, sum(r.characters for r in rows)),
        "delay": asdict(summarise_delays([delays_of(row) for row in rows])),
        "look_ahead": look_ahead,
    }
    if reference is not None:
        drifted = drift(rows, reference)
        mean = float(drifted.values.mean()) if drifted.values.size else math.nan
        found["drift"] = {
            "mean": mean,
            "total_latency": total_latency(mean, look_ahead),
            "matched": int(drifted.values.size),
            "unmatched_reference": drifted.unmatched_reference,
            "unmatched_hypothesis": drifted.unmatched_hypothesis,
        }
    return without_nan(found)


def without_nan(value: Any) -> Any:
    """JSON has no NaN: None stands for what was not measured."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")
    part.replace(path)


def read_rows(path: Path) -> list[Row]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        fields["tokens"] = [(symbol, first, last) for symbol, first, last in fields["tokens"]]
        rows.append(Row(**fields))
    return rows
