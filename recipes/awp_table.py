"""From the scored rows of all runs to one line a method: means over seeds, spread, significance."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from awp_scoring import Row, read_rows, summary

from ctcalign.metrics import Comparison, paired_bootstrap


@dataclass(frozen=True)
class Entry:
    """One method at one weight over all seeds, on one set.

    Attributes:
        numbers: for each key of `KEYS` the values of the seeds in the order of `seeds`, seconds and fractions.
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
    """Every finished run below `runs` with rows of all `parts`, as one set; by method and setting, in order of name."""
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
    """Word error rate of the second against the first on the seeds that both have; None when they share none."""
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
    """Mean delay of the second against the first, the same way; each by the words that it recognised."""
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
    """Those of the others that are at least as good in both error rate and mean delay, and better in one."""
    mine = (entry.mean("wer"), entry.mean("mean"))
    found = []
    for other in others:
        its = (other.mean("wer"), other.mean("mean"))
        if its[0] <= mine[0] and its[1] <= mine[1] and its != mine:
            found.append(other)
    return found
