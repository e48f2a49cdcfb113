"""RESULTS.md of an adaptation recipe: error rates of each method on target and source, where nothing was chosen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from recipes.adapt.methods import METHODS
from recipes.adapt.run import rows_of
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, section

NAMES = {
    "adapt": "`ctcalign adapt`",
    "learnt": "`ctcalign adapt --source-share learn`",
    "unmixed": "`ctcalign adapt` without source speech",
    "bco": "`ctcalign adapt --rejected bco`",
    "dpo": "`ctcalign adapt --rejected dpo`",
    "exact": "exact captions, one pass",
    "exact_unmixed": "exact captions without source speech",
    "unfiltered": "captions as they are",
    "published": "captions with an IPFA score ≥ -1.0",
}
HEAD = (
    "trained on",
    "seeds",
    "passes kept",
    "hours",
    "target WER %",
    "relative",
    "of exact",
    "source WER %",
    "relative",
)
Rows = Sequence[dict[str, Any]]


def best(row: dict[str, Any]) -> dict[str, float]:
    """Error rates of the model that a run gives: that of its last kept pass, or the original one."""
    kept = [one for one in row["passes"] if one["kept"]]
    return dict(kept[-1]["errors"] if kept else row["start"])


def part_of(rates: dict[str, float], part: str) -> float | None:
    """The error rate on the test half of a part; if there is none, on the half that selects passes."""
    tested = {"target": "test", "source": "source_test"}[part]
    return rates.get(tested, rates.get(part))


def table(rows: Rows) -> list[str]:
    """A line for each method: means over seeds, with their standard deviation."""
    start = {part: part_of(rows[0]["start"], part) for part in ("target", "source")}
    lines = [["original model", "", "", "", _cell(start["target"]), "", "", _cell(start["source"]), ""]]
    for method in METHODS:
        own = [row for row in rows if row["method"] == method]
        if not own:
            continue
        kept = [[one for one in row["passes"] if one["kept"]] for row in own]
        hours = [done[-1]["hours"] if done else 0.0 for done in kept]
        target, source = _values(own, "target"), _values(own, "source")
        reached = "exact_unmixed" if method.endswith("unmixed") else "exact"
        exact = _values([row for row in rows if row["method"] == reached], "target")
        gained = _gained(start["target"], target, exact)
        lines.append(
            [
                NAMES[method],
                str(len(own)),
                f"{mean(map(len, kept)):.1f}",
                f"{mean(hours):.3f}",
                _mean(target),
                _relative(start["target"], target),
                gained,
                _mean(source),
                _relative(start["source"], source),
            ]
        )
    return markdown_table(HEAD, lines)


def passes_table(rows: Rows) -> list[str]:
    """Target errors by pass: on the half that selects passes, and on the test."""
    most = max(len(row["passes"]) for row in rows)
    lines = []
    for row in sorted(rows, key=lambda row: (METHODS.index(row["method"]), row["seed"])):
        cells = [
            f"{_cell(one['errors']['target'])} / {_cell(part_of(one['errors'], 'target'))}" for one in row["passes"]
        ]
        lines.append([NAMES[row["method"]], str(row["seed"]), *cells, *[""] * (most - len(cells))])
    return markdown_table(("trained on", "seed", *(f"pass {n}" for n in range(1, most + 1))), lines)


def _values(rows: Rows, part: str) -> list[float]:
    found = [part_of(best(row), part) for row in rows]
    return [value for value in found if value is not None]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}"


def _mean(values: Sequence[float]) -> str:
    if not values:
        return ""
    return _cell(mean(values)) + (f" ± {100 * stdev(values):.2f}" if len(values) > 1 else "")


def _relative(start: float | None, values: Sequence[float]) -> str:
    return f"{100 * (mean(values) / start - 1):+.1f} %" if start and values else ""


def _gained(start: float | None, values: Sequence[float], exact: Sequence[float]) -> str:
    """Gain of a method in per cent of the gain of exact captions."""
    if start is None or not exact or mean(exact) >= start:
        return ""
    return f"{100 * (start - mean(values)) / (start - mean(exact)):.0f} %"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--notes", type=Path)
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wanted", nargs="*", default=[], choices=METHODS, help="methods that the page should have")
    parser.add_argument("--seeds", type=int, nargs="*", default=[], help="seeds that it should have")
    args = parser.parse_args(arguments)
    rows = rows_of(args.runs)
    if not rows:
        raise SystemExit(f"--runs: {args.runs} has no results; run the stage before")
    done = {(row["method"], row["seed"]) for row in rows}
    missing = [
        f"{NAMES[method]} (seed {seed})" for method in args.wanted for seed in args.seeds if (method, seed) not in done
    ]
    lines = page_head(
        args.title,
        args.notes,
        f"Command: `{args.command}`",
        f"Machine: {machine()}. Commit: {commit()}.",
    )
    lines += section(
        "Error rates on recordings that were not used for selection, mean ± standard deviation over seeds", table(rows)
    )
    if missing:
        lines += [f"Not run: {', '.join(missing)}.", ""]
    lines += section("Target WER % by pass: on the part that selects passes / on the test", passes_table(rows))
    args.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    one_line(main)
