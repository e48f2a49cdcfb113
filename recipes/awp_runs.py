#!/usr/bin/env python3
"""Train and evaluate every run of a plan; what is finished is skipped, so the same command goes on after a stop.

A run is a process of its own (awp_run.py); `--jobs` of them work at a time, each with `--threads` threads. Its folder
holds the resolved configuration, the weights, the log and one file of rows for each evaluated part. A run whose
settings are no longer those of the plan is not overwritten: delete its folder, or choose another --out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from awp_plan import Run, read_plan, runs_of

WORKER = Path(__file__).resolve().with_name("awp_run.py")


def is_done(run: Run, folder: Path, parts: list[str]) -> bool:
    """Whether the run was trained with these settings and every part evaluated."""
    request = folder / "request.json"
    if request.exists() and json.loads(request.read_text(encoding="utf-8")) != json.loads(json.dumps(run.config)):
        raise SystemExit(f"{folder}: was made with other settings; delete it or choose another --out")
    return (folder / "run.json").exists() and all((folder / f"{part}.jsonl").exists() for part in parts)


def start(run: Run, args: argparse.Namespace) -> bool:
    """Train and evaluate one run in a process of its own; False when it failed (its log tells why)."""
    folder = args.out / run.name
    if is_done(run, folder, args.parts):
        return True
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "request.json.part"
    part.write_text(json.dumps(run.config, indent=1), encoding="utf-8")
    part.replace(folder / "request.json")
    command = [sys.executable, str(WORKER), "--folder", str(folder), "--data", str(args.data), "--seed", str(run.seed)]
    command += ["--method", run.method, "--setting", run.setting, "--parts", *args.parts]
    command += ["--devices", str(args.devices), "--min-word-score", str(args.min_word_score)]
    if run.parent:
        command += ["--init", str(args.out / run.parent)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    began = time.time()
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False)
    what = "done" if done.returncode == 0 else f"FAILED, see {folder / 'log.txt'}"
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: {what} ({time.time() - began:.0f} s)\n")
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Shar folders train, dev, test")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", help="methods to run; all without it")
    parser.add_argument("--baseline-only", action="store_true")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="folders of --data to evaluate on")
    parser.add_argument("--min-word-score", type=float, default=-2.0, help="words whose times score less have none")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads of each run")
    parser.add_argument("--devices", type=int, default=1, help="GPUs (or processor processes) of each run")
    args = parser.parse_args()
    runs = runs_of(read_plan(args.plan), args.seeds, args.only)
    first = [run for run in runs if run.parent is None]
    rest = [] if args.baseline_only else [run for run in runs if run.parent is not None]
    failed: list[str] = []
    for group in (first, rest):
        with ThreadPoolExecutor(args.jobs) as pool:
            outcomes = list(pool.map(lambda run: start(run, args), group))
        failed += [run.name for run, good in zip(group, outcomes, strict=True) if not good]
        if failed and group is first:
            break
    if failed:
        raise SystemExit(f"{len(failed)} of {len(runs)} runs failed: {' '.join(failed)}")


if __name__ == "__main__":
    main()
