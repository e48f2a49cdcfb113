"""RESULTS.md of an adaptation recipe: error rates of each method on target and source."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

from recipes.adapt.run import METHODS, rows_of
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, section

NAMES = {
    "adapt": "`ctcalign adapt`",
    "exact": "exact captions",
    "unfiltered": "captions as they are",
    "published": "IPFA score ≥ -1.0",
}


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each method: means over seeds."""
    start = [row for row in rows if "start_target" in row][:1]
    lines = [["original model", "", "", *(_start(start, part) for part in ("target", "source"))]]
    for method in METHODS:
        own = [row for row in rows if row["method"] == method]
        if own:
            passes = f"{mean(row['passes'] for row in own):.1f}"
            hours = f"{mean(row['hours'] for row in own):.3f}"
            cells = [_cell([row[part] for row in own if part in row]) for part in ("target", "source")]
            lines.append([f"{NAMES[method]}, {len(own)} seeds", passes, hours, *cells])
    return markdown_table(("trained on", "passes kept", "hours", "target WER %", "source WER %"), lines)


def _start(rows: Sequence[dict[str, Any]], part: str) -> str:
    return f"{100 * rows[0][f'start_{part}']:.2f}" if rows and f"start_{part}" in rows[0] else ""


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = f" ± {100 * pstdev(values):.2f}" if len(values) > 1 else ""
    return f"{100 * mean(values):.2f}{spread}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--notes", type=Path)
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    rows = rows_of(args.runs)
    if not rows:
        raise SystemExit(f"--runs: {args.runs} has no results; run the stage before")
    passes = [
        [str(row["seed"]), *(f"{100 * value:.2f}" for value in row["by_pass"])]
        for row in rows
        if row["method"] == "adapt"
    ]
    most = max((len(row) for row in passes), default=1)
    head = ("seed", *(f"pass {n}" for n in range(1, most)))
    lines = page_head(
        args.title,
        args.notes,
        f"Command: `{args.command}`",
        f"Machine: {machine()}. Commit: {commit()}.",
    )
    lines += section("Error rates", table(rows))
    lines += section(
        "Target WER % of `ctcalign adapt` by pass",
        markdown_table(head, [row + [""] * (most - len(row)) for row in passes]),
    )
    args.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    one_line(main)
