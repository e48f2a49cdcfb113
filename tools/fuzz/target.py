"""A target of the fuzzing: a strategy for inputs, and the call that must survive them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ctcalign.errors import CtcAlignError
from tools.fuzz.mutation import Seed, mutated

LIMIT_SECONDS = 1.0  # of processor time for each LIMIT_BYTES begun
LIMIT_BYTES = 10_000
LIMIT_MEMORY = 1_000_000_000  # bytes above those before the call


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        name: for the table, "group.name".
        inputs: strategy of lists of inputs.
        call: is called with an input. Only errors of `errors` may come out.
        size: bytes of an input, for the limit of time.
        shown: an input as bytes, for the file that reproduces a failure.
    """

    name: str
    inputs: st.SearchStrategy[Sequence[Any]]
    call: Callable[[Any], object]
    size: Callable[[Any], int] = lambda value: LIMIT_BYTES
    shown: Callable[[Any], bytes] = lambda value: repr(value).encode()
    errors: tuple[type[BaseException], ...] = (CtcAlignError,)

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Given:
    """The bytes of a file and its name, which decides about the reader."""

    name: str
    data: bytes


_stack = ExitStack()
_folders: dict[int, Path] = {}


def scratch() -> Path:
    """A folder of this process for the files of inputs, in memory where the system has such a place."""
    if os.getpid() not in _folders:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        _folders[os.getpid()] = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory)))
    return _folders[os.getpid()]


def file_target(name: str, seeds: Sequence[Seed], call: Callable[[Path], object]) -> Target:
    """A target that reads a file; its inputs are mutations of the seeds, under the names of the seeds."""

    def on_disk(given: Given) -> object:
        path = scratch() / given.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(given.data)
        try:
            return call(path)
        finally:
            path.unlink()

    inputs = mutated(seeds).map(lambda steps: [Given(seed.name, data) for seed, data in steps])
    return Target(name, inputs, on_disk, size=lambda given: len(given.data), shown=lambda given: given.data)
