#!/usr/bin/env python3
"""`ctcalign align-corpus` against a shell loop of `ctcalign align` and against a plain loop in Python.

  tools/bench/corpus.py [--quick] [--data ../shared/data/dev] [--short 500] [--long 20] [--wait 900] [--out FOLDER]

Short recordings: 2 to 8 seconds of the talks in --data (folders with truth.json), with their text; long ones: these
talks whole. Two plain loops at once, each with one half of the recordings, are the control: they show what two
processes of this machine can do that have nothing in common. Two workers of two cores need at least half their
processor seconds, which bounds what they can gain. Each case is a process of its own with one thread a
worker; `--repeats` of the short cases take turns, and the least time counts. With --wait, the cases begin when the
machine is idle. Memory is that of the worker after each recording, from the log. About six minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
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
part, parts = map(int, sys.argv[4:6])
for audio in sorted(Path(sys.argv[2]).glob("*.flac"))[part::parts]:
    found = ctcalign.align(audio, audio.with_suffix(".txt"), model)
    found.to_json(Path(sys.argv[3]) / f"{audio.stem}.json")
    write(found, Path(sys.argv[3]) / f"{audio.stem}.jsonl.gz")
"""
# Processes at the same time; status 1 if one of them failed.
TOGETHER = """
import json, subprocess, sys
processes = [subprocess.Popen(command) for command in json.loads(sys.argv[1])]
sys.exit(any([process.wait() for process in processes]))
"""
IDLE = 0.3  # load


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


class Processor(threading.Thread):
    """Processor seconds of all processes below this one over time; those too whose parents do not wait for them (Ray).

    Processes that have lost their parent belong to this one (Linux), and nobody waits for them before the end.
    """

    EACH = 0.25  # seconds

    def __init__(self) -> None:
        super().__init__(daemon=True)
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        self._known: dict[int, float] = {}
        self._end = threading.Event()
        self.times: list[float] = []
        self.seconds: list[float] = []

    def run(self) -> None:
        while not self._end.wait(self.EACH):
            self._look()

    def total(self) -> float:
        """End, and the seconds of all."""
        self._end.set()
        self.join()
        self._look()
        while True:  # what has ended without a parent
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        return self.seconds[-1]

    def _look(self) -> None:
        parents: dict[int, int] = {}
        used: dict[int, float] = {}
        for name in os.listdir("/proc"):
            if name.isdecimal():
                try:
                    fields = Path("/proc", name, "stat").read_text(errors="replace").rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(name)] = int(fields[1])
                used[int(name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        for one in parents:
            above: int | None = one
            while (above := parents.get(above)) is not None:
                if above == os.getpid():
                    self._known[one] = used[one]
                    break
        self.times.append(time.time())
        self.seconds.append(sum(self._known.values()))


def collections(data: Path, place: Path, short: int, long: int) -> tuple[dict[str, float], dict[str, int]]:
    """Make the folders `short` and `long`; seconds and number of their recordings, of those that are not empty."""
    seconds = {"short": make_short(data, place / "short", short), "long": make_long(data, place / "long", long)}
    counts = {"short": short, "long": long}
    return {kind: seconds[kind] for kind in counts if counts[kind]}, {kind: own for kind, own in counts.items() if own}


def hours(seconds: dict[str, float]) -> str:
    """The collections in words."""
    return " and ".join(f"{own / 3600:.2f} h of {kind} recordings" for kind, own in seconds.items())


def timed(command: list[str], log: Path | None = None) -> dict[str, float]:
    """Wall and processor seconds of the process with its descendants, and MB of the worker after each recording.

    `settled_`: from a tenth of the recordings to the last one.
    """
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
    processor = Processor()
    processor.start()
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        _, said = process.communicate()
    wall = time.perf_counter() - began
    found = {"wall_s": wall, "cpu_s": processor.total()}
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ended with status {process.returncode}: {said[-500:]}")
    if log is not None:
        rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row["event"] == "done"]
        found["work_s"] = sum(sum(row["seconds"].values()) for row in rows)
        found["memory"] = [row["memory"] / 1e6 for row in rows]  # type: ignore[assignment]
        start, end = rows[len(rows) // 10]["time"], rows[-1]["time"]
        found["settled_wall_s"] = end - start
        used = np.interp([start, end], processor.times, processor.seconds)
        found["settled_cpu_s"] = float(used[1] - used[0])
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


def plain_loop(place: Path, data: Path, model: str, parts: int = 1) -> dict[str, float]:
    """Loops over `parts` equal parts of the recordings at the same time: nothing but the machine connects them."""
    output = place / f"plain-{time.monotonic_ns()}"
    output.mkdir()
    loops = [
        [sys.executable, "-c", LOOP, model, str(data), str(output), str(part), str(parts)] for part in range(parts)
    ]
    if parts == 1:
        return timed(loops[0])
    return timed([sys.executable, "-c", TOGETHER, json.dumps(loops)])


def wait_until_idle(seconds: float) -> float:
    """Wait until the load of the last minute is below `IDLE`; the load. `seconds`: at the longest."""
    limit = time.monotonic() + seconds
    while os.getloadavg()[0] >= IDLE and time.monotonic() < limit:
        time.sleep(5)
    return os.getloadavg()[0]


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run of the least wall time, with the least processor times of all."""
    least = {name: min(run[name] for run in runs) for name in ("cpu_s", "settled_cpu_s") if name in runs[0]}
    return {**min(runs, key=lambda run: run["wall_s"]), **least}


def flatness(memory: list[float], first: int) -> tuple[float, float]:
    """MB after `first` recordings and at the end."""
    return memory[min(first, len(memory)) - 1], memory[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20 short and 2 long recordings, one repetition")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "dev")
    parser.add_argument("--short", type=int, default=500)
    parser.add_argument("--long", type=int, default=20, help="0: only the short ones")
    parser.add_argument("--loop", type=int, default=20, help="recordings of the shell loop, projected to --short")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for an idle machine, at the longest")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.quick:
        given.short, given.long, given.loop, given.repeats = 20, 2, 3, 1
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        seconds, counts = collections(given.data, place, given.short, given.long)
        cases = {
            "plain loop in Python": lambda data: plain_loop(place, data, given.model),
            "two plain loops at once": lambda data: plain_loop(place, data, given.model, 2),
            "align-corpus, 1 worker": lambda data: corpus(place, "one", data, given.model, 1),
            "align-corpus, 2 workers": lambda data: corpus(place, "two", data, given.model, 2),
        }
        runs: dict[str, dict[str, list[dict[str, Any]]]] = {kind: {name: [] for name in cases} for kind in counts}
        plain_loop(place, place / "short", given.model)  # fills the caches of compiled kernels
        about["load"] = f"{wait_until_idle(given.wait):.1f}"
        for kind in counts:
            for _ in range(given.repeats if kind == "short" else 1):
                for name, case in cases.items():
                    runs[kind][name].append(case(place / kind))
        loop = shell_loop(place, place / "short", given.model, given.loop)
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
            f"{of[one]['wall_s'] / (of[two]['cpu_s'] / 2):.2f} x",
            f"{of['plain loop in Python']['wall_s'] / of['two plain loops at once']['wall_s']:.2f} x",
            f"{100 * (of[one]['wall_s'] / of['plain loop in Python']['wall_s'] - 1):+.1f} %",
            f"{loop['wall_s'] / of[one]['wall_s']:.1f} x" if kind == "short" else "",
        ]
        for kind, of in found.items()
    ]
    text = (
        f"# Many recordings\n\n{given.model}, {about['cpu']}, {about['cores']} cores, Python {about['python']}, commit "
        f"{about['commit']}, load before {about['load']}. {hours(seconds)}. The shell loop: {given.loop} recordings, "
        "projected.\n\n"
        + markdown(["recordings", "case", "wall s", "x real time"], rows)
        + "\n"
        + markdown(
            [
                "recordings",
                "2 workers over 1",
                "at most, by the processor seconds of 2 workers",
                "2 plain loops over 1",
                "1 worker over a plain loop",
                "shell loop over 1 worker",
            ],
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
