"""Methods compared over their seeds: means, spread and significance, from the rows of all runs."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctcalign.metrics import Comparison, paired_bootstrap
from recipes.awp.evaluation import Row, read_rows, summary

NOTHING = "–"


@dataclass(frozen=True)
class Entry:
    """One method with one setting over all seeds, on one set.

    Attributes:
        numbers: for each key of `KEYS` one value per seed, in the order of `seeds`; seconds and fractions.
    """

    method: str
    setting: str
    seeds: tuple[int, ...]
    rows: tuple[tuple[Row, ...], ...]
    numbers: dict[str, list[float]]

    @property
    def name(self) -> str:
        return f"{self.method} {self.setting}".strip()

    def mean(self, key: str) -> float:
        return float(np.mean(self.numbers[key]))

    def spread(self, key: str) -> float:
        """Standard deviation over seeds (n - 1), nan for one seed."""
        values = self.numbers[key]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


KEYS = ("wer", "cer", "mean", "median", "p90", "p99", "first", "last", "matched", "latency", "drift", "total_latency")


def collect(runs: Path, parts: Sequence[str], reference: Sequence[Row] | None) -> list[Entry]:
    """The finished runs below `runs` that have rows of all `parts`, pooled to one set; sorted by folder name."""
    groups: dict[tuple[str, str], list[tuple[int, list[Row], dict[str, float]]]] = defaultdict(list)
    for folder in sorted(file.parent for file in runs.glob(f"*/{parts[0]}.jsonl")):
        files = [folder / f"{part}.jsonl" for part in parts]
        if not all(file.exists() for file in files):
            continue
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        rows = [row for file in files for row in read_rows(file)]
        groups[about["method"], about["setting"]].append(
            (about["seed"], rows, _numbers(summary(rows, about["look_ahead"], reference)))
        )
    entries = []
    for (method, setting), found in groups.items():
        found.sort(key=lambda item: item[0])
        numbers = {key: [one[2][key] for one in found] for key in KEYS}
        entries.append(
            Entry(method, setting, tuple(one[0] for one in found), tuple(tuple(one[1]) for one in found), numbers)
        )
    return entries


def _numbers(found: dict[str, Any]) -> dict[str, float]:
    flat = {**found["delay"], **{key: found[key] for key in ("wer", "cer")}}
    mean = flat["mean"]
    flat["latency"] = None if mean is None else mean + found["look_ahead"]
    flat["drift"] = found.get("drift", {}).get("mean")
    flat["total_latency"] = found.get("drift", {}).get("total_latency")
    return {key: float("nan") if flat[key] is None else float(flat[key]) for key in KEYS}


def compare_wer(first: Entry, second: Entry, samples: int = 10_000) -> Comparison | None:
    """Word error rate of the second against the first on their common seeds; None if they have none in common."""
    shared = [seed for seed in first.seeds if seed in second.seeds]
    if not shared:
        return None
    tables = [
        np.array([[row.errors for row in entry.rows[entry.seeds.index(seed)]] for seed in shared])
        for entry in (first, second)
    ]
    words = [row.words for row in first.rows[0]]
    return paired_bootstrap(tables[0], tables[1], words, samples=samples)


def compare_delay(first: Entry, second: Entry, samples: int = 10_000) -> Comparison | None:
    """Mean delay of the second against the first on their common seeds, each over the words that it recognised."""
    shared = [seed for seed in first.seeds if seed in second.seeds]
    if not shared or any(not sum(len(row.delays) for row in rows) for e in (first, second) for rows in e.rows):
        return None
    sums, counts = (
        [
            np.array([[measure(row.delays) for row in entry.rows[entry.seeds.index(seed)]] for seed in shared])
            for entry in (first, second)
        ]
        for measure in (sum, len)
    )
    return paired_bootstrap(sums[0], sums[1], counts[0], counts[1], samples=samples)


def dominated(entry: Entry, others: Sequence[Entry]) -> list[Entry]:
    """The others that are at least as good in both error rate and mean delay, and better in one."""
    mine = (entry.mean("wer"), entry.mean("mean"))
    found = []
    for other in others:
        its = (other.mean("wer"), other.mean("mean"))
        if its[0] <= mine[0] and its[1] <= mine[1] and its != mine:
            found.append(other)
    return found


def of_method(entries: Sequence[Entry], method: str, runs: Path, part: str) -> list[Entry]:
    """The entries of one method.

    Raises:
        SystemExit: there are none.
    """
    found = [entry for entry in entries if entry.method == method]
    if not found:
        raise SystemExit(f"--plain: no run of {method!r} in {runs} has rows of {part}; run that stage first")
    return found


def counterpart(entry: Entry, others: Sequence[Entry]) -> Entry | None:
    """The entry of the same method and setting on another set."""
    return next((other for other in others if other.name == entry.name), None)


def mean_and_spread(entry: Entry, key: str, factor: float, digits: int) -> str:
    """Mean ± standard deviation over seeds, as text."""
    mean, spread = entry.mean(key), entry.spread(key)
    if math.isnan(mean):
        return NOTHING
    return f"{factor * mean:.{digits}f}" + ("" if math.isnan(spread) else f" ± {factor * spread:.{digits}f}")


def change_cells(plain: Entry, entry: Entry) -> list[str]:
    """Relative change of the word error rate against the plain method, and its p-value, as text."""
    compared = None if entry is plain else compare_wer(plain, entry)
    return ["", ""] if compared is None else [f"{100 * compared.relative.value:+.1f} %", f"{compared.p_value:.3f}"]


def interval_text(compared: Comparison) -> str:
    """The 95 % interval of a relative change, and its p-value."""
    low, high = 100 * compared.relative.low, 100 * compared.relative.high
    return f"95 % interval {low:+.1f} to {high:+.1f} %, p = {compared.p_value:.3f}"
