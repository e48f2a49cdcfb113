"""Pictures of an adaptation: error rates by pass, confidences, what is kept and dropped, losses, learnt shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ctcalign.report.pictures.figure import BLUE, GREY, INK, ORANGE, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Report = Mapping[str, Any]
# Parts of the errors: those that select the passes, and those for testing only.
PARTS = {"target": (BLUE, ":"), "test": (BLUE, "-"), "source": (ORANGE, ":"), "source_test": (ORANGE, "-")}
_SHADES = ("#9ecae1", "#4c78a8", "#1f4e79", "#0b2545")


def errors_figure(report: Report) -> Figure:
    """Word and character error rates of the original model and of each pass, with 95 % intervals."""
    figure, axes = _figure(2)
    passes = [row for row in report["passes"] if row.get("errors")]
    for ax, kind in zip(axes, ("wer", "cer"), strict=True):
        for part, (colour, line) in PARTS.items():
            found = [report["start"].get(part), *(row["errors"].get(part) for row in passes)]
            points = [(place, one[kind]) for place, one in enumerate(found) if one is not None]
            if points:
                places = [place for place, _ in points]
                values = [100 * one["value"] for _, one in points]
                bars = [
                    [max(0.0, 100 * (one["value"] - one["low"])) for _, one in points],
                    [max(0.0, 100 * (one["high"] - one["value"])) for _, one in points],
                ]
                name = part.replace("_", " ")
                ax.errorbar(
                    places, values, bars, fmt="o", linestyle=line, color=colour, capsize=3, linewidth=1.2, label=name
                )
        for place, row in enumerate(passes, 1):
            if not row["verdict"]["kept"]:
                ax.axvline(place, color=RED, linewidth=0.8, linestyle=":")
        ax.set(xlabel="pass (0: original model)", ylabel=f"{kind.upper()} in %")
        ax.set_ylim(bottom=0)
        ax.set_xticks(range(len(passes) + 1))
        _finish(ax, "word errors" if kind == "wer" else "character errors")
    return figure


def confidences_figure(report: Report) -> Figure:
    """Confidences of the phrases in each pass, with the lowest one that is kept."""
    figure, axes = _figure(len(report["passes"]))
    for ax, row in zip(axes, report["passes"], strict=True):
        counts = row["confidence"]["histogram"]
        width = 1 / len(counts)
        ax.bar([(n + 0.5) * width for n in range(len(counts))], counts, 0.9 * width, color=BLUE)
        if row["confidence"]["limit"] is not None:
            ax.axvline(row["confidence"]["limit"], color=RED, linewidth=1.2, label="limit")
        ax.set(xlim=(0, 1), xlabel="confidence", ylabel="phrases")
        _finish(ax, f"pass {row['number']}")
    return figure


def hours_figure(report: Report) -> Figure:
    """Hours that are kept, and dropped by reason, in each pass."""
    reasons = list(dict.fromkeys(reason for row in report["passes"] for reason in row["dropped"]))
    names = ["kept", *reasons]
    figure, [ax] = _figure(1, height=1.2 + 0.35 * len(names))
    height = 0.8 / len(report["passes"])
    for number, row in enumerate(report["passes"]):
        hours = [row["kept"]["hours"], *(row["dropped"].get(reason, {"hours": 0.0})["hours"] for reason in reasons)]
        places = [place + number * height for place in range(len(names))]
        ax.barh(places, hours, height, color=_SHADES[number % len(_SHADES)], label=f"pass {row['number']}")
    ax.set_yticks([place + 0.4 - height / 2 for place in range(len(names))], names)
    ax.invert_yaxis()
    ax.set(xlabel="hours")
    _finish(ax, "kept and dropped")
    return figure


def losses_figure(report: Report) -> Figure | None:
    """The training loss of each pass; None without any."""
    curves = [(row["number"], row["curve"]) for row in report["passes"] if row.get("curve")]
    if not curves:
        return None
    figure, [ax] = _figure(1)
    for place, (number, curve) in enumerate(curves):
        steps, losses = zip(*curve, strict=True)
        ax.plot(steps, losses, color=_SHADES[place % len(_SHADES)], linewidth=1.2, label=f"pass {number}")
    ax.set(xlabel="update", ylabel="loss")
    ax.set_ylim(bottom=0)
    _finish(ax, "training loss")
    return figure


def shares_figure(report: Report) -> Figure | None:
    """The learnt share of the source domain in each pass; None if it was not learnt."""
    curves = [(row["number"], row["source_share"]) for row in report["passes"] if row.get("source_share")]
    if not curves:
        return None
    figure, [ax] = _figure(1)
    for place, (number, rows) in enumerate(curves):
        updates, shares = [row["update"] for row in rows], [row["share"] for row in rows]
        colour = _SHADES[place % len(_SHADES)]
        ax.step(updates, shares, where="post", color=colour, linewidth=1.2, label=f"pass {number}")
    ax.set(xlabel="update", ylabel="share", ylim=(0, 1))
    _finish(ax, "learnt share of the source domain")
    return figure


def _figure(panels: int, height: float = 3.2) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(min(4.6 * panels, 16) if panels > 1 else 7.5, height), layout="constrained")
    return figure, figure.subplots(1, panels, squeeze=False)[0]


def _finish(ax: Axes, title: str) -> None:
    ax.set_title(title, fontsize=10, color=INK)
    ax.grid(color=GREY, linewidth=0.4)
    ax.set_axisbelow(True)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize=9)
