#!/usr/bin/env python3
"""RESULTS.md of a noisy-captions grid: verdicts, pictures and tables, all from the file that the scoring wrote."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from about_run import commit, machine
from noisy_plot import plot_reliability, plot_within
from noisy_table import (
    Scores,
    auc_table,
    confidence_table,
    errors_table,
    grid_table,
    neighbours_table,
    recordings_table,
    runaway_table,
    runs_table,
    skips_table,
    weakest,
    with_confidence,
    within_table,
)
from noisy_verdicts import BOUNDS, verdicts

from ctcalign.files import atomic_write

PACKAGES = ("ctcalign", "torch", "torchaudio", "ctc-segmentation", "numpy", "numba")
LEGEND = (
    "A row is a caption file of that name of every recording, pooled. `*` marks noisy rows: captions that are not said",
    "as written or not at all, or speech without a caption. Bounds: `speech` compares with the onset and offset of the",
    "speech; `tolerant` counts nothing in the silence between these and the border of the clip. What is not placed is",
    "not within; a failed cell has placed nothing. Medians and P95 are of what is placed.",
)


def tables(scores: Scores) -> list[str]:
    """All tables, each with its heading."""
    text: list[str] = []
    ours = [method for method in scores.methods if method.startswith(("global", "ipfa"))]
    for bounds in BOUNDS:
        text += [f"## Both ends within 0.5 s, % of the spoken cues ({bounds})", "", *within_table(scores, bounds)]
    for side in ("start", "end"):
        for bounds in BOUNDS:
            heading = f"## Errors of {side}s: median / P95 in ms ({bounds})"
            text += [heading, "", *errors_table(scores, bounds, side)]
    text += ["## Runaways: % of the placed cues with an end more than 1 s off (speech)", "", *runaway_table(scores)]
    if ours:
        text += ["## Not spoken: precision / recall in %, and spoken cues that were held to be not spoken", ""]
        text += ["The other programs place everything.", "", *skips_table(scores, ours)]
    for bounds in BOUNDS:
        text += [f"## Neighbours: % with both ends within 0.2 s ({bounds})", ""]
        text += [
            "Cues beside a caption that nobody says or beside speech without a caption; in brackets all others.",
            "",
        ]
        text += neighbours_table(scores, bounds)
    for bounds in BOUNDS:
        text += [f"## AUC of the confidence, else of the score ({bounds})", "", *auc_table(scores, bounds)]
        told = confidence_table(scores, bounds)
        if told:
            text += [f"## Confidence: ECE, precision / recall in % of a filter at 0.95 ({bounds})", "", *told]
        text += [f"## The grid as a whole ({bounds})", "", *grid_table(scores, bounds)]
    for method in ours[:1]:
        text += [
            f"## Recordings, % within 0.5 s (tolerant), `{method}`",
            "",
            *recordings_table(scores, method, "tolerant"),
        ]
        text += [f"## Weakest cells of `{method}` (tolerant)", "", *weakest(scores, method, "tolerant")]
    return [*text, "## Runs", "", *runs_table(scores)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--targets", type=Path, help="what is wanted (JSON), to be told with the verdicts")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--model", required=True)
    parser.add_argument("--command", required=True, help="what was run, for the reader")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    scores = Scores(json.loads(args.scores.read_text(encoding="utf-8")))
    targets = json.loads(args.targets.read_text(encoding="utf-8")) if args.targets else []
    within = args.out.with_name(f"{args.out.stem}_within.png")
    reliability = args.out.with_name(f"{args.out.stem}_reliability.png")
    plot_within(scores, within)
    text = ["# Noisy captions", ""]
    if args.notes:
        text += [args.notes.read_text(encoding="utf-8").strip(), ""]
    text += [f"Model: `{args.model}`. Command: `{args.command}`", ""]
    text += [
        f"Machine: {machine(PACKAGES)}. Commit of this page: {commit()}; of the alignments: {_commits(scores)}.",
        "",
    ]
    text += ["## Verdict", "", *verdicts(scores, targets), ""]
    text += [f"![cues within 0.5 s by row and method]({os.path.relpath(within, args.out.parent)})", ""]
    if plot_reliability(scores, reliability):
        text += [f"![reliability of the confidence]({os.path.relpath(reliability, args.out.parent)})", ""]
    without = [method for method in scores.methods if method not in with_confidence(scores)]
    if without:
        text += [f"Without a confidence, judged by the score: {', '.join(without)}.", ""]
    text += [*LEGEND, "", *tables(scores)]
    with atomic_write(args.out) as stream:
        stream.write("\n".join(text).rstrip() + "\n")
    sys.stderr.write(f"{args.out}: {len(scores.variants)} rows, {len(scores.methods)} methods\n")


def _commits(scores: Scores) -> str:
    return ", ".join(sorted({name for row in scores.grid.values() for name in row["commits"]}))


if __name__ == "__main__":
    main()
