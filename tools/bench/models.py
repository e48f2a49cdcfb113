#!/usr/bin/env python3
"""Time and memory of `ctcalign align` with each built-in model, side by side, from seconds to an hour.

  tools/bench/models.py [--quick] [--models builtin:en-robust builtin:en] [--seconds 7.7 600 3600] [--threads 1 2]

Cases and runs are those of startup.py: a process each, the models take turns, and the least of the repetitions counts.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, machine, markdown, write_report
from end_to_end import ROOT
from startup import make_case, run

MODELS = ("builtin:en-robust", "builtin:en")
HEADER = ("audio, s", "threads", "model", "processor, s", "wall, s", "x real time", "memory, MB")


def measure(models: list[str], seconds: list[float], threads: list[int], repeats: int, place: Path) -> list[Any]:
    """A row for each length, number of threads and model; long cases are repeated less often."""
    rows = []
    for length in seconds:
        make_case(length, place)
    for model in models:  # compiles the kernels
        run(ROOT, _arguments(seconds[0], model), place, 1)
    for length in seconds:
        for count in threads:
            best: dict[str, dict[str, float]] = {}
            for _ in range(max(1, min(repeats, 1800 // round(length)))):
                for model in models:
                    found = run(ROOT, _arguments(length, model), place, count)
                    known = best.get(model, found)
                    best[model] = {key: min(value, known[key]) for key, value in found.items()}
            for model, found in best.items():
                rows.append({"seconds": length, "threads": count, "model": model, **found})
                print(
                    f"{length:g} s, {count} threads, {model}: {found['wall_s']:.2f} s, {found['peak_mb']:.0f} MB",
                    flush=True,
                )
    return rows


def _arguments(length: float, model: str) -> list[str]:
    return ["align", f"{length:g}.wav", f"{length:g}.txt", "-q", "--overwrite", "--model", model, "-o", "found.json"]


def table(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        speed = f"{row['seconds'] / row['wall_s']:.0f}"
        times = [f"{row['cpu_s']:.2f}", f"{row['wall_s']:.2f}", speed, f"{row['peak_mb']:.0f}"]
        lines.append([f"{row['seconds']:g}", str(row["threads"]), row["model"], *times])
    return markdown(HEADER, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="7.7 s and a minute, twice")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--seconds", type=float, nargs="+", default=[7.7, 60, 600, 3600])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    about = machine()
    seconds, repeats = ([7.7, 60], 2) if args.quick else (args.seconds, args.repeats)
    with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
        rows = measure(args.models, seconds, args.threads, repeats, Path(folder))
    text = table(rows) + "\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    write_report("models", {"machine": about, "rows": rows}, text, args.out, quick=args.quick)


if __name__ == "__main__":
    main()
