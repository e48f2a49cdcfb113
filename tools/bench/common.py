"""Shared by the benchmarks: cases in processes of their own, time, peak memory, the machine, tables and reports."""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}


def peak_memory() -> float:
    """Largest resident set of this process so far, in GB (10^9 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def measured(work: Callable[[], Any], repeats: int = 1) -> tuple[dict[str, float], Any]:
    """Best wall and CPU seconds of some runs, peak memory, and peak memory beyond that before the runs, in GB."""
    before = peak_memory()
    wall, cpu = [], []
    result = None
    for _ in range(repeats):
        result = None
        start, start_cpu = time.perf_counter(), time.process_time()
        result = work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    peak = peak_memory()
    return {"wall_s": min(wall), "cpu_s": min(cpu), "peak_gb": peak, "beyond_gb": peak - before}, result


def in_subprocess(
    script: Path, case: dict[str, Any], timeout: float = 1800, python: str | None = None
) -> dict[str, Any]:
    """Run `script --case JSON` on one thread and read the JSON object on the last line of its output.

    `python`: another interpreter than this one.
    A crash is a result: {"failed": reason}.
    """
    command = [python or sys.executable, str(script), "--case", json.dumps(case)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env={**os.environ, **ONE_THREAD})
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {timeout:.0f} s"}
    if run.returncode < 0:
        return {"failed": f"crashed: {signal.Signals(-run.returncode).name}"}
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1][:200]
        return {"failed": reason.replace("ModuleNotFoundError: No module named", "not installed:")}
    found: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def machine() -> dict[str, Any]:
    """CPU model, cores, Python, commit, and load average before the benchmark."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commit": commit,
        "load": round(os.getloadavg()[0], 1),
    }


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def write_report(name: str, report: dict[str, Any], text: str, folder: Path, *, quick: bool) -> None:
    """Write NAME.json and NAME.md (NAME_quick of a quick version) to a folder, and print the text."""
    folder.mkdir(parents=True, exist_ok=True)
    name += "_quick" if quick else ""
    (folder / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
