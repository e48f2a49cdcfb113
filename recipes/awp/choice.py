"""The best setting of each method, by the word error rate of a part that is not the test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recipes.awp.evaluation import read_rows
from recipes.awp.plan import Run


def chosen(runs: Sequence[Run], out: Path, part: str) -> list[Run]:
    """The runs with the best setting of their method, baselines, and runs that others start from.

    Args:
        out: folder of the runs; the settings of a method are compared on the seeds for which all of them have rows.
    Raises:
        SystemExit: a method has several settings, and no seed for which all of them have rows of the part.
    """
    worse = _worse(runs, out, part)
    kept = [run for run in runs if run.setting not in worse.get(run.method, ())]
    needed = {run.name for run in kept} | {run.parent for run in kept}
    return [run for run in runs if run.name in needed]


def _worse(runs: Sequence[Run], out: Path, part: str) -> dict[str, set[str]]:
    """For each method the settings that are not the best one; none of a method whose runs others start from."""
    parents = {run.parent for run in runs}
    rates: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    settings: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        settings[run.method].add(run.setting)
        file = out / run.name / f"{part}.jsonl"
        if file.exists():
            rows = read_rows(file)
            rates[run.method][run.seed][run.setting] = sum(r.errors for r in rows) / max(1, sum(r.words for r in rows))
    found: dict[str, set[str]] = {}
    for method, own in settings.items():
        if len(own) < 2 or any(run.name in parents for run in runs if run.method == method):
            continue
        complete = [values for values in rates[method].values() if set(values) == own]
        if not complete:
            raise SystemExit(f"method {method!r}: no seed has rows of {part} for every setting; run it on {part} first")
        best = min(own, key=lambda setting: float(np.mean([values[setting] for values in complete])))
        found[method] = own - {best}
    return found
