#!/usr/bin/env python3
"""Table, curve and verdicts of an Align With Purpose experiment, written to RESULTS.md.

Every number is recomputed from the rows that evaluation wrote (runs/*/dev.jsonl, runs/*/test.jsonl). Settings are
chosen on dev and reported on test.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from about_run import commit, machine
from awp_plot import plot_curves
from awp_scoring import Row, read_rows
from awp_table import Entry, collect, compare_wer
from awp_verdicts import together, verdicts

COLUMNS = "method|setting|seeds|WER %|CER %|vs plain CTC|p|delay ms|P50|P90|P99|first|last|latency|drift|total".split(
    "|"
)
LEGEND = (
    "WER: greedy; mean ± standard deviation over seeds. `vs plain CTC` is relative, on the seeds that both have; `p`",
    "is two-sided, by a paired bootstrap over seeds and utterances. Delay: emission of a word (first frame of its last",
    "token) less its end, over the words recognised, milliseconds; `first` and `last` word of an utterance. Latency:",
    "mean delay plus the encoder's look-ahead, so how long after its end a word is known. Drift:",
    "mean over matched tokens against the fixed offline model; total: drift plus the encoder's look-ahead.",
)


def table(entries: Sequence[Entry], plain: Entry) -> list[str]:
    """One line a method and setting: mean ± standard deviation over seeds."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for entry in entries:
        compared = compare_wer(plain, entry) if entry is not plain else None
        change = "" if compared is None else f"{100 * compared.relative.value:+.1f} %"
        p = "" if compared is None else f"{compared.p_value:.3f}"
        cells = [
            entry.method,
            entry.setting or "–",
            str(len(entry.seeds)),
            _spread(entry, "wer", 100, 2),
            f"{100 * entry.mean('cer'):.2f}",
            change,
            p,
        ]
        cells += [_spread(entry, "mean", 1000, 0)]
        cells += [
            _plain(entry.mean(key), 1000) for key in ("median", "p90", "p99", "first", "last", "latency", "drift")
        ]
        cells += [_plain(entry.mean("total_latency"), 1000)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _plain(value: float, factor: float) -> str:
    return "–" if math.isnan(value) else f"{factor * value:.0f}"


def _spread(entry: Entry, key: str, factor: float, digits: int) -> str:
    mean, spread = entry.mean(key), entry.spread(key)
    if math.isnan(mean):
        return "–"
    return f"{factor * mean:.{digits}f}" + ("" if math.isnan(spread) else f" ± {factor * spread:.{digits}f}")


def minutes(runs: Path) -> str:
    """How long the trainings took."""
    seconds = [json.loads(file.read_text(encoding="utf-8"))["seconds"] for file in runs.glob("*/run.json")]
    return f"{len(seconds)} trainings, {sum(seconds) / 60:.0f} minutes of wall clock in sum"


def fixed_rows(reference: Path | None, parts: Sequence[str]) -> list[Row] | None:
    """What the fixed model heard, if it did."""
    if reference is None:
        return None
    return [row for part in parts for row in read_rows(reference / f"{part}.jsonl")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="folder with the rows of the fixed model for drift latency")
    parser.add_argument("--tests", nargs="+", default=["test"], help="parts to report on")
    parser.add_argument("--plain", default="ctc", help="the method that continues with CTC alone")
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="what was run, for the reader")
    parser.add_argument("--notes", type=Path, help="text to put below the title (data, model, what to know)")
    parser.add_argument("--plot", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    entries: dict[str, list[Entry]] = {}
    plain: dict[str, Entry] = {}
    for part in ("dev", *args.tests):
        entries[part] = collect(args.runs, [part], fixed_rows(args.reference, [part]))
        same = [entry for entry in entries[part] if entry.method == args.plain]
        if not same:
            raise SystemExit(
                f"--plain: no run of {args.plain!r} in {args.runs} has rows of {part}; run that stage first"
            )
        plain[part] = same[0]
    plot_curves(entries[args.tests[0]], args.plot, args.title)
    picture = os.path.relpath(args.plot, args.out.parent)
    text = [f"# {args.title}", ""]
    if args.notes:
        text += [args.notes.read_text(encoding="utf-8").strip(), ""]
    text += [f"Command: `{args.command}`", "", f"Machine: {machine()}. {minutes(args.runs)}. Commit: {commit()}.", ""]
    for part in args.tests:
        text += [f"## What {part} shows", ""]
        text += [*verdicts(entries["dev"], entries[part], plain["dev"], plain[part]), ""]
    text += [f"![word error rate against delay on {args.tests[0]}]({picture})", ""]
    for part in args.tests:
        text += [f"## All numbers of {part}", "", *table(entries[part], plain[part]), ""]
    text += [*LEGEND, "", "## Dev (settings are chosen here)", "", *table(entries["dev"], plain["dev"]), ""]
    parts = ["dev", *args.tests]
    pooled = collect(args.runs, parts, fixed_rows(args.reference, parts))
    start = next(entry for entry in pooled if entry.method == args.plain)
    text += [f"## {' and '.join(parts)} together", "", *together(pooled, start), "", *table(pooled, start), ""]
    args.out.write_text("\n".join(text), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(entries['dev'])} methods and settings\n")


if __name__ == "__main__":
    main()
