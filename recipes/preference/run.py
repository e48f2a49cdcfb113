"""Train and evaluate every run of a plan for a recogniser, and measure its drift from the baseline.

As recipes.awp.run, with the same folders, but all runs of a worker share one process: importing takes longer than a
short training. Finished runs are skipped; `--jobs` workers share the runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from recipes.awp.plan import Run, add_plan_options, execute, is_finished, read_plan, runs_of, write_json
from recipes.errors import one_line


def start(run: Run, args: argparse.Namespace) -> bool:
    """Train, evaluate and compare one run; False when it failed (the reason is on stderr)."""
    folder = args.out / run.name
    if is_finished(run, folder, [f"{part}.{kind}" for part in args.parts for kind in ("jsonl", "drift.json")]):
        return True
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "request.json", run.config)
    began = time.time()
    try:
        work(run, folder, args)
    except Exception:  # one failed run must not stop the others: its reason is printed and it counts as failed
        traceback.print_exc()
        sys.stderr.write(f"{run.name}: FAILED\n")
        return False
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: done ({time.time() - began:.0f} s)\n")
    return True


def work(run: Run, folder: Path, args: argparse.Namespace) -> None:
    """Train and evaluate a run, then measure its drift from its baseline on each part."""
    import torch

    import ctcalign
    from recipes.awp.cuts import read_shar
    from recipes.awp.training import MODEL, Training, train_and_evaluate
    from recipes.preference.drift import drift

    torch.set_num_threads(args.threads)
    train_and_evaluate(
        Training(
            folder,
            args.data,
            run.seed,
            run.method,
            run.setting,
            args.out / run.parent if run.parent else None,
            tuple(args.parts),
            args.min_word_score,
            accelerator=args.accelerator,
        )
    )
    baseline = args.out / (run.parent or run.name) / MODEL
    for part in args.parts:
        file = folder / f"{part}.drift.json"
        if not file.exists():
            models = [ctcalign.load_model(f"checkpoint:{one}", "cpu") for one in (folder / MODEL, baseline)]
            write_json(file, drift(*models, list(read_shar(args.data / part))[: args.drift_utterances], args.beam))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_plan_options(parser)
    parser.add_argument("--baseline-only", action="store_true")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )
    parser.add_argument("--beam", type=int, default=8, help="of the search for the likeliest wrong text")
    parser.add_argument("--drift-utterances", type=int, default=150, help="of each part, for margins and KL")
    parser.add_argument("--jobs", type=int, default=1, help="workers")
    parser.add_argument("--threads", type=int, default=1, help="threads of each")
    parser.add_argument("--accelerator", default="auto")
    args = parser.parse_args(arguments)

    def start_all(group: list[Run]) -> list[bool]:
        if args.jobs == 1:
            return [start(run, args) for run in group]
        with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("spawn")) as pool:
            return list(pool.map(start, group, [args] * len(group)))

    runs = runs_of(read_plan(args.plan), args.seeds, args.only)
    execute(runs, start_all, baselines_only=args.baseline_only)


if __name__ == "__main__":
    one_line(main)
