"""Processor time of the stages of `ctcalign align`: clocks around the functions of each stage, in a process of its own.

A stage does not contain the stages inside it: the search is not part of "placing". What runs before `align` is called,
and the loading of the model, is the start-up; what runs after it has returned is the output. Compiled kernels are
loaded from the cache when they are first called, so their loading counts where they are used.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

STAGES: dict[str, tuple[str, ...]] = {
    "start-up": ("aligner.run:load_model",),
    "decode": ("audio.reader:AudioReader.__init__", "audio.reader:AudioReader.blocks"),
    "features": (
        "models.builtin.chunks:log_mel",
        "models.builtin.chunks:subtract_running_mean",
        "models.builtin.whisper_graph:whisper_mel",
    ),
    "network": ("emission.runner:emissions_of",),
    "greedy decoding": ("emission.decoding:GreedyDecoding.of",),
    "emission": ("emission.channels:compute_emission",),
    "captions": tuple(
        f"aligner.run:{name}"
        for name in ("captions_of", "divided", "Tokeniser", "transcript_of", "in_the_spoken_language")
    ),
    "search": ("aligner.best_path:search",),
    "placing": ("aligner.run:place_emission",),
    "confidence": tuple(
        f"aligner.run:{name}" for name in ("requested_calibration", "doubts_about_the_text", "apply_calibration")
    ),
    "output": (),
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Clock:
    """Processor seconds of each stage; a stage stands still while another one runs inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stages = ["start-up"]
        self._since = 0.0

    def _book(self) -> None:
        now = time.process_time()
        self.seconds[self._stages[-1]] += now - self._since
        self._since = now

    def enter(self, stage: str) -> None:
        self._book()
        self._stages.append(stage)

    def leave(self) -> None:
        self._book()
        self._stages.pop()

    def begin(self, stage: str) -> None:
        """What belongs to no stage counts as this one from now on."""
        self._book()
        self._stages[0] = stage

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            self.enter(stage)
            try:
                result = work(*args, **kwargs)
            finally:
                self.leave()
            return self._items(stage, result) if isinstance(result, Iterator) else result

        return run

    def _items(self, stage: str, items: Iterator[Any]) -> Iterator[Any]:
        step = self.timed(stage, partial(next, items, self))  # itself marks the end
        while (item := step()) is not self:
            yield item


def align_with_clocks(arguments: list[str]) -> dict[str, float]:
    """Run `ctcalign align ARGUMENTS` and return the processor seconds of each stage.

    Raises:
        SystemExit: the command failed.
    """
    clock = Clock()
    for stage, functions in STAGES.items():
        for function in functions:
            module, _, path = function.partition(":")
            *owners, name = path.split(".")
            owner: Any = import_module(f"ctcalign.{module}")
            for part in owners:
                owner = getattr(owner, part)
            setattr(owner, name, clock.timed(stage, getattr(owner, name)))
    run = import_module("ctcalign.aligner.run")
    work = run.align

    def align(*args: Any, **kwargs: Any) -> Any:
        clock.begin("other")
        try:
            return work(*args, **kwargs)
        finally:
            clock.begin("output")

    run.align = align
    from ctcalign.cli import main

    sys.argv = ["ctcalign", "align", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    clock.begin("output")
    return dict(clock.seconds)


def measure_stages(place: Path, arguments: list[str], repeats: int) -> dict[str, float]:
    """Stages of the quickest of some runs on one thread, and their "total" with the end of the process."""
    found: list[dict[str, float]] = []
    for _ in range(repeats):
        output = place / "stages.json"
        environment = {**os.environ, **ONE_THREAD}
        call = [sys.executable, str(Path(__file__).resolve()), str(output), *arguments]
        process = os.posix_spawn(sys.executable, call, environment)
        _, status, usage = os.wait4(process, 0)
        if status:
            raise SystemExit(f"{' '.join(arguments)} ended with status {os.waitstatus_to_exitcode(status)}")
        found.append({**json.loads(output.read_text()), "total": usage.ru_utime + usage.ru_stime})
    return min(found, key=lambda one: one["total"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(align_with_clocks(sys.argv[2:])))
