"""Several files at the same time, each process in its own copy of the tree."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from tools.mutation.examination import Result, copied_tree, examine
from tools.mutation.report import Reasons


def run(files: list[str], root: Path, sample: int | None, seed: int, reasons: Reasons, processes: int) -> list[Result]:
    """Each process takes one file after another, in a copy of the tree of its own."""
    context = multiprocessing.get_context("spawn")
    known = {name: frozenset((line, change) for file, line, change in reasons if file == name) for name in files}
    results = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tasks = [(file, str(root), folder, sample, seed, known[file]) for file in files]
        with context.Pool(min(processes, len(files))) as pool:
            for result in pool.imap(_task, tasks):
                found = result.mutants - len(result.survivors)
                print(f"{result.file}: {found} of {result.mutants} found {result.fault}".rstrip(), file=sys.stderr)
                results.append(result)
    return results


def _task(task: tuple[str, str, str, int | None, int, frozenset[tuple[str, str]]]) -> Result:
    file, root, folder, sample, seed, reasons = task
    tree = Path(folder, f"tree-{os.getpid()}")
    if not tree.exists():
        copied_tree(Path(root), tree)
    return examine(file, tree, sample, seed, reasons)
