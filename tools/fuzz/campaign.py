"""A campaign: rounds of all targets in several processes, a state that the next run continues, and a table."""

from __future__ import annotations

import hashlib
import json
import mmap
import multiprocessing
import os
import pickle
import re
import shutil
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tools.fuzz.rounds import Found, Result, run_round

EXAMPLES_OF_A_ROUND = 100
_EXPECTED = 400  # inputs of a round, about
_SILENCE = 60  # seconds without a new input after which a process is killed: beyond the limit of a call
_ROOM = 1 << 20  # bytes for the input of a process that ends


class Campaign:
    """Results of the targets, kept in a folder: state.pickle, and the shortest input of each fault.

    Args:
        folder: is made.   targets: names.   fresh: forget earlier runs.
    """

    def __init__(self, folder: Path, targets: Sequence[str], *, fresh: bool) -> None:
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._names = list(targets)
        self._state = folder / "state.pickle"
        # target -> (the next round, its results so far)
        self._known: dict[str, tuple[int, Result]] = {}
        if self._state.exists():
            self._known = pickle.loads(self._state.read_bytes())

    def run(self, processes: int, seconds: float | None, inputs: int | None) -> None:
        """Do rounds, each time of the target with the fewest inputs, until time or inputs are used up."""
        end = None if seconds is None else time.monotonic() + seconds
        workers = [_Worker(self._folder / f"input-{number}") for number in range(processes)]
        running: dict[_Worker, tuple[str, int]] = {}
        given = {name: self._result(name).inputs for name in self._names}
        try:
            while True:
                for worker in workers:
                    name = min(self._names, key=given.__getitem__)
                    spent = end is not None and time.monotonic() >= end
                    if worker in running or spent or (inputs is not None and given[name] >= inputs):
                        continue
                    number = self._known.get(name, (0, Result(name)))[0]
                    self._known[name] = (number + 1, self._result(name))
                    given[name] += _EXPECTED
                    running[worker] = (name, number)
                    worker.start(name, number)
                if not running:
                    break
                wait([worker.answers for worker in running], timeout=1.0)
                for worker in list(running):
                    result = worker.result(running[worker][0])
                    if result is not None:
                        self._add(result)
                        given[result.target] += result.inputs - _EXPECTED
                        del running[worker]
        finally:
            for worker in workers:
                worker.stop()
            self._save()

    def table(self) -> str:
        """Markdown: a row for each target, and the sum."""
        rows = ["| target | inputs | faults | slowest call | most memory |", "|---|---:|---:|---:|---:|"]
        results = [self._result(name) for name in self._names]
        for one in results:
            rows.append(_row(one.target, one.inputs, len(one.faults), one.seconds, one.memory))
        total = sum(one.inputs for one in results)
        faults = sum(len(one.faults) for one in results)
        slowest, most = max(one.seconds for one in results), max(one.memory for one in results)
        return "\n".join([*rows, _row("all", total, faults, slowest, most)])

    def faults(self) -> list[tuple[str, str, Path]]:
        """Target, fault and reproducing file of each."""
        return [
            (name, f"{found.fault} ({found.count} times)", self._path(name, found))
            for name in self._names
            for found in self._result(name).faults.values()
        ]

    def _result(self, name: str) -> Result:
        return self._known[name][1] if name in self._known else Result(name)

    def _add(self, result: Result) -> None:
        self._result(result.target).merge(result)
        for found in self._result(result.target).faults.values():
            path = self._path(result.target, found)
            path.write_bytes(found.shown)
            path.with_name(path.name + ".txt").write_text(f"{found.fault}\n{found.detail}\n", "utf-8", "replace")
        self._save()

    def _save(self) -> None:
        aside = self._state.with_suffix(".new")
        aside.write_bytes(pickle.dumps(self._known))
        os.replace(aside, self._state)
        report = {
            name: {"inputs": r.inputs, "seconds": r.seconds, "memory": r.memory} for name, (_, r) in self._known.items()
        }
        (self._folder / "figures.json").write_text(json.dumps(report, indent=1) + "\n")

    def _path(self, name: str, found: Found) -> Path:
        code = hashlib.sha256(found.fault.encode()).hexdigest()[:8]
        return self._folder / re.sub(r"[^\w.-]", "_", f"{name}-{found.fault[:60]}-{code}")


def _row(name: str, inputs: int, faults: int, seconds: float, memory: int) -> str:
    return f"| {name} | {inputs:,} | {faults} | {seconds:.2f} s | {memory / 1e6:.0f} MB |"


class _Worker:
    """A process that does rounds; it is started again when an input ends it or makes it hang."""

    def __init__(self, shown: Path) -> None:
        shown.write_bytes(b"\0" * _ROOM)
        self._shown = shown
        self._file = shown.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), _ROOM)
        self._latest = b""
        self._since = time.monotonic()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.answers, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, str(self._shown)), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, name: str, number: int) -> None:
        """Begin a round."""
        self._since = time.monotonic()
        self.answers.send((name, number))

    def result(self, name: str) -> Result | None:
        """The result of the round, None while it goes on."""
        try:
            if self.answers.poll():
                found: Result = self.answers.recv()
                return found
            ended = self._process is None or not self._process.is_alive()
        except (EOFError, ConnectionError):
            ended = True
        head = self._map[:64]
        if head != self._latest:
            self._latest, self._since = head, time.monotonic()
        if not ended and time.monotonic() - self._since < _SILENCE:
            return None
        assert self._process is not None
        self._process.kill()
        self._process.join()
        fault = f"process ended with {self._process.exitcode}" if ended else "hangs"
        length = int.from_bytes(self._map[8:16], "big")
        result = Result(name, inputs=1, faults={fault: Found(fault, "", bytes(self._map[16 : 16 + length]))})
        self._begin()
        return result

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._map.close()
        self._file.close()
        self._shown.unlink(missing_ok=True)


def _work(answers: Connection, shown: str) -> None:
    """Answer each (target, round) with its result. `shown` holds the count, the length and the bytes of the input."""
    from tools.fuzz.targets import table

    with open(shown, "r+b") as file, mmap.mmap(file.fileno(), _ROOM) as place:
        count = 0

        def before(data: bytes) -> None:
            nonlocal count
            count += 1
            kept = data[: _ROOM - 16]
            place[:16] = count.to_bytes(8, "big") + len(kept).to_bytes(8, "big")
            place[16 : 16 + len(kept)] = kept

        while True:
            try:
                name, number = answers.recv()
            except (EOFError, KeyboardInterrupt):
                return
            answers.send(run_round(table()[name], number, EXAMPLES_OF_A_ROUND, before))
