"""Alignments of every recording x caption file x method of a noisy-captions corpus, one JSON file each.

Existing files are kept if they were computed from the same captions and emission. For a method that fails on a caption
file, all cues of its alignment have failed, with the reason under "run".
"""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.cli.console import progress_bar
from ctcalign.emission.progress import Progress
from ctcalign.files import atomic_write
from ctcalign.formats.captions import read_captions
from recipes.errors import one_line
from recipes.noisy.corpus import Recording, Variant, add_choices, find_recordings
from recipes.noisy.emissions import load, made_from
from recipes.noisy.methods import chosen
from recipes.noisy.worker import Outcome, Task, Worker
from recipes.results_page import commit

Cell = tuple[Recording, Variant, str]


def cell_file(folder: Path, recording: str, variant: str, method: str) -> Path:
    """The file of a cell's alignment."""
    return folder / recording / variant / f"{method.replace(' ', '_')}.json"


def source_of(cell: Cell, emissions: Path) -> str:
    """Identifies the captions and the emission of a cell."""
    recording, variant, _ = cell
    emission = made_from(emissions / f"{recording.name}.npz")
    if emission is None:
        raise SystemExit(f"--emissions: {emissions} has none of {recording.name}; run that stage first")
    return f"{emission} {hashlib.sha256(variant.captions.read_bytes()).hexdigest()[:16]}"


def is_made(file: Path, source: str) -> bool:
    """Whether the alignment exists and was computed from the same source."""
    return file.is_file() and json.loads(file.read_text(encoding="utf-8"))["run"]["source"] == source


def document(cell: Cell, outcome: Outcome, emissions: Path, about: dict[str, Any]) -> dict[str, Any]:
    """The JSON document of a cell: an alignment, and under "run" how it was computed."""
    recording, variant, method = cell
    row = outcome.alignment
    if row is None:
        kept = load(emissions / f"{recording.name}.npz")
        cues = [
            AlignedCue(cue.index, cue.text, status="failed", reason=outcome.failure)
            for cue in read_captions(variant.captions, recording=recording.name).cues
        ]
        row = Alignment(recording.audio.name, kept.emission.duration, kept.model, cues).to_dict()
    row["audio"] = recording.audio.name
    return {**row, "run": {"method": method, "failure": outcome.failure, "seconds": outcome.seconds, **about}}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--emissions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="builtin:en")
    add_choices(parser, "recordings", "variants", "methods")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--time-limit", type=float, default=600.0, help="seconds of CPU time after which a cell is abandoned"
    )
    args = parser.parse_args(arguments)
    methods = chosen(args.methods)
    recordings = find_recordings(args.corpus, args.recordings, args.variants)
    cells = [(r, variant, method) for r in recordings for variant in r.variants for method in methods]
    files = {cell: cell_file(args.out, cell[0].name, cell[1].name, cell[2]) for cell in cells}
    sources = {cell: source_of(cell, args.emissions) for cell in cells}
    missing = [cell for cell in cells if not is_made(files[cell], sources[cell])]
    sys.stderr.write(f"{len(cells)} cells, {len(cells) - len(missing)} of them finished before\n")
    if not missing:
        return
    by = commit()

    def make(worker: Worker, cell: Cell) -> str | None:
        outcome = worker.run(Task(args.emissions / f"{cell[0].name}.npz", cell[1].captions, cell[2], cell[0].language))
        about = {"source": sources[cell], "commit": by}
        files[cell].parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(files[cell], fsync=False) as stream:
            json.dump(document(cell, outcome, args.emissions, about), stream)
        return outcome.failure

    failures = run_all(missing, make, args.model, args.jobs, args.time_limit)
    for (method, reason), count in sorted(failures.items()):
        sys.stderr.write(f"{method}: failed on {count} of {len(cells) // len(methods)}: {reason}\n")


def run_all(
    cells: list[Cell], make: Callable[[Worker, Cell], str | None], model: str, jobs: int, time_limit: float
) -> Counter[tuple[str, str]]:
    """Compute every cell once, with `jobs` workers. Returns failures by method and reason.

    An exception in one worker (a full disk, Ctrl-C) stops all of them and is raised.
    """
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    failures: Counter[tuple[str, str]] = Counter()
    broken: list[BaseException] = []
    lock = threading.Lock()
    done = 0

    def work(progress: Progress) -> None:
        nonlocal done
        worker = Worker(model, time_limit)
        try:
            while not broken:
                cell = waiting.get_nowait()
                failure = make(worker, cell)
                with lock:
                    done += 1
                    progress("aligning", done, len(cells))
                    if failure is not None:
                        failures[cell[2], failure] += 1
        except queue.Empty:
            pass
        except BaseException as error:  # raised again in the main thread
            broken.append(error)
        finally:
            worker.close()

    with progress_bar() as progress:
        threads = [threading.Thread(target=work, args=(progress,), daemon=True) for _ in range(max(1, jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if broken:
        raise broken[0]
    return failures


if __name__ == "__main__":
    one_line(main)
