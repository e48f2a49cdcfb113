#!/usr/bin/env python3
"""Alignments of every recording x caption file x method of a noisy-captions corpus, one JSON file each.

Files that are there are kept when they were made from the same captions and emission. A method that fails on a
caption file leaves one in which every cue has failed, with the reason under "run".
"""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from about_run import commit
from noisy_corpus import Recording, Variant, find_recordings
from noisy_emissions import load, made_from
from noisy_methods import chosen
from noisy_worker import Outcome, Task, Worker

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.cli.console import progress
from ctcalign.files import atomic_write
from ctcalign.formats.captions import read_captions

Cell = tuple[Recording, Variant, str]


def cell_file(folder: Path, recording: str, variant: str, method: str) -> Path:
    """Where the alignment of a cell is kept."""
    return folder / recording / variant / f"{method.replace(' ', '_')}.json"


def source_of(cell: Cell, emissions: Path) -> str:
    """Changes with the captions and with what the model hears."""
    recording, variant, _ = cell
    heard = made_from(emissions / f"{recording.name}.npz")
    if heard is None:
        raise SystemExit(f"--emissions: {emissions} has none of {recording.name}; run that stage first")
    return f"{heard} {hashlib.sha256(variant.captions.read_bytes()).hexdigest()[:16]}"


def is_made(file: Path, source: str) -> bool:
    """Whether a cell is there and of the same source."""
    return file.is_file() and json.loads(file.read_text(encoding="utf-8"))["run"]["source"] == source


def document(cell: Cell, outcome: Outcome, emissions: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What is written of a cell: our JSON, and under "run" how it was made."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--emissions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--recordings", nargs="*", default=[], help="these alone")
    parser.add_argument("--variants", nargs="*", default=[], help="these alone")
    parser.add_argument("--methods", nargs="*", default=[], help="these alone")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--time-limit", type=float, default=600.0, help="seconds of the processor after which a cell is given up"
    )
    args = parser.parse_args()
    methods = chosen(args.methods)
    recordings = find_recordings(args.corpus, args.recordings, args.variants)
    cells = [(r, variant, method) for r in recordings for variant in r.variants for method in methods]
    files = {cell: cell_file(args.out, cell[0].name, cell[1].name, cell[2]) for cell in cells}
    sources = {cell: source_of(cell, args.emissions) for cell in cells}
    missing = [cell for cell in cells if not is_made(files[cell], sources[cell])]
    sys.stderr.write(f"{len(cells)} cells, {len(cells) - len(missing)} of them finished already\n")
    if not missing:
        return
    by = commit()

    def make(worker: Worker, cell: Cell) -> str | None:
        outcome = worker.run(Task(args.emissions / f"{cell[0].name}.npz", cell[1].captions, cell[2]))
        about = {"source": sources[cell], "commit": by}
        files[cell].parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(files[cell], fsync=False) as stream:
            json.dump(document(cell, outcome, args.emissions, about), stream)
        return outcome.failure

    failures = run_all(missing, make, args.model, args.jobs, args.time_limit)
    for (method, reason), count in sorted(failures.items()):
        sys.stderr.write(f"{method}: failed on {count} of {len(cells) // len(methods)}: {reason}\n")


def run_all(cells: list[Cell], make: Any, model: str, jobs: int, time_limit: float) -> Counter[tuple[str, str]]:
    """Every cell once, by some workers; failures by method and reason. What stops one worker stops all."""
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    failures: Counter[tuple[str, str]] = Counter()
    broken: list[BaseException] = []
    lock = threading.Lock()
    done = 0

    def work(update: Any) -> None:
        nonlocal done
        worker = Worker(model, time_limit)
        try:
            while not broken:
                cell = waiting.get_nowait()
                failure = make(worker, cell)
                with lock:
                    done += 1
                    update(done, len(cells))
                    if failure is not None:
                        failures[cell[2], failure] += 1
        except queue.Empty:
            pass
        except BaseException as error:
            broken.append(error)
        finally:
            worker.close()

    with progress("aligning") as update:
        threads = [threading.Thread(target=work, args=(update,), daemon=True) for _ in range(max(1, jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if broken:
        raise broken[0]
    return failures


if __name__ == "__main__":
    main()
