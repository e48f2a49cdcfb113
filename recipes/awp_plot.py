"""The curve of word error rate against emission delay, one line a method, as PNG."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from awp_table import Entry


def plot_curves(entries: Sequence[Entry], path: Path, title: str) -> None:
    """Points are means over seeds, bars their standard deviation; the points of a method are joined by delay."""
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
    """No bar where there is one seed."""
    return 0.0 if spread != spread else spread
