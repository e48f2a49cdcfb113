"""Draw a stretch of a recording: waveform, emission, words and captions, in rows that can be read."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
from ctcalign.report.pictures.figure import BLUE, GREY, INK, ORANGE, RED

MOST_ROWS = 30
MOST_SYMBOLS = 40
WIDTH = 15.0  # inches
LETTER = 0.56  # width of a letter of 1 point, in points
# Where one of these is installed, scripts that DejaVu lacks are drawn too.
FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Arial Unicode MS")


@dataclass(frozen=True)
class Stretch:
    """Mono samples of a part of a recording, which begins at `start` seconds. Shape (N,)."""

    samples: NDArray[np.float32]
    sample_rate: int
    start: float

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / self.sample_rate


@dataclass(frozen=True)
class Heat:
    """Probabilities of a model's symbols, shape (T, C), in frames of `frame_shift` seconds from `start` on."""

    probabilities: NDArray[np.float32]
    symbols: tuple[str, ...]
    frame_shift: float
    start: float


def plot_alignment(
    alignment: Alignment, stretch: Stretch, heat: Heat | None = None, row_seconds: float = 12.0
) -> Figure:
    """The stretch in rows of `row_seconds`, each with its waveform, emission (when given), words and captions.

    Raises:
        UsageError: the stretch would take more than 30 rows, or `row_seconds` is not positive.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if not row_seconds > 0:
        raise UsageError(f"row is {row_seconds} s, expected more than 0")
    count = max(1, math.ceil((stretch.end - stretch.start) / row_seconds - 1e-6))
    if count > MOST_ROWS:
        length = stretch.end - stretch.start
        raise UsageError(
            f"{length:.0f} s in rows of {row_seconds:g} s are {count} rows, more than {MOST_ROWS}; "
            "choose a stretch with --start and --end or longer rows with --row"
        )
    shown = _choose_symbols(heat) if heat is not None else []
    heights = [0.8, *([0.09 * len(shown) + 0.1] if shown else []), 0.8]  # inches
    row_height, title, margin = sum(heights) + 0.3, 0.35, 0.25
    height = title + count * row_height
    with rc_context({"font.family": _fonts(), "font.size": 8, "axes.linewidth": 0.5}):
        figure = Figure(figsize=(WIDTH, height))
        figure.text(margin / WIDTH, 1 - 0.22 / height, _title(alignment, stretch), fontsize=10, color=INK)
        peak = float(np.abs(stretch.samples).max(initial=0.0)) or 1.0
        for i in range(count):
            left = stretch.start + i * row_seconds
            top = height - title - i * row_height
            axes = []
            for tall in heights:
                top -= tall
                place = (margin / WIDTH, top / height, 1 - 2 * margin / WIDTH, tall / height)
                axes.append(figure.add_axes(place, xlim=(left, left + row_seconds)))
            _draw_wave(axes[0], alignment, stretch, left, left + row_seconds, peak)
            if heat is not None and shown:
                _draw_heat(axes[1], heat, shown, alignment, left, left + row_seconds)
            _draw_text(axes[-1], alignment, left, left + row_seconds)
        return figure


def _title(alignment: Alignment, stretch: Stretch) -> str:
    unplaced = sum(cue.status == "failed" or cue.start is None for cue in alignment.cues)
    parts = [os.path.basename(alignment.audio) or "recording", f"{stretch.start:.1f} to {stretch.end:.1f} s"]
    if alignment.model:
        parts.append(f"aligned with {alignment.model}")
    if unplaced:
        parts.append(f"{unplaced} of {len(alignment.cues)} captions not placed")
    return "   ·   ".join(parts)


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return [name for name in FONTS if name in installed] or ["sans-serif"]


def _draw_wave(ax: Axes, alignment: Alignment, stretch: Stretch, left: float, right: float, peak: float) -> None:
    """The lowest and highest sample of each of 1500 columns: a long stretch costs no more than a short one."""
    for start, end in alignment.unwritten:
        if end > left and start < right:
            ax.axvspan(start, end, facecolor="none", edgecolor=ORANGE, hatch="////", linewidth=0)
    first = max(0, round((left - stretch.start) * stretch.sample_rate))
    samples = stretch.samples[first : round((right - stretch.start) * stretch.sample_rate)]
    columns = max(1, min(1500, len(samples)))
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(np.int64)
    if len(samples):
        times = stretch.start + (first + edges) / stretch.sample_rate
        low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
        ax.fill_between(times, low, high, color=INK, linewidth=0.3, step="post")
    ax.set_ylim(-1.05 * peak, 1.05 * peak)
    _bare(ax)
    ax.spines["bottom"].set_visible(False)


def _choose_symbols(heat: Heat) -> list[int]:
    """The columns to show: all of a small vocabulary, of a large one those that the model is most sure of somewhere."""
    if len(heat.symbols) <= MOST_SYMBOLS:
        return list(range(len(heat.symbols)))
    best = heat.probabilities.max(axis=0, initial=0.0)
    return sorted(np.argsort(-best, kind="stable")[:MOST_SYMBOLS].tolist())


def _draw_heat(ax: Axes, heat: Heat, shown: list[int], alignment: Alignment, left: float, right: float) -> None:
    frames = len(heat.probabilities)
    extent = (heat.start, heat.start + frames * heat.frame_shift, len(shown) - 0.5, -0.5)
    # The square root lifts what is unlikely but there.
    image = np.sqrt(heat.probabilities[:, shown].T.astype(np.float32))
    ax.imshow(
        image, aspect="auto", extent=extent, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", rasterized=True
    )
    place = {heat.symbols[column].lower(): i for i, column in enumerate(shown)}
    for word in (word for cue in alignment.cues for word in cue.words if _inside(word, left, right)):
        for token in word.tokens:
            y = place.get(token.text.lower())
            if y is not None:
                ax.plot([token.start, token.end], [y, y], color=RED, linewidth=1.6, solid_capstyle="butt")
    ax.set_yticks(range(len(shown)), [heat.symbols[column] for column in shown], fontsize=5)
    ax.tick_params(length=0, pad=1, labelbottom=False)
    ax.set_xlim(left, right)


def _draw_text(ax: Axes, alignment: Alignment, left: float, right: float) -> None:
    """Words above, captions below; the colour is the confidence, or the status where there is none."""
    ax.set_ylim(0, 2.6)
    number = 0
    for cue in alignment.cues:
        if _inside(cue, left, right):
            _box(ax, cue, 0.06, 0.78, left, right)
            _caption(ax, cue, 0.45, left, right)
        for word in cue.words:
            if _inside(word, left, right):
                _box(ax, word, 0.92, 0.3, left, right)
                # Two heights in turn: short words lie closer than their letters are wide.
                _say(ax, word, 1.52 if number % 2 else 2.12, left, right)
                number += 1
    _bare(ax)
    ax.tick_params(bottom=True, labelbottom=True, length=2)
    ax.xaxis.set_major_formatter(lambda x, _: f"{int(x // 60)}:{x % 60:04.1f}")


def _inside(item: AlignedCue | AlignedWord, left: float, right: float) -> bool:
    span = item.span
    return span is not None and span.end > left and span.start < right


def _tint(item: AlignedCue | AlignedWord) -> Any:
    from matplotlib.colors import to_rgba

    if item.status == "not_spoken":
        return to_rgba(GREY, 0.6)
    if item.status == "failed":
        return to_rgba(RED, 0.5)
    if item.confidence is None:
        return to_rgba(BLUE, 0.35)
    # From orange (0) to blue (1): also told apart by those who do not see red and green.
    low, high = np.array(to_rgba(ORANGE, 0.6)), np.array(to_rgba(BLUE, 0.35))
    return tuple(low + (high - low) * min(max(item.confidence, 0.0), 1.0))


def _box(ax: Axes, item: AlignedCue | AlignedWord, bottom: float, height: float, left: float, right: float) -> None:
    from matplotlib.patches import Rectangle

    start, end = _times(item, left, right)
    shape = Rectangle((start, bottom), end - start, height, facecolor=_tint(item), edgecolor="white", linewidth=0.8)
    ax.add_patch(shape)


def _say(ax: Axes, word: AlignedWord, height: float, left: float, right: float) -> None:
    start, end = _times(word, left, right)
    ax.text((start + end) / 2, height, word.text, ha="center", va="center", fontsize=7.5, color=INK, parse_math=False)


def _caption(ax: Axes, cue: AlignedCue, height: float, left: float, right: float) -> None:
    """As much of the text as fits, in letters of 5 to 7.5 points."""
    start, end = _times(cue, left, right)
    text = " ".join(cue.text.split())
    room = (end - start) / (right - left) * WIDTH * 72 * 0.94  # points
    fitting = room / (LETTER * max(1, len(text)))
    if fitting < 5:
        letters = int(room / (LETTER * 5)) - 1
        if letters < 3:
            return
        text, fitting = text[:letters] + "…", 5.0
    size = min(7.5, fitting)
    ax.text((start + end) / 2, height, text, ha="center", va="center", fontsize=size, color=INK, parse_math=False)


def _times(item: AlignedCue | AlignedWord, left: float, right: float) -> tuple[float, float]:
    """The part of an item's time that lies in the row; only for items that `_inside` lets through."""
    return max(item.start or 0.0, left), min(item.end or 0.0, right)


def _bare(ax: Axes) -> None:
    ax.set_yticks([])
    ax.tick_params(bottom=False, labelbottom=False)
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
