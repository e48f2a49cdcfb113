"""Pictures of a noisy-captions grid: what each method finds in each row, and whether confidences keep their word."""

from __future__ import annotations

from pathlib import Path

from noisy_table import Scores, with_confidence

MARKERS = "oos^v<>PX"


def plot_within(scores: Scores, path: Path) -> None:
    """A line a variant, a mark a method: share of the spoken cues with both ends within 0.5 s."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 1.8 + 0.34 * len(scores.variants)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    places = range(len(scores.variants))
    for axes, bounds in zip(panels, ("speech", "tolerant"), strict=True):
        for number, method in reversed(list(enumerate(scores.methods))):
            shares = [100 * (scores.rows[v, method][bounds]["within"] or 0.0) for v in scores.variants]
            own = {"color": colormaps["tab10"](number % 10), "zorder": 20 - number}
            # Methods that agree lie on each other: the first are drawn on top, smaller than those below them.
            size = 5 + 1.2 * number
            axes.plot(shares, places, MARKERS[number % len(MARKERS)], label=method, markersize=size, alpha=0.9, **own)
        axes.set_title(f"bounds: {bounds}", fontsize=10)
        axes.set_xlabel("% of the spoken cues with both ends within 0.5 s")
        axes.grid(alpha=0.3)
    stars = [name + (" *" if scores.noisy(name) else "") for name in scores.variants]
    panels[0].set_yticks(list(places), stars)
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)


def plot_reliability(scores: Scores, path: Path) -> bool:
    """Confidence against what is right, pooled over the grid, a panel a method. False where nobody has a confidence."""
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
        # The bars, of the last bounds, tell how much there is to judge by: a point over a low bar means little.
        most = max(row["count"] for row in full)
        for row in full:
            axes.bar(row["low"], 0.2 * row["count"] / most, row["high"] - row["low"], align="edge", color="lightgrey")
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share that is right")
        axes.set_title(f"{method}, {found['count']} cues", fontsize=10)
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(path, dpi=130)
    return True
