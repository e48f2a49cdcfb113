#!/usr/bin/env python3
"""Speed and memory of `ctcalign align`, from minutes to hours of audio.

  end_to_end.py [--quick] [--minutes 10 60 180] [--talk DIR] [--threads N] [--model NAME]

A talk of known truth (by default the bundled one) is repeated until it is long enough, its captions too, without their
times. Each run is a process of its own, started as a user would. "Memory" is the largest resident set; "of it own"
leaves out pages of files (the emission of a long recording is a memory-mapped file, which the system may drop).
Captions further than 0.2 s from their place are counted: a fast wrong answer would not be worth a table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000
NEAR = 0.2  # seconds


@dataclass(frozen=True)
class Row:
    minutes: float
    captions: int
    seconds: float
    processor_seconds: float
    times_real_time: float
    memory_mb: float
    own_memory_mb: float
    median_error: float
    far_captions: int


def load_talk(folder: Path) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Samples at 16 kHz and the captions of a folder with truth.json: start, end, text, and whether it is spoken."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    samples, rate = sf.read(folder / truth["audio"], dtype="float32")
    if rate != RATE or samples.ndim != 1:
        raise SystemExit(f"{truth['audio']}: expected {RATE} Hz mono, got {rate} Hz, {samples.ndim} dimensions")
    rows = truth.get("cues") or truth["utterances"]
    return samples, [{"spoken": True, **row} for row in rows]


def repeat(samples: np.ndarray, rows: list[dict[str, Any]], minutes: float, place: Path) -> list[dict[str, Any]]:
    """Write long.wav and long.txt; the rows with their true times."""
    period = len(samples) / RATE
    times = max(1, round(minutes * 60 / period))
    with sf.SoundFile(place / "long.wav", "w", RATE, 1, "PCM_16") as file:
        for _ in range(times):
            file.write(samples)
    long = [
        {**row, "start": row["start"] + i * period, "end": row["end"] + i * period}
        for i in range(times)
        for row in rows
    ]
    (place / "long.txt").write_text("".join(row["text"] + "\n" for row in long), encoding="utf-8")
    return long


class Watch(threading.Thread):
    """Samples the memory of a process that does not come from files, 20 times a second (Linux; 0 elsewhere)."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{process}/status")
        self.largest = 0

    def run(self) -> None:
        while True:
            try:
                lines = self.status.read_text().splitlines()
            except OSError:
                return
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
            if "RssAnon" not in fields:
                return
            self.largest = max(self.largest, int(fields["RssAnon"].split()[0]) * 1024)
            time.sleep(0.05)


def measure(place: Path, long: list[dict[str, Any]], model: str, threads: int) -> Row:
    call = [sys.executable, "-m", "ctcalign", "align", "long.wav", "long.txt", "--model", model, "-q", "--overwrite"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)}
    began = time.monotonic()
    process = subprocess.Popen([*call, "-o", "long.json"], cwd=place, env=environment)
    watch = Watch(process.pid)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"ctcalign align ended with status {process.returncode}")
    result = json.loads((place / "long.json").read_text(encoding="utf-8"))
    errors = [
        abs(cue["start"] - row["start"]) if cue["start"] is not None else float("inf")
        for cue, row in zip(result["cues"], long, strict=True)
        if row["spoken"]
    ]
    unit = 1 if sys.platform == "darwin" else 1024
    return Row(
        minutes=round(result["duration"] / 60, 1),
        captions=len(long),
        seconds=round(seconds, 1),
        processor_seconds=round(usage.ru_utime + usage.ru_stime, 1),
        times_real_time=round(result["duration"] / seconds, 1),
        memory_mb=round(usage.ru_maxrss * unit / 1e6),
        own_memory_mb=round(watch.largest / 1e6),
        median_error=round(float(np.median(errors)), 3),
        far_captions=sum(error > NEAR for error in errors),
    )


def machine() -> dict[str, Any]:
    import torch

    names = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": commit.stdout.strip(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def table(rows: list[Row]) -> str:
    head = (
        "audio, min",
        "captions",
        "wall, s",
        "CPU, s",
        "x real time",
        "memory, MB",
        "of it own",
        "median off, s",
        "> 0.2 s off",
    )
    lines = ["| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    lines += ["| " + " | ".join(str(value) for value in asdict(row).values()) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 and 20 minutes")
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60, 180])
    parser.add_argument("--talk", type=Path, default=ROOT / "egs" / "demo", help="folder with truth.json and its audio")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=ROOT / "tools" / "bench" / "results", help="folder for the tables")
    args = parser.parse_args()
    about = {**machine(), "model": args.model, "threads": args.threads, "talk": args.talk.name}
    samples, captions = load_talk(args.talk)
    rows: list[Row] = []
    for minutes in [5, 20] if args.quick else args.minutes:
        with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
            place = Path(folder)
            rows.append(measure(place, repeat(samples, captions, minutes, place), args.model, args.threads))
        print(
            f"{rows[-1].minutes:g} min: {rows[-1].times_real_time:g} x real time, {rows[-1].memory_mb:g} MB", flush=True
        )
    name = "end_to_end_quick" if args.quick else "end_to_end"
    text = "\n".join([table(rows), "", ", ".join(f"{key} {value}" for key, value in about.items()), ""])
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{name}.md").write_text(text, encoding="utf-8")
    (args.out / f"{name}.json").write_text(
        json.dumps({"machine": about, "rows": [asdict(row) for row in rows]}, indent=1) + "\n"
    )
    print(text)


if __name__ == "__main__":
    main()
