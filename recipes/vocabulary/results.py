"""Table of the curves of several runs: character error rates by update, and updates until a rate is reached."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, section

_SHOWN = 8  # updates in the table


def updates_until(curve: Sequence[tuple[int, float]], rate: float) -> str:
    """The first update at which the error rate is reached; "> N" if the last one, N, has not reached it."""
    found = next((step for step, value in curve if value <= rate), None)
    return f"> {curve[-1][0]}" if found is None else str(found)


def page_of(runs: list[dict[str, Any]], rates: Sequence[float]) -> list[list[str]]:
    """The lines of the two tables."""
    steps = sorted({step for run in runs for step, _ in run["curve"]})
    steps = [step for step in steps if sum(step in dict(run["curve"]) for run in runs) > 1][:_SHOWN]
    named = [(run["symbols"], run["rows"], str(run["seed"])) for run in runs]
    curves = [[(int(step), float(value)) for step, value in run["curve"]] for run in runs]
    head = ["symbols", "rows", "seed"]
    by_step = [
        [*name, *(f"{100 * dict(c)[s]:.1f}" if s in dict(c) else "–" for s in steps)]
        for name, c in zip(named, curves, strict=True)
    ]
    until = [[*name, *(updates_until(c, rate) for rate in rates)] for name, c in zip(named, curves, strict=True)]
    return [
        markdown_table([*head, *(f"{step} updates" for step in steps)], by_step),
        markdown_table([*head, *(f"CER ≤ {100 * rate:g} %" for rate in rates)], until),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="folder with the folders of the runs")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.9, 0.7, 0.6, 0.5], help="error rates to reach")
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    files = sorted(args.runs.glob("*/curve.json"))
    if not files:
        raise SystemExit(f"--runs: {args.runs} has no finished run (*/curve.json)")
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    by_step, until = page_of(runs, args.rates)
    made = f"Machine: {machine()}. Commit: {commit()}."
    text = page_head(args.title, args.notes, f"Command: `{args.command}`", made)
    body = [
        *section("Character error rate on dev, %", by_step),
        *section("Updates until an error rate is reached", until),
    ]
    args.out.write_text("\n".join([*text, *body]), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(runs)} runs\n")


if __name__ == "__main__":
    one_line(main)
