"""Scores of the alignments of a noisy-captions grid: of every cell, and pooled over recordings and over everything.

Writes one JSON object: "cells", "rows" (a variant and method, recordings pooled), "grid" (a method, all pooled). Each
has "speech" and "tolerant": the same measures with either kind of bounds (docs/scoring.md).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.files import atomic_write
from ctcalign.scoring.comparison import Comparison, Pair, compare, within
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, TimedItem, items_of
from ctcalign.scoring.options import Bounds, Options
from recipes.errors import one_line
from recipes.noisy.align import cell_file
from recipes.noisy.corpus import Recording, Variant, add_choices, find_recordings
from recipes.noisy.methods import chosen

BOUNDS: tuple[Bounds, ...] = ("speech", "tolerant")
WITHIN = 0.5  # seconds, both ends
THRESHOLD = 0.95  # of the confidence
NEIGHBOUR_WITHIN = 0.2  # seconds, both ends of a neighbour
COVERED = 0.5  # fraction of an utterance that captions must cover for it to count as captioned


@dataclass(frozen=True)
class Scored:
    """A cell with both sides of its comparison; `beside` marks neighbours among the captions of the ground truth."""

    recording: str
    variant: str
    method: str
    found: TimedFile
    truth: TimedFile
    beside: list[bool]
    run: dict[str, Any]


def uncaptioned(utterances: Sequence[TimedItem], captions: Sequence[TimedItem]) -> list[tuple[float, float]]:
    """The utterances, as (start, end) in seconds, that no spoken caption covers."""
    places = [caption.place for caption in captions if caption.place is not None]
    found = []
    for utterance in utterances:
        if utterance.place is None:
            continue
        start, end = utterance.place
        covered = sum(max(0.0, min(end, b) - max(start, a)) for a, b in places)
        if covered < COVERED * (end - start):
            found.append((start, end))
    return found


def neighbours(utterances: Sequence[TimedItem], captions: Sequence[TimedItem]) -> list[bool]:
    """For each caption whether it is spoken and next to an unspoken caption or to speech without a caption.

    Errors of a search matter most there: it may assign the neighbour's audio to the unspoken caption, or stretch the
    neighbour over speech that is not its own.

    Args:
        utterances: everything spoken in the recording.   captions: the ground truth of the captions, in file order.
    """
    spoken = [number for number, caption in enumerate(captions) if caption.place is not None]
    marked = set()
    for number, caption in enumerate(captions):
        if caption.place is None:
            marked |= set([n for n in spoken if n < number][-1:] + [n for n in spoken if n > number][:1])
    starts = {n: place[0] for n in spoken if (place := captions[n].place) is not None}
    for start, end in uncaptioned(utterances, captions):
        middle = (start + end) / 2
        marked |= set(sorted((n for n in spoken if starts[n] < middle), key=starts.__getitem__)[-1:])
        marked |= set(sorted((n for n in spoken if starts[n] >= middle), key=starts.__getitem__)[:1])
    return [number in marked for number in range(len(captions))]


def measures(cells: Sequence[Scored], bounds: Bounds) -> dict[str, Any]:
    """Measures of some cells pooled. Seconds, rates in [0, 1], None if nothing can be measured."""
    options = Options(matching="index", bounds=bounds, within=WITHIN, threshold=THRESHOLD)
    found = compare([(cell.found, cell.truth) for cell in cells], "cue", options)
    beside = [mark for cell in cells for mark in cell.beside]
    own = [pair for pair in found.pairs if pair.reference is not None]
    spoken = [(pair, mark) for pair, mark in zip(own, beside, strict=True) if _spoken(pair)]
    return {
        "spoken": found.spoken,
        "placed": found.placed,
        "within": found.within,
        "within_count": sum(_near(pair, WITHIN) for pair, _ in spoken),
        "start": None if found.starts is None else asdict(found.starts),
        "end": None if found.ends is None else asdict(found.ends),
        "runaway": found.runaway,
        **_skips(found, own),
        "beside": _rate([_near(pair, NEIGHBOUR_WITHIN) for pair, mark in spoken if mark]),
        "beside_count": sum(mark for _, mark in spoken),
        "elsewhere": _rate([_near(pair, NEIGHBOUR_WITHIN) for pair, mark in spoken if not mark]),
        "wrong": sum(pair.right is False for pair in own),
        "auc": found.auc,
        "auc_of": found.auc_of,
        "calibration": None if found.calibration is None else asdict(found.calibration),
        "without_confidence": found.without_confidence,
        "kept": None if found.kept is None else found.kept.true + found.kept.false,
        "kept_precision": None if found.kept is None else found.kept.precision,
        "kept_recall": None if found.kept is None else found.kept.recall,
    }


def _skips(found: Comparison, own: Sequence[Pair]) -> dict[str, Any]:
    skips = found.skips
    return {
        "unspoken": sum(not _spoken(pair) for pair in own),
        "skip_precision": None if skips is None else skips.precision,
        "skip_recall": None if skips is None else skips.recall,
        "skipped_wrongly": 0 if skips is None else skips.false,
    }


def _spoken(pair: Pair) -> bool:
    return pair.reference is not None and pair.reference.place is not None


def _near(pair: Pair, tolerance: float) -> bool:
    return pair.errors is not None and within(pair.errors, tolerance)


def _rate(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def read_cell(file: Path, recording: Recording, variant: Variant, method: str) -> Scored:
    """A finished cell with its ground truth.

    Raises:
        SystemExit: the file does not exist.
    """
    if not file.is_file():
        raise SystemExit(f"--alignments: {file} is missing; run that stage first")
    row = json.loads(file.read_text(encoding="utf-8"))
    run = row.pop("run")
    found = TimedFile(str(file), items_of(Alignment.from_dict(row)))
    truth, whole = read_timed(variant.key)[0], read_timed(recording.truth)[0]
    beside = neighbours(whole.cues, truth.cues)
    about = {**run, "uncaptioned": len(uncaptioned(whole.cues, truth.cues))}
    return Scored(recording.name, variant.name, method, found, truth, beside, about)


def row_of(cells: Sequence[Scored], **names: str) -> dict[str, Any]:
    """Measures of some cells under both bounds, and how they were run."""
    failures = [f"{c.recording} {c.variant}: {c.run['failure']}" for c in cells if c.run["failure"]]
    return {
        **names,
        "cells": len(cells),
        "failures": failures,
        "seconds": sum(cell.run["seconds"] for cell in cells),
        "commits": sorted({cell.run["commit"] for cell in cells}),
        "inexact": sum(item.spoken is True and item.exact is False for cell in cells for item in cell.truth.cues),
        "uncaptioned": sum(cell.run["uncaptioned"] for cell in cells),
        **{bounds: measures(cells, bounds) for bounds in BOUNDS},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--alignments", type=Path, required=True)
    add_choices(parser, "recordings", "variants", "methods")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    methods = chosen(args.methods)
    recordings = find_recordings(args.corpus, args.recordings, args.variants)
    cells = [
        read_cell(cell_file(args.alignments, r.name, v.name, method), r, v, method)
        for r in recordings
        for v in r.variants
        for method in methods
    ]
    rows: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    grid: dict[str, list[Scored]] = defaultdict(list)
    for cell in cells:
        rows[cell.variant, cell.method].append(cell)
        grid[cell.method].append(cell)
    scores = {
        "recordings": [recording.name for recording in recordings],
        "methods": methods,
        "cells": [row_of([c], recording=c.recording, variant=c.variant, method=c.method) for c in cells],
        "rows": [row_of(group, variant=variant, method=method) for (variant, method), group in rows.items()],
        "grid": [row_of(group, method=method) for method, group in grid.items()],
    }
    with atomic_write(args.out, fsync=False) as stream:
        json.dump(scores, stream)
    sys.stderr.write(f"{args.out}: {len(cells)} cells, {len(rows)} rows\n")


if __name__ == "__main__":
    one_line(main)
