"""`--dry-run`: what a run would take, from a few recordings that are aligned and thrown away."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.item import Collection, Item, is_address
from ctcalign.corpus.work.outcome import Job
from ctcalign.corpus.work.worker import Worker
from ctcalign.errors import CtcAlignError, UsageError

SAMPLES = 10


@dataclass
class Estimate:
    """What a run would take.

    Attributes:
        recordings: in the collection.   problems: by reason, those that cannot be aligned.
        samples: recordings that were aligned.   failed: messages of those among them that could not be.
        hours: of sound; estimated where the collection does not say so, from the sizes of the files.
        seconds: of the run.   output_bytes: of the outputs.
        workers: recordings at a time.
    """

    recordings: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    samples: int = 0
    failed: list[str] = field(default_factory=list)
    hours: float = 0.0
    seconds: float = 0.0
    output_bytes: float = 0.0
    workers: int = 1

    def to_dict(self) -> dict[str, Any]:
        """A JSON object."""
        rounded = {"hours": round(self.hours, 2), "seconds": round(self.seconds, 3)}
        return vars(self) | rounded | {"output_bytes": round(self.output_bytes)}


def estimate(collection: Collection, plan: Plan) -> Estimate:
    """Align some recordings at equal distances in the collection, and project the rest from them.

    The first of them is aligned twice, so that what happens once in a process does not count. The workers of a plan
    are taken to be as fast as one alone.

    Raises:
        UsageError: nothing can be aligned.   CtcAlignError: the model cannot be loaded.
    """
    found = Estimate(workers=plan.workers)
    chosen = _chosen(collection, found)
    if not chosen:
        raise UsageError(f"input: {collection.path}: no recording can be aligned ({_few(found.problems)})")
    worker = Worker(plan.settings, plan.devices[0], None, plan.digest)
    worker.work(Job(0, chosen[0]))
    known = _Sums()
    for number, item in enumerate(chosen):
        outcome = worker.work(Job(number, item))
        if outcome.status == "fatal":
            raise (UsageError if outcome.usage else CtcAlignError)(outcome.detail)
        if outcome.status != "done":
            found.failed.append(f"{item.id}: {outcome.detail}")
            continue
        known.audio += outcome.summary["duration"]
        known.seconds += sum(outcome.seconds.values())
        known.output += sum(outcome.sizes.values())
        known.size += _size(item) or 0
        found.samples += 1
    if not found.samples:
        raise CtcAlignError(f"none of {len(chosen)} samples could be aligned; {found.failed[0]}")
    total = _total_seconds(collection, known, found)
    found.hours = total / 3600
    found.seconds = known.seconds / known.audio * total / plan.workers
    found.output_bytes = known.output / known.audio * total
    return found


@dataclass
class _Sums:
    audio: float = 0.0
    seconds: float = 0.0
    output: int = 0
    size: int = 0


def _chosen(collection: Collection, found: Estimate) -> list[Item]:
    """Recordings at equal distances; the entries are counted on the way."""
    step = max(1, (collection.count or 0) // SAMPLES)
    items: list[Item] = []
    for position, entry in enumerate(collection.entries()):
        found.recordings += 1
        if not isinstance(entry, Item):
            found.problems[entry.reason] = found.problems.get(entry.reason, 0) + 1
        elif len(items) < SAMPLES and position >= len(items) * step:
            items.append(entry)
    return items


def _total_seconds(collection: Collection, known: _Sums, found: Estimate) -> float:
    """Seconds of sound: as the collection says, by the size of the files, or as long as the samples on average."""
    seconds, size, others = 0.0, 0, 0
    for entry in collection.entries():
        if not isinstance(entry, Item):
            continue
        own = _size(entry)
        if entry.duration is not None:
            seconds += entry.duration
        elif own:
            size += own
        else:
            others += 1
    by_size = size * known.audio / known.size if known.size else 0.0
    return seconds + by_size + others * known.audio / found.samples


def _size(item: Item) -> int | None:
    if not isinstance(item.audio, str) or is_address(item.audio):
        return None
    try:
        return os.stat(Path(item.audio)).st_size
    except (OSError, ValueError):
        return None


def _few(problems: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in list(problems.items())[:3]) or "it is empty"
