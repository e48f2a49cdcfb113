#!/usr/bin/env python3
"""Speed and memory of `ctcalign align`, from seconds to hours of audio, and where the time goes.

  tools/bench/end_to_end.py [--quick] [--minutes 10 60 180] [--talk DIR] [--threads N] [--model NAME]

A talk with ground truth (by default the bundled one) and its captions, without their times, are repeated until the
recording is long enough. Each run is a process started by the command line. "Memory" is the largest resident set;
"anonymous memory" excludes pages of files (the emission of a long recording is a memory-mapped file, which the system
may evict). Captions that start more than 0.2 s off are counted. The second table: processor seconds of each stage on
one thread (`stages.py`), with recordings as WAV and, where it says so, as MP3.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from common import RESULTS, machine, markdown, write_report
from stages import STAGES, measure_stages

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000
NEAR = 0.2  # seconds
SHORT = 7.7  # seconds
HEADER = (
    "audio, min",
    "captions",
    "wall, s",
    "CPU, s",
    "x real time",
    "memory, MB",
    "anonymous memory, MB",
    "median error, s",
    "> 0.2 s off",
)


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


def repeat(
    samples: np.ndarray, rows: list[dict[str, Any]], minutes: float, place: Path, form: str = "wav"
) -> list[dict[str, Any]]:
    """Write long.wav (or long.mp3) and long.txt; returns the rows with their true times."""
    period = len(samples) / RATE
    times = max(1, round(minutes * 60 / period))
    with sf.SoundFile(place / f"long.{form}", "w", RATE, 1) as file:
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
    """Samples the anonymous memory of a process 20 times a second (Linux; 0 elsewhere)."""

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


def table(rows: list[Row]) -> str:
    return markdown(HEADER, [[str(value) for value in asdict(row).values()] for row in rows])


def stages(
    samples: np.ndarray, rows: list[dict[str, Any]], model: str, cases: list[tuple[float, str]]
) -> list[dict[str, Any]]:
    """Processor seconds of the stages, for lengths in minutes and formats; 0: SHORT."""
    found = []
    for minutes, form in cases:
        with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
            place = Path(folder)
            cut = samples[: round(SHORT * RATE)] if minutes == 0 else samples
            repeat(cut, [row for row in rows if row["end"] <= len(cut) / RATE], minutes, place, form)
            seconds = sf.info(place / f"long.{form}").duration
            call = [str(place / f"long.{form}"), str(place / "long.txt"), "--model", model, "-q", "--overwrite"]
            repeats = 1 if minutes > 20 else 3
            one = measure_stages(place, [*call, "--threads", "1", "-o", str(place / "long.json")], repeats)
            found.append({"audio": seconds, "format": form, **one})
            print(f"{seconds:.0f} s, {form}: {one['total']:.2f} s", flush=True)
    return found


def stage_table(found: list[dict[str, Any]]) -> str:
    names = [*STAGES, "other"]
    for one in found:  # `other` gets what no clock saw: the end of the process
        one["other"] = one["total"] - sum(one.get(name, 0.0) for name in STAGES)
    lines = [[name, *(f"{one.get(name, 0.0):.2f}" for one in found)] for name in [*names, "total"]]
    titles = [
        (f"{one['audio']:.0f} s" if one["audio"] < 100 else f"{one['audio'] / 60:.0f} min")
        + (f", {one['format']}" if one["format"] != "wav" else "")
        for one in found
    ]
    return markdown(["stage, processor s", *titles], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 and 20 minutes")
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60, 180])
    parser.add_argument("--talk", type=Path, default=ROOT / "egs" / "demo", help="folder with truth.json and its audio")
    parser.add_argument("--model", default="builtin:en-robust")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    about = {
        **machine(),
        "onnxruntime": version("onnxruntime"),
        "model": args.model,
        "threads": args.threads,
        "talk": args.talk.name,
    }
    samples, captions = load_talk(args.talk)
    rows: list[Row] = []
    stages(samples, captions, args.model, [(0, "wav")])  # compiles the kernels
    for minutes in [5, 20] if args.quick else args.minutes:
        with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
            place = Path(folder)
            rows.append(measure(place, repeat(samples, captions, minutes, place), args.model, args.threads))
        print(
            f"{rows[-1].minutes:g} min: {rows[-1].times_real_time:g} x real time, {rows[-1].memory_mb:g} MB", flush=True
        )
    cases = [(0, "wav"), (10, "wav")] if args.quick else [(0, "wav"), (10, "wav"), (60, "wav"), (60, "mp3")]
    parts = stages(samples, captions, args.model, cases)
    text = f"{table(rows)}\nStages, on one thread:\n\n{stage_table(parts)}\n"
    text += ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    report = {"machine": about, "rows": [asdict(row) for row in rows], "stages": parts}
    write_report("end_to_end", report, text, args.out, quick=args.quick)


if __name__ == "__main__":
    main()
