#!/usr/bin/env python3
"""Train and evaluate every run of a plan for a recogniser, and tell how far it went from its baseline.

As awp_runs.py, whose folders it makes and understands, but with all runs of a worker in one process: importing takes
longer than a short training. What is finished is skipped; `--jobs` workers share the runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

from awp_plan import Run, read_plan, runs_of
from awp_runs import is_done


def start(run: Run, args: argparse.Namespace) -> bool:
    """Train, evaluate and compare one run; False when it failed (why is on stderr)."""
    from preference_drift import write_json

    folder = args.out / run.name
    if is_done(run, folder, args.parts) and all((folder / f"{part}.drift.json").exists() for part in args.parts):
        return True
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "request.json", run.config)
    began = time.time()
    try:
        work(run, folder, args)
    except Exception:
        traceback.print_exc()
        sys.stderr.write(f"{run.name}: FAILED\n")
        return False
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: done ({time.time() - began:.0f} s)\n")
    return True


def work(run: Run, folder: Path, args: argparse.Namespace) -> None:
    """What awp_run.py does, and the drift."""
    import awp_run
    import torch
    from awp_cuts import read_shar
    from preference_drift import drift, write_json

    import ctcalign

    torch.set_num_threads(args.threads)
    command = ["awp_run.py", "--folder", str(folder), "--data", str(args.data), "--seed", str(run.seed)]
    command += ["--method", run.method, "--setting", run.setting, "--parts", *args.parts]
    command += ["--min-word-score", str(args.min_word_score), "--accelerator", args.accelerator]
    if run.parent:
        command += ["--init", str(args.out / run.parent)]
    with patch.object(sys, "argv", command):
        awp_run.main()
    first = args.out / (run.parent or run.name) / awp_run.MODEL
    for part in args.parts:
        file = folder / f"{part}.drift.json"
        if not file.exists():
            models = [ctcalign.load_model(f"checkpoint:{one}", "cpu") for one in (folder / awp_run.MODEL, first)]
            write_json(file, drift(*models, list(read_shar(args.data / part))[: args.drift_utterances], args.beam))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Shar folders train, dev, test")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", help="methods to run; all without it")
    parser.add_argument("--baseline-only", action="store_true")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"])
    parser.add_argument("--min-word-score", type=float, default=-2.0)
    parser.add_argument("--beam", type=int, default=8, help="of the search for the likeliest wrong text")
    parser.add_argument("--drift-utterances", type=int, default=150, help="of each part, for margins and KL")
    parser.add_argument("--jobs", type=int, default=1, help="workers")
    parser.add_argument("--threads", type=int, default=1, help="threads of each")
    parser.add_argument("--accelerator", default="auto")
    args = parser.parse_args()
    runs = runs_of(read_plan(args.plan), args.seeds, args.only)
    first = [run for run in runs if run.parent is None]
    rest = [] if args.baseline_only else [run for run in runs if run.parent is not None]
    failed: list[str] = []
    for group in (first, rest):
        outcomes: list[Any]
        if args.jobs == 1:
            outcomes = [start(run, args) for run in group]
        else:
            with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("spawn")) as pool:
                outcomes = list(pool.map(start, group, [args] * len(group)))
        failed += [run.name for run, good in zip(group, outcomes, strict=True) if not good]
        if failed and group is first:
            break
    if failed:
        raise SystemExit(f"{len(failed)} of {len(runs)} runs failed: {' '.join(failed)}")


if __name__ == "__main__":
    main()
