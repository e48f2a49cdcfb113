"""Train and evaluate every run of a plan. Finished runs are skipped, so the same command resumes after a stop.

Each run is a process (recipes.awp.training) with `--threads` threads; `--jobs` of them run at a time. Its folder holds
the resolved configuration, the weights, the log and one file of rows for each evaluated part. A run whose
configuration differs from that of the plan is never overwritten: delete its folder or choose another --out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from recipes.awp.choice import chosen
from recipes.awp.plan import Run, add_plan_options, execute, is_finished, read_plan, runs_of, write_json
from recipes.errors import one_line

WORKER = (sys.executable, "-m", "recipes.awp.training")


def start(run: Run, args: argparse.Namespace, worker: Sequence[str] = WORKER) -> bool:
    """Train and evaluate one run in its own process; False when it failed (its log has the reason)."""
    folder = args.out / run.name
    if is_finished(run, folder, [f"{part}.jsonl" for part in args.parts]):
        return True
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "request.json", run.config)
    command = [*worker, "--folder", str(folder), "--data", str(args.data), "--seed", str(run.seed)]
    command += ["--method", run.method, "--setting", run.setting, "--parts", *args.parts]
    command += ["--devices", str(args.devices), "--min-word-score", str(args.min_word_score)]
    if run.parent:
        command += ["--init", str(args.out / run.parent)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    began = time.time()
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False)
    outcome = "done" if done.returncode == 0 else f"FAILED, see {folder / 'log.txt'}"
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {run.name}: {outcome} ({time.time() - began:.0f} s)\n")
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None, worker: Sequence[str] = WORKER) -> None:
    """The command. `worker` is the command line that trains one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_plan_options(parser)
    parser.add_argument("--baseline-only", action="store_true")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads of each run")
    parser.add_argument("--devices", type=int, default=1, help="GPUs (or CPU processes) of each run")
    parser.add_argument(
        "--chosen", metavar="PART", help="run the setting of each method that was best on PART, no other"
    )
    args = parser.parse_args(arguments)

    def start_all(group: list[Run]) -> list[bool]:
        with ThreadPoolExecutor(args.jobs) as pool:
            return list(pool.map(lambda run: start(run, args, worker), group))

    runs = runs_of(read_plan(args.plan), args.seeds, args.only)
    if args.chosen:
        runs = chosen(runs, args.out, args.chosen)
    execute(runs, start_all, baselines_only=args.baseline_only)


if __name__ == "__main__":
    one_line(main)
