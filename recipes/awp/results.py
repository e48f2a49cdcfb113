"""RESULTS.md of an Align With Purpose experiment: verdicts, curve and tables.

Every number is recomputed from the rows of the evaluation (runs/*/dev.jsonl, runs/*/test.jsonl). Settings are chosen on
dev and reported on test.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from recipes.awp.entries import NOTHING, Entry, change_cells, collect, mean_and_spread, of_method
from recipes.awp.evaluation import Row, read_rows
from recipes.awp.verdicts import together, verdicts
from recipes.errors import one_line
from recipes.results_page import commit, machine, markdown_table, page_head, picture, section

COLUMNS = (
    "method", "setting", "seeds", "WER %", "CER %", "vs plain CTC", "p", "delay ms", "P50", "P90", "P99", "first",
    "last", "latency", "drift", "total",
)  # fmt: skip
LEGEND = (
    "WER: greedy; mean ± standard deviation over seeds. `vs plain CTC` is relative, on the common seeds; `p` is",
    "two-sided, by a paired bootstrap over seeds and utterances. Delay: emission of a word (first frame of its last",
    "token) minus its end, over the recognised words, milliseconds; `first` and `last` word of an utterance. Latency:",
    "mean delay plus the encoder's look-ahead: the time from the end of a word until it is known. Drift:",
    "mean over matched tokens against the fixed offline model; total: drift plus the encoder's look-ahead.",
)


def table(entries: Sequence[Entry], plain: Entry) -> list[str]:
    """One line per method and setting: mean ± standard deviation over seeds."""
    rows = []
    for entry in entries:
        times = ("median", "p90", "p99", "first", "last", "latency", "drift", "total_latency")
        rows.append(
            [
                entry.method,
                entry.setting or NOTHING,
                str(len(entry.seeds)),
                mean_and_spread(entry, "wer", 100, 2),
                f"{100 * entry.mean('cer'):.2f}",
                *change_cells(plain, entry),
                mean_and_spread(entry, "mean", 1000, 0),
                *(_milliseconds(entry.mean(key)) for key in times),
            ]
        )
    return markdown_table(COLUMNS, rows)


def _milliseconds(seconds: float) -> str:
    return NOTHING if math.isnan(seconds) else f"{1000 * seconds:.0f}"


def plot_curves(entries: Sequence[Entry], path: Path, title: str) -> None:
    """Word error rate against delay, one line per method, as PNG.

    Points are means over seeds, bars their standard deviation; the points of a method are joined by delay.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    methods: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        methods[entry.method].append(entry)
    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    colours = plt.get_cmap("tab20")
    markers = "osD^v<>PX*hd"
    for number, (method, points) in enumerate(methods.items()):
        points = sorted(points, key=lambda e: e.mean("mean"))
        x = [1000 * e.mean("mean") for e in points]
        y = [100 * e.mean("wer") for e in points]
        axes.errorbar(
            x,
            y,
            xerr=[1000 * _bar(e.spread("mean")) for e in points],
            yerr=[100 * _bar(e.spread("wer")) for e in points],
            label=method,
            color=colours(number % 20),
            marker=markers[number % len(markers)],
            linewidth=2 if method.startswith("awp") else 1,
            capsize=2,
            elinewidth=0.8,
        )
        for place, (entry, a, b) in enumerate(zip(points, x, y, strict=True)):
            if entry.setting:
                offset = (4, 4 if place % 2 else -10)
                axes.annotate(entry.setting, (a, b), textcoords="offset points", xytext=offset, fontsize=6)
    axes.set_xlabel("mean emission delay after the end of the word (ms)")
    axes.set_ylabel("word error rate, greedy (%)")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=140)
    plt.close(figure)


def _bar(spread: float) -> float:
    """No bar if there is only one seed."""
    return 0.0 if math.isnan(spread) else spread


def training_time(runs: Path) -> str:
    """Number and duration of the trainings."""
    seconds = [json.loads(file.read_text(encoding="utf-8"))["seconds"] for file in runs.glob("*/run.json")]
    seconds = [one for one in seconds if one]  # the model before training took none
    return f"{len(seconds)} trainings, {sum(seconds) / 60:.0f} minutes of wall clock in total"


def fixed_rows(reference: Path | None, parts: Sequence[str]) -> list[Row] | None:
    """The rows of the fixed model on some parts."""
    if reference is None:
        return None
    return [row for part in parts for row in read_rows(reference / f"{part}.jsonl")]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="folder with the rows of the fixed model for drift latency")
    parser.add_argument("--tests", nargs="+", default=["test"], help="parts to report on")
    parser.add_argument("--plain", default="ctc", help="the method that continues with CTC alone")
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--notes", type=Path, help="text to put below the title (data, model, caveats)")
    parser.add_argument("--plot", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    entries: dict[str, list[Entry]] = {}
    plain: dict[str, Entry] = {}
    for part in ("dev", *args.tests):
        entries[part] = collect(args.runs, [part], fixed_rows(args.reference, [part]))
        plain[part] = of_method(entries[part], args.plain, args.runs, part)[0]
    plot_curves(entries[args.tests[0]], args.plot, args.title)
    made = f"Machine: {machine()}. {training_time(args.runs)}. Commit: {commit()}."
    text = page_head(args.title, args.notes, f"Command: `{args.command}`", made)
    for part in args.tests:
        text += section(f"What {part} shows", verdicts(entries["dev"], entries[part], plain["dev"], plain[part]))
    text += [picture(args.plot, args.out, f"word error rate against delay on {args.tests[0]}"), ""]
    for part in args.tests:
        text += section(f"All numbers of {part}", table(entries[part], plain[part]))
    text += [*LEGEND, "", *section("Dev (settings are chosen here)", table(entries["dev"], plain["dev"]))]
    parts = ["dev", *args.tests]
    pooled = collect(args.runs, parts, fixed_rows(args.reference, parts))
    start = of_method(pooled, args.plain, args.runs, " and ".join(parts))[0]
    text += section(f"{' and '.join(parts)} together", together(pooled, start), table(pooled, start))
    args.out.write_text("\n".join(text), encoding="utf-8")
    sys.stderr.write(f"{args.out}: {len(entries['dev'])} methods and settings\n")


if __name__ == "__main__":
    one_line(main)
