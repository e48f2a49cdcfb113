"""Run tests in a child of this process, with the libraries that this process has imported already."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

OWN = ("ctcalign", "tests", "tools", "recipes", "egs", "conftest")  # imported anew in each child
MEMORY = 12 << 30  # bytes of address space of a child
_SKIPPED = ("_pytest.", "pytest", "__main__", "hypothesis._", "xdist", "ray")


@dataclass(frozen=True)
class Outcome:
    """How a run of tests ended."""

    code: int | None  # pytest's exit status; None: killed by a signal or by the time limit
    seconds: float
    failed: str  # the first test that failed, "" if none was recorded
    modules: tuple[str, ...]  # third-party modules that the run had imported at its end
    late: bool = False  # stopped by the time limit


def trial(
    tree: Path, tests: Sequence[str], limit: float | None = None, first: Sequence[str] = (), *, compiled: bool = True
) -> Outcome:
    """Run `tests`, paths below `tree`, until the first failure.

    Args:
        limit: seconds after which the run is stopped.
        first: tests that run before the others.
        compiled: False runs the numba kernels as Python.
    """
    reading, writing = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run(tree, tests, first, writing, compiled)
    os.close(writing)
    late = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal late
        late = True
        os.killpg(child, signal.SIGKILL)

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit or 0)
    try:
        with open(reading, "rb") as pipe:
            failed, _, modules = pipe.read().decode("utf-8", "replace").partition("\0")
        _, status = os.waitpid(child, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    try:
        os.killpg(child, signal.SIGKILL)  # what the tests have started and left behind
    except ProcessLookupError:
        pass
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    return Outcome(code, time.monotonic() - start, failed, tuple(modules.split()), late)


def warm_up(modules: Sequence[str]) -> None:
    """Import third-party modules here, so that the next children have them."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # some modules may only be imported by their package
            continue


class _Recorder:
    """A plugin of pytest: puts some tests first and remembers the first failure."""

    def __init__(self, first: Sequence[str]) -> None:
        self.first, self.failed = list(first), ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: self.first.index(item.nodeid) if item.nodeid in self.first else len(self.first))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _run(tree: Path, tests: Sequence[str], first: Sequence[str], writing: int, compiled: bool) -> None:
    """The child: never returns."""
    code = 70
    try:
        os.setsid()
        os.chdir(tree)
        silence = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silence, number)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.environ.update({"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": f"{tree}/.numba"})
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
            del sys.modules[name]
        home = str(Path(__file__).resolve().parents[2])
        sys.path[:] = [str(tree), *(one for one in sys.path if one not in ("", home, str(tree)))]
        _set_up_libraries(tree, compiled)
        import pytest

        recorder = _Recorder(first)
        arguments = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--basetemp={tree}.tests"]
        code = int(pytest.main([*arguments, *tests], plugins=[recorder]))
        package = sys.modules.get("ctcalign")
        if package is not None and not str(package.__file__).startswith(f"{tree}/"):
            code = 70
        own = {name for name in sys.modules if name.partition(".")[0] in OWN or name.startswith(_SKIPPED)}
        modules = [name for name in list(sys.modules) if name not in own]
        os.write(writing, f"{recorder.failed}\0{' '.join(modules)}".encode())
    except BaseException:
        code = 70
    finally:
        os._exit(code)


def _set_up_libraries(tree: Path, compiled: bool) -> None:
    """No search for smaller counterexamples, no memory of old ones; numba's cache in the copy of the tree."""
    from hypothesis import Phase, settings

    settings.register_profile("mutation", database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutation")
    os.environ["NUMBA_DISABLE_JIT"] = str(int(not compiled))
    config = sys.modules.get("numba.core.config")
    if config is not None:
        config.CACHE_DIR = f"{tree}/.numba"  # type: ignore[attr-defined]
        config.DISABLE_JIT = int(not compiled)  # type: ignore[attr-defined]
