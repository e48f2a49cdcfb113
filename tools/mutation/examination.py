"""All mutants of one source file, each run against the file's tests in a copy of the tree."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutation.mirror import mirrored_tests
from tools.mutation.operators import Mutant, mutants
from tools.mutation.trial import Outcome, trial, warm_up

SLOWER = 4.0  # a mutant may take this many times as long as the unchanged file,
GRACE = 5.0  # and these seconds more: other programs use the machine too
AGAIN = 3.0  # times that limit, when it is tried again
WITHOUT_COMPILER = 60.0  # seconds within which the tests of a kernel must pass as Python; else it is compiled each time


@dataclass
class Result:
    """What became of the mutants of a file."""

    file: str
    mutants: int = 0  # that were run
    possible: int = 0  # of which they are a sample
    late: int = 0  # found by the time limit
    survivors: list[Mutant] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)  # changes of the reasons that the file does not have
    fault: str = ""  # why nothing could be run
    seconds: float = 0.0  # of the tests on the unchanged file


def copied_tree(root: Path, target: Path) -> Path:
    """Copy the files of a working tree that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target


def examine(file: str, tree: Path, sample: int | None, seed: int, reasons: frozenset[tuple[str, str]]) -> Result:
    """Run mutants of `file`, a path below `tree`. `reasons`: (line, change) of mutants that are known to live."""
    result = Result(file)
    source = (tree / file).read_text(encoding="utf-8")
    every = mutants(source)
    chosen = mutants(source, sample, f"{seed}:{file}")
    result.possible = len(every)
    result.stale = [f"{line}: {change}" for line, change in sorted(reasons - {(one.line, one.change) for one in every})]
    tests = mirrored_tests(file, tree)
    if not tests:
        result.fault = "no tests"
        return result
    if not chosen:
        return result
    kernel = "ctcalign.ctc.jit" in source
    clean = _clean_run(file, tree, tests, source, kernel)
    result.seconds = clean[0].seconds
    if clean[0].code != 0:
        result.fault = f"the tests fail without a change (status {clean[0].code}): {clean[0].failed}"
        return result
    first: list[str] = []
    for mutant in chosen:
        _write(tree / file, mutant.source)
        limit = SLOWER * clean[0].seconds + GRACE
        outcome = trial(tree, tests, limit, first, compiled=clean[1])
        if outcome.late:  # other programs may have taken the time
            outcome = trial(tree, tests, AGAIN * limit, first, compiled=clean[1])
        result.mutants += 1
        result.late += outcome.late
        if outcome.code == 0:
            result.survivors.append(mutant)
        elif outcome.failed:
            first = [outcome.failed, *(test for test in first if test != outcome.failed)]
    _write(tree / file, source)
    return result


def _clean_run(file: str, tree: Path, tests: list[str], source: str, kernel: bool) -> tuple[Outcome, bool]:
    """The tests of the file as `ast.unparse` writes it, with warm imports, and whether kernels are compiled."""
    warm_up(trial(tree, tests).modules)
    _write(tree / file, ast.unparse(ast.parse(source)))
    if kernel:
        outcome = trial(tree, tests, WITHOUT_COMPILER, compiled=False)
        if outcome.code == 0:
            return outcome, False
    trial(tree, tests)  # fills the caches of bytecode and kernels
    return trial(tree, tests), True


def _write(path: Path, source: str) -> None:
    """Write a source file and remove its bytecode, which python would take for current within the same second."""
    path.write_text(source, encoding="utf-8")
    for old in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        os.remove(old)
