"""Results of recordings x caption files, a file a cell: those that are there are not computed again."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ctcalign.files import atomic_write
from recipes.noisy.corpus import Recording, Variant, add_choices, find_recordings
from recipes.results_page import commit, machine, page_head


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """The options that all of these commands have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="folders as of run.sh")
    add_choices(parser, "recordings", "variants")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cells", type=Path, required=True, help="folder for the results, a file a cell")
    parser.add_argument("--out", type=Path, help="page to write, of all cells in the folder")
    return parser


def compute(
    args: argparse.Namespace,
    suffix: str,
    work: Callable[[Recording, Variant], dict[str, Any]],
    told: Callable[[dict[str, Any]], str],
) -> None:
    """Compute the cells that are missing.

    Args:
        suffix: of the names of the files, what a cell depends on besides recording and captions.
        told: says a cell in a line.
    """
    args.cells.mkdir(parents=True, exist_ok=True)
    for recording, variant in _wanted(args):
        file = args.cells / f"{recording.name}.{variant.name}.{suffix}.json"
        if file.is_file():
            continue
        found = work(recording, variant)
        with atomic_write(file, fsync=False) as stream:
            json.dump({"recording": recording.name, "captions": variant.name, **found}, stream)
        sys.stderr.write(f"{file.name}: {told(found)}\n")


def _wanted(args: argparse.Namespace) -> Iterator[tuple[Recording, Variant]]:
    for corpus in args.corpus:
        for recording in find_recordings(corpus, [], args.variants):
            if not args.recordings or recording.name in args.recordings:
                yield from ((recording, variant) for variant in recording.variants)


def write_page(
    args: argparse.Namespace, title: str, about: str, page: Callable[[Sequence[dict[str, Any]]], list[str]]
) -> None:
    """Write the page of all cells, if one is asked for.

    Args:
        about: a paragraph.  page: the lines after it.
    """
    if not args.out:
        return
    cells = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(args.cells.glob("*.json"))]
    text = page_head(title, None, about, f"{machine()}. Commit: {commit()}.")
    with atomic_write(args.out) as stream:
        stream.write("\n".join(text + page(cells)).rstrip() + "\n")


def mean(values: Sequence[float]) -> float:
    """The mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
