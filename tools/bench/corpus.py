#!/usr/bin/env python3
"""`ctcalign align-corpus` against a shell loop of `ctcalign align` and against a plain loop in Python.

  tools/bench/corpus.py [--quick] [--data ../shared/data/dev] [--short 500] [--long 20] [--ray] [--out FOLDER]

Short recordings: 2 to 8 seconds of the talks in --data (folders with truth.json), with their text; long ones: these
talks whole. Each case is a process of its own with one thread a worker; `--repeats` of the short cases take turns, and
the least time counts. Memory is that of the worker after each recording, from the log. About five minutes on two idle
cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import soundfile as sf
from common import ONE_THREAD, RESULTS, machine, markdown, write_report

ROOT = Path(__file__).parents[2]
# A plain loop: what a user would write, with the same outputs.
LOOP = """
import sys
from pathlib import Path
import ctcalign
from ctcalign.formats import write
model = ctcalign.load_model(sys.argv[1])
for audio in sorted(Path(sys.argv[2]).glob("*.flac")):
    found = ctcalign.align(audio, audio.with_suffix(".txt"), model)
    found.to_json(Path(sys.argv[3]) / f"{audio.stem}.json")
    write(found, Path(sys.argv[3]) / f"{audio.stem}.jsonl.gz")
"""


def talks(data: Path) -> list[tuple[Any, int, list[dict[str, Any]]]]:
    """Samples, rate and utterances of each talk."""
    found = []
    for truth in sorted(data.glob("*/truth.json")):
        about = json.loads(truth.read_text(encoding="utf-8"))
        if about.get("language", "en") == "en":
            samples, rate = sf.read(truth.parent / about["audio"], dtype="int16")
            found.append((samples, rate, about["utterances"]))
    return found


def _fits(row: dict[str, Any]) -> bool:
    """Whether an utterance is a short recording whose text is certainly found."""
    return 1.5 < row["end"] - row["start"] < 8 and len(row["text"].split()) >= 5


def make_short(data: Path, folder: Path, count: int) -> float:
    """Recordings of one utterance each; gives their seconds."""
    folder.mkdir()
    rows = [(s, r, u) for s, r, own in talks(data) for u in own if _fits(u)]
    total = 0.0
    for number in range(count):
        samples, rate, row = rows[number % len(rows)]
        edge = 0.1 + 0.01 * (number // len(rows))  # no two recordings are the same
        part = samples[max(0, int((row["start"] - edge) * rate)) : int((row["end"] + edge) * rate)]
        sf.write(folder / f"s{number:04d}.flac", part, rate)
        (folder / f"s{number:04d}.txt").write_text(row["text"] + "\n", encoding="utf-8")
        total += len(part) / rate
    return total


def make_long(data: Path, folder: Path, count: int) -> float:
    """Whole talks, one after the other until there are enough; gives their seconds."""
    folder.mkdir()
    own, total = talks(data), 0.0
    for number in range(count):
        samples, rate, rows = own[number % len(own)]
        with sf.SoundFile(folder / f"l{number:04d}.flac", "w", rate, 1, "PCM_16") as file:
            file.write(samples)
        total += len(samples) / rate
        text = "".join(row["text"] + "\n" for row in rows)
        (folder / f"l{number:04d}.txt").write_text(text, encoding="utf-8")
    return total


def timed(command: list[str], log: Path | None = None) -> dict[str, float]:
    """Wall seconds, processor seconds of the process with its children, and MB of the largest one."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ended with status {done.returncode}: {done.stderr[-500:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"wall_s": wall, "cpu_s": cpu}
    if log is not None:
        rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        found["work_s"] = sum(sum(row["seconds"].values()) for row in rows if row["event"] == "done")
        found["memory"] = [row["memory"] / 1e6 for row in rows if row["event"] == "done"]  # type: ignore[assignment]
    return found


def corpus(place: Path, name: str, data: Path, model: str, workers: int, *more: str) -> dict[str, float]:
    output = place / f"out-{name}-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "ctcalign", "align-corpus", str(data), "-o", str(output), "-q"]
    return timed([*command, "--model", model, "--workers", str(workers), *more], output / "log.jsonl")


def shell_loop(place: Path, data: Path, model: str, count: int) -> dict[str, float]:
    """`ctcalign align` for the first recordings, one after the other."""
    output = place / f"loop-{time.monotonic_ns()}"
    output.mkdir()
    found = {"wall_s": 0.0, "cpu_s": 0.0}
    for audio in sorted(data.glob("*.flac"))[:count]:
        target = str(output / f"{audio.stem}.json")
        command = [sys.executable, "-m", "ctcalign", "align", str(audio), str(audio.with_suffix(".txt")), "-q"]
        own = timed([*command, "--model", model, "-o", target])
        found = {key: found[key] + own[key] for key in found}
    return found


def plain_loop(place: Path, data: Path, model: str) -> dict[str, float]:
    output = place / f"plain-{time.monotonic_ns()}"
    output.mkdir()
    return timed([sys.executable, "-c", LOOP, model, str(data), str(output)])


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {**min(runs, key=lambda run: run["wall_s"]), "cpu_s": min(run["cpu_s"] for run in runs)}


def flatness(memory: list[float], first: int) -> tuple[float, float]:
    """MB after `first` recordings and at the end."""
    return memory[min(first, len(memory)) - 1], memory[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20 short and 2 long recordings, one repetition")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "dev")
    parser.add_argument("--short", type=int, default=500)
    parser.add_argument("--long", type=int, default=20)
    parser.add_argument("--loop", type=int, default=20, help="recordings of the shell loop, projected to --short")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--ray", action="store_true", help="also with --engine ray; needs the extra `ray`")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.quick:
        given.short, given.long, given.loop, given.repeats = 20, 2, 3, 1
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        short, long = place / "short", place / "long"
        seconds = {"short": make_short(given.data, short, given.short), "long": make_long(given.data, long, given.long)}
        counts = {"short": given.short, "long": given.long}
        cases = {
            "plain loop in Python": lambda data: plain_loop(place, data, given.model),
            "align-corpus, 1 worker": lambda data: corpus(place, "one", data, given.model, 1),
            "align-corpus, 2 workers": lambda data: corpus(place, "two", data, given.model, 2),
        }
        if given.ray:
            cases["align-corpus, 2 workers, ray"] = lambda data: corpus(
                place, "ray", data, given.model, 2, "--engine", "ray"
            )
        runs: dict[str, dict[str, list[dict[str, Any]]]] = {kind: {name: [] for name in cases} for kind in counts}
        plain_loop(place, short, given.model)  # fills the caches of compiled kernels
        for kind, data in (("short", short), ("long", long)):
            for _ in range(given.repeats if kind == "short" else 1):
                for name, case in cases.items():
                    runs[kind][name].append(case(data))
        loop = shell_loop(place, short, given.model, given.loop)
    loop = {key: value * given.short / given.loop for key, value in loop.items()}
    found = {kind: {name: best(own) for name, own in of.items()} for kind, of in runs.items()}
    found["short"]["shell loop of `ctcalign align`"] = loop
    rows, memory = [], []
    for kind, of in found.items():
        for name, own in of.items():
            rate = seconds[kind] / own["wall_s"]
            each = [f"{counts[kind]} {kind}", name, f"{own['wall_s']:.1f}", f"{rate:.0f}"]
            rows.append(each)
            if "memory" in own and "1 worker" in name:
                start, end = flatness(own["memory"], 20)
                memory.append(
                    [f"{counts[kind]} {kind}", f"{start:.0f}", f"{end:.0f}", f"{100 * (end / start - 1):+.1f} %"]
                )
    one, two = "align-corpus, 1 worker", "align-corpus, 2 workers"
    ratios = [
        [
            f"{counts[kind]} {kind}",
            f"{of[one]['wall_s'] / of[two]['wall_s']:.2f} x",
            f"{100 * (of[one]['wall_s'] / of['plain loop in Python']['wall_s'] - 1):+.1f} %",
            f"{loop['wall_s'] / of[one]['wall_s']:.1f} x" if kind == "short" else "",
        ]
        for kind, of in found.items()
    ]
    text = (
        f"# Many recordings\n\n{given.model}, {about['cpu']}, {about['cores']} cores, Python {about['python']}, commit "
        f"{about['commit']}, load before {about['load']}. {seconds['short'] / 3600:.2f} h of short and "
        f"{seconds['long'] / 3600:.2f} h of long recordings. The shell loop: {given.loop} recordings, projected.\n\n"
        + markdown(["recordings", "case", "wall s", "x real time"], rows)
        + "\n"
        + markdown(
            ["recordings", "2 workers over 1", "over a plain loop", "shell loop over 1 worker"],
            ratios,
        )
        + "\n"
        + markdown(["recordings, 1 worker", "MB after 20", "MB at the end", "difference"], memory)
    )
    for of in found.values():
        for own in of.values():
            own.pop("memory", None)
    report = {"machine": about, "seconds": seconds, "counts": counts, "runs": found}
    write_report("corpus", report, text, given.out, quick=given.quick)


if __name__ == "__main__":
    main()
