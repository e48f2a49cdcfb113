#!/usr/bin/env python3
"""Processor time, wall time and memory of commands from the shell, of this commit and of an earlier one side by side.

  tools/bench/startup.py [--quick] [--before COMMIT] [--seconds 7.7 60 600] [--threads 1 2] [--busy 0 2] [--repeats 5]

A recording of each length is made of the bundled talk, with its captions without their times. Each run is a process
of its own; the commits take turns, and the least of the repetitions counts: other jobs on the machine add, they never
subtract. `--busy`: so many endless loops run beside the commands. Caches of compiled kernels are filled by a run that
does not count. "Within": the largest difference of a time and of a confidence between the results of the two commits.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import soundfile as sf
from common import RESULTS, machine, markdown, write_report
from end_to_end import ROOT, load_talk

UNITS = 1 if sys.platform == "darwin" else 1024
NOW = "now"


@contextmanager
def checkout(commit: str, place: Path) -> Iterator[Path]:
    """A working tree of a commit."""
    git = ["git", "-C", str(ROOT), "worktree"]
    tree = place / commit
    subprocess.run([*git, "add", "--detach", str(tree), commit], check=True, capture_output=True)
    try:
        yield tree
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=True, capture_output=True)


def make_case(seconds: float, place: Path) -> None:
    """SECONDS.wav and SECONDS.txt: the talk, repeated or cut."""
    samples, rows = load_talk(ROOT / "egs" / "demo")
    rate = 16_000
    period = len(samples) / rate
    lines: list[str] = []
    with sf.SoundFile(place / f"{seconds:g}.wav", "w", rate, 1, "PCM_16") as file:
        left = round(seconds * rate)
        while left > 0:
            file.write(samples[:left])
            lines += [row["text"] for row in rows if row["end"] <= min(left / rate, period)]
            left -= len(samples)
    (place / f"{seconds:g}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(tree: Path, arguments: list[str], place: Path, threads: int) -> dict[str, float]:
    """One process: user and system seconds, wall seconds, MB."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONPATH": str(tree)}
    environment["PYTHONDONTWRITEBYTECODE"] = ""  # an empty value counts as unset
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ctcalign", *arguments], cwd=place, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"ctcalign {' '.join(arguments)} ended with status {process.returncode}")
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall, "peak_mb": usage.ru_maxrss * UNITS / 1e6}


def differences(first: Path, second: Path) -> dict[str, float]:
    """Largest differences of times (s) and confidences of captions and words; infinity if they are not the same."""
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in (first, second)]
    items = [[item for cue in one["cues"] for item in (cue, *cue["words"])] for one in documents]
    found = {"time": 0.0, "confidence": 0.0}
    for a, b in zip(*items, strict=True):
        for key, kind in (("start", "time"), ("end", "time"), ("confidence", "confidence")):
            if (a[key] is None) != (b[key] is None) or (a["text"], a["status"]) != (b["text"], b["status"]):
                return dict.fromkeys(found, float("inf"))
            found[kind] = max(found[kind], abs((a[key] or 0.0) - (b[key] or 0.0)))
    return found


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many processes that always compute; they end with this one."""
    code = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
    loops = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measure(
    trees: dict[str, Path], seconds: list[float], threads: list[int], busy: list[int], repeats: int, place: Path
) -> list[Any]:
    """A row for each command, number of threads and of busy loops, and commit; long ones are repeated less often."""
    cases: list[tuple[str, list[str], int, int, int]] = [("--help", ["--help"], 1, 0, repeats)]
    for length in seconds:
        make_case(length, place)
        align = ["align", f"{length:g}.wav", f"{length:g}.txt", "-q", "--overwrite", "-o"]
        times = max(1, min(repeats, 600 // round(length)))
        cases += [(f"align, {length:g} s", align, count, loops, times) for count in threads for loops in busy]
    for tree in trees.values():  # compiles the kernels
        run(tree, ["align", f"{seconds[0]:g}.wav", f"{seconds[0]:g}.txt", "-q", "--format", "json"], place, 1)
    rows = []
    for title, arguments, count, loops, times in cases:
        best: dict[str, dict[str, float]] = {}
        writes = arguments[-1] == "-o"
        with busy_loops(loops):
            for _ in range(times):
                for name, tree in trees.items():
                    found = run(tree, [*arguments, f"{name}.json"] if writes else arguments, place, count)
                    known = best.get(name, found)
                    best[name] = {key: min(value, known[key]) for key, value in found.items()}
        outputs = [place / f"{name}.json" for name in trees]
        same = differences(*outputs) if len(trees) == 2 and writes else None
        about = {"command": title, "threads": count, "busy": loops, "same": same}
        rows += [{**about, "commit": name, **one} for name, one in best.items()]
        shown = ", ".join(f"{name} {found['cpu_s']:.2f} s {found['peak_mb']:.0f} MB" for name, found in best.items())
        print(f"{title}, {count} threads, {loops} busy loops: {shown}", flush=True)
    return rows


HEADER = (
    "command",
    "threads",
    "busy loops",
    "commit",
    "processor, s",
    "wall, s",
    "memory, MB",
    "times within, s",
    "confidences within",
)


def table(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        same = row["same"] if row["commit"] == NOW else None
        cells = [row["command"], str(row["threads"]), str(row["busy"]), row["commit"]]
        cells += [f"{row['cpu_s']:.2f}", f"{row['wall_s']:.2f}", f"{row['peak_mb']:.0f}"]
        cells += [f"{same['time']:.3f}", f"{same['confidence']:.4f}"] if same else ["", ""]
        lines.append(cells)
    return markdown(HEADER, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="7.7 s and a minute, twice")
    parser.add_argument("--before", help="commit to compare with")
    parser.add_argument("--seconds", type=float, nargs="+", default=[7.7, 60, 600])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--busy", type=int, nargs="+", default=[0])
    parser.add_argument("--name", default="startup", help="of the tables")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    about = machine()
    seconds, repeats = ([7.7, 60], 2) if args.quick else (args.seconds, args.repeats)
    with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
        place = Path(folder)
        if args.before:
            with checkout(args.before, place) as tree:
                rows = measure({args.before: tree, NOW: ROOT}, seconds, args.threads, args.busy, repeats, place)
        else:
            rows = measure({NOW: ROOT}, seconds, args.threads, args.busy, repeats, place)
    text = table(rows) + "\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    write_report(args.name, {"machine": about, "rows": rows}, text, args.out, quick=args.quick)


if __name__ == "__main__":
    main()
