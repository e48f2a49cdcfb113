#!/usr/bin/env python3
"""Idle threads that sleep or spin: processor and wall time of the built-in network on a machine with and without load.

  tools/bench/waiting.py [--quick] [--threads N] [--busy 0 4] [--repeats 3]

Ten windows of 55 s of noise, by ONNX Runtime and by torch. Each case is a process of its own; the two ways take turns,
and the least of the repetitions counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common import RESULTS, machine, markdown, write_report
from startup import busy_loops

ROOT = Path(__file__).resolve().parents[2]
SECONDS, WINDOWS = 55, 10
FILE = ROOT / "ctcalign/models/builtin/en"
HEADER = ("by", "idle threads", "threads", "busy loops", "processor, s", "wall, s")


def work(by: str, waiting: str, threads: int) -> dict[str, float]:
    """In a process of its own: load, one window, then the windows that count."""
    import numpy as np

    noise = np.random.default_rng(0).normal(0, 1, (1, 100 * SECONDS, 80)).astype(np.float32)
    if by == "onnxruntime":
        from ctcalign.models.builtin.chunks import run_network
        from ctcalign.models.builtin.config import NetworkConfig
        from ctcalign.models.onnx_session import runtime

        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if waiting == "spin" else "0")
        session = onnxruntime.InferenceSession(str(FILE / "model.onnx"), options, providers=["CPUExecutionProvider"])

        def run() -> object:
            return run_network(session, NetworkConfig(), noise, "bench")
    else:
        import torch

        from ctcalign.models.builtin.checkpoint import load_checkpoint

        network = load_checkpoint(FILE / "model.safetensors", "en").network
        features, lengths = torch.from_numpy(noise), torch.tensor([noise.shape[1]])

        def run() -> object:
            with torch.inference_mode():
                return network(features, lengths)

    run()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(WINDOWS):
        run()
        sum(range(200_000))  # what runs on one thread between two windows
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


def measure(by: str, waiting: str, threads: int) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    environment.pop("OMP_WAIT_POLICY", None)  # by default they spin
    if waiting == "sleep":
        environment["OMP_WAIT_POLICY"] = "passive"
    call = [sys.executable, __file__, "--case", json.dumps([by, waiting, threads])]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="once")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 4])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    if args.case:
        print(json.dumps(work(*json.loads(args.case))))
        return
    about = machine()
    rows: list[dict[str, Any]] = []
    for loops in args.busy:
        for by in ("onnxruntime", "torch"):
            best: dict[str, dict[str, float]] = {}
            with busy_loops(loops):
                for _ in range(1 if args.quick else args.repeats):
                    for waiting in ("spin", "sleep"):
                        found = measure(by, waiting, args.threads)
                        known = best.get(waiting, found)
                        best[waiting] = {key: min(value, known[key]) for key, value in found.items()}
            for waiting, one in best.items():
                rows.append({"by": by, "idle": waiting, "threads": args.threads, "busy": loops, **one})
                print(rows[-1], flush=True)
    cells = [
        [row["by"], row["idle"], str(row["threads"]), str(row["busy"]), f"{row['cpu_s']:.2f}", f"{row['wall_s']:.2f}"]
        for row in rows
    ]
    text = markdown(HEADER, cells) + "\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    write_report("waiting", {"machine": about, "rows": rows}, text, args.out, quick=args.quick)


if __name__ == "__main__":
    main()
