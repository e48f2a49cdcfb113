"""RESULTS.md of a noisy-captions grid: verdicts, pictures and tables, all from the file of recipes.noisy.scores."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ctcalign.files import atomic_write
from recipes.errors import one_line
from recipes.noisy.tables import (
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
    sounds_table,
    weakest,
    with_confidence,
    within_table,
)
from recipes.noisy.verdicts import BOUNDS, verdicts
from recipes.results_page import commit, machine, page_head, picture, section

PACKAGES = ("ctcalign", "torch", "torchaudio", "ctc-segmentation", "numpy", "numba")
MARKERS = "oos^v<>PX"
LEGEND = (
    "A row pools the caption files of that name of all recordings. `*` marks noisy rows: captions that are not spoken",
    "as written or not at all, or speech without a caption. Bounds: `speech` compares with the onset and offset of the",
    "speech; `tolerant` counts no error in the silence between these and the border of the clip. Cues that are not",
    "placed are not within; a failed cell has placed nothing. Medians and P95 are of the placed cues.",
)


def tables(scores: Scores) -> list[str]:
    """All tables, each with its heading."""
    text: list[str] = []
    ours = [method for method in scores.methods if method.startswith(("global", "ipfa"))]
    for bounds in BOUNDS:
        text += section(f"Both ends within 0.5 s, % of the spoken cues ({bounds})", within_table(scores, bounds))
    for side in ("start", "end"):
        for bounds in BOUNDS:
            text += section(f"Errors of {side}s: median / P95 in ms ({bounds})", errors_table(scores, bounds, side))
    text += section("Runaways: % of the placed cues with an end more than 1 s off (speech)", runaway_table(scores))
    if ours:
        heading = "Not spoken: precision / recall in %, and number of spoken cues that are marked as not spoken"
        text += section(heading, ["The other programs place every cue."], skips_table(scores, ours))
    for bounds in BOUNDS:
        text += section(
            f"Neighbours: % with both ends within 0.2 s ({bounds})",
            ["Cues next to an unspoken caption or to speech without a caption; in brackets all others."],
            neighbours_table(scores, bounds),
        )
    for bounds in BOUNDS:
        text += section(f"AUC of the confidence, else of the score ({bounds})", auc_table(scores, bounds))
        confidences = confidence_table(scores, bounds)
        if confidences:
            text += section(f"Confidence: ECE, precision / recall in % of a filter at 0.95 ({bounds})", confidences)
        text += section(f"The grid as a whole ({bounds})", grid_table(scores, bounds))
    for method in ours:
        pooled = sounds_table(scores, method, "tolerant")
        text += section(f"Sounds, % within 0.5 s (tolerant), `{method}`", pooled) if pooled else []
    for method in ours[:1]:
        found = recordings_table(scores, method, "tolerant")
        text += section(f"Recordings, % within 0.5 s (tolerant), `{method}`", found)
        text += section(f"Weakest cells of `{method}` (tolerant)", weakest(scores, method, "tolerant"))
    return [*text, *section("Runs", runs_table(scores))]


def plot_within(scores: Scores, path: Path) -> None:
    """One line per variant, one mark per method: percentage of the spoken cues with both ends within 0.5 s."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 1.8 + 0.34 * len(scores.variants)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    places = range(len(scores.variants))
    for axes, bounds in zip(panels, ("speech", "tolerant"), strict=True):
        for number, method in reversed(list(enumerate(scores.methods))):
            within = [100 * (scores.rows[v, method][bounds]["within"] or 0.0) for v in scores.variants]
            own = {"color": colormaps["tab10"](number % 10), "zorder": 20 - number}
            # Marks of equal methods cover each other: the first are drawn on top, smaller than those below them.
            size = 5 + 1.2 * number
            axes.plot(within, places, MARKERS[number % len(MARKERS)], label=method, markersize=size, alpha=0.9, **own)
        axes.set_title(f"bounds: {bounds}", fontsize=10)
        axes.set_xlabel("% of the spoken cues with both ends within 0.5 s")
        axes.grid(alpha=0.3)
    panels[0].set_yticks(list(places), [scores.starred(name) for name in scores.variants])
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)


def plot_reliability(scores: Scores, path: Path) -> bool:
    """Reliability diagrams of the confidences, pooled over the grid, one panel per method. False if there are none."""
    from matplotlib.figure import Figure

    methods = with_confidence(scores)
    if not methods:
        return False
    figure = Figure(figsize=(4.2 * len(methods), 4.2), layout="constrained")
    for axes, method in zip(figure.subplots(1, len(methods), squeeze=False)[0], methods, strict=True):
        for bounds, colour in (("speech", "tab:blue"), ("tolerant", "tab:orange")):
            found = scores.grid[method][bounds]["calibration"]
            full = [row for row in found["bins"] if row["count"]]
            label = f"{bounds}: ECE {found['ece']:.3f}"
            points = [(row["confidence"], row["right"]) for row in full]
            axes.plot([x for x, _ in points], [y for _, y in points], "o-", color=colour, label=label, markersize=4)
        # Bars: number of cues in each bin (of the last bounds). A point over a low bar is uncertain.
        most = max(row["count"] for row in full)
        for row in full:
            axes.bar(row["low"], 0.2 * row["count"] / most, row["high"] - row["low"], align="edge", color="lightgrey")
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="fraction that is right")
        axes.set_title(f"{method}, {found['count']} cues", fontsize=10)
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(path, dpi=130)
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--targets", type=Path, help="JSON of targets, each checked in a sentence of the verdict")
    parser.add_argument("--notes", type=Path, help="text to put below the title")
    parser.add_argument("--model", required=True)
    parser.add_argument("--command", required=True, help="the command that was run, printed on the page")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    scores = Scores(json.loads(args.scores.read_text(encoding="utf-8")))
    targets = json.loads(args.targets.read_text(encoding="utf-8")) if args.targets else []
    within = args.out.with_name(f"{args.out.stem}_within.png")
    reliability = args.out.with_name(f"{args.out.stem}_reliability.png")
    plot_within(scores, within)
    commits = ", ".join(sorted({name for row in scores.grid.values() for name in row["commits"]}))
    text = page_head(
        "Noisy captions",
        args.notes,
        f"Model: `{args.model}`. Command: `{args.command}`",
        f"Machine: {machine(PACKAGES)}. Commit of this page: {commit()}; of the alignments: {commits}.",
    )
    text += section("Verdict", verdicts(scores, targets))
    text += [picture(within, args.out, "cues within 0.5 s by row and method"), ""]
    if plot_reliability(scores, reliability):
        text += [picture(reliability, args.out, "reliability of the confidence"), ""]
    without = [method for method in scores.methods if method not in with_confidence(scores)]
    if without:
        text += [f"Without a confidence, evaluated by the score: {', '.join(without)}.", ""]
    text += [*LEGEND, "", *tables(scores)]
    with atomic_write(args.out) as stream:
        stream.write("\n".join(text).rstrip() + "\n")
    sys.stderr.write(f"{args.out}: {len(scores.variants)} rows, {len(scores.methods)} methods\n")


if __name__ == "__main__":
    one_line(main)
