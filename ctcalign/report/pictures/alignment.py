"""Draw part of a recording: waveform, mel spectrogram, emission, words and captions, in rows."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import UsageError
from ctcalign.extras import is_installed
from ctcalign.formats import read_alignment
from ctcalign.report.misfits import misfits
from ctcalign.report.pictures.figure import BLUE, GREY, INK, ORANGE, RED, check_picture, write_picture
from ctcalign.report.pictures.recording import (
    EmissionImage,
    Excerpt,
    MelSpectrogram,
    emission_image,
    mel_spectrogram,
    read_excerpt,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ctcalign.models.protocol import AcousticModel

MOST_ROWS = 30
MOST_COLUMNS = 1500  # of the waveform and the spectrogram in a row: about the pixels of 15 inches
MOST_SYMBOLS = 40
DYNAMIC_RANGE = 70.0  # dB of the mel spectrogram between black and white
MARKS = (1000, 2000, 4000, 8000)  # Hz
WIDTH = 15.0  # inches
LETTER = 0.56  # width of a letter of 1 point, in points
# Those that are installed are used, for scripts that DejaVu lacks.
FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Arial Unicode MS")


def draw_alignment(
    audio: str | Path,
    alignment: str | Path | Alignment,
    output: Path,
    *,
    start: float = 0.0,
    end: float | None = None,
    row_seconds: float = 12.0,
    model: AcousticModel | None = None,
    channel: str | int = "mix",
    track: str | int | None = None,
    max_duration: float | None = None,
    overwrite: bool = False,
) -> list[str]:
    """Write a picture of part of `audio` with its alignment and, with a model, the model's output.

    Args:
        audio: the recording.
        alignment: an `Alignment`, a JSON alignment, or any caption file with times.
        output: .png, .svg or .pdf.
        start, end: seconds; None is the end of the recording.
        row_seconds: seconds in a row of the picture, > 0.
        channel, track, max_duration: see `ctcalign.open_audio`.
        overwrite: replace `output` if it exists.
    Returns:
        Warnings for the user.
    Raises:
        UsageError, AudioError, CaptionError, OutputError: from reading the inputs and writing the picture.
    """
    name = check_picture(output, overwrite)
    if not isinstance(alignment, Alignment):
        alignment = read_alignment(alignment, likely=Path(audio).stem)
    figure, warnings = alignment_figure(
        audio,
        alignment,
        start=start,
        end=end,
        row_seconds=row_seconds,
        model=model,
        channel=channel,
        track=track,
        max_duration=max_duration,
    )
    write_picture(figure, output, name)
    return warnings


def alignment_figure(
    audio: str | Path,
    alignment: Alignment,
    *,
    start: float = 0.0,
    end: float | None = None,
    row_seconds: float = 12.0,
    model: AcousticModel | None = None,
    channel: str | int = "mix",
    track: str | int | None = None,
    max_duration: float | None = None,
) -> tuple[Figure, list[str]]:
    """The picture of `draw_alignment`, and warnings for the user.

    Raises:
        UsageError, AudioError: from reading the recording.
    """
    rate = model.sample_rate if model else 16_000
    excerpt, warnings = read_excerpt(audio, start, end, rate, channel, track, max_duration)
    if any(cue.span is not None for cue in alignment.cues):
        warnings += misfits(alignment, excerpt.duration)
    else:
        warnings.append(f"none of the {len(alignment.cues)} captions has a time; align them first")
    image = emission_image(model, audio, excerpt, channel, track, max_duration) if model is not None else None
    if not is_installed("librosa"):
        warnings.append("no spectrogram, since librosa is not installed; pip install 'ctcalign[plot]'")
    return plot_alignment(alignment, excerpt, image, row_seconds), warnings


def plot_alignment(
    alignment: Alignment, excerpt: Excerpt, image: EmissionImage | None = None, row_seconds: float = 12.0
) -> Figure:
    """The excerpt in rows of `row_seconds`: waveform, mel spectrogram, emission (if given), words and captions.

    Without librosa there is no spectrogram.

    Raises:
        UsageError: the excerpt would take more than 30 rows, or `row_seconds` is not positive.
    """
    from matplotlib import rc_context

    from ctcalign.report.pictures.shown import ShownFigure

    if not 1e-6 < row_seconds < 1e6:
        raise UsageError(f"row is {row_seconds} s, expected more than 0 and less than 1,000,000")
    count = max(1, math.ceil((excerpt.end - excerpt.start) / row_seconds - 1e-6))
    if count > MOST_ROWS:
        length = excerpt.end - excerpt.start
        raise UsageError(
            f"{length:.0f} s in rows of {row_seconds:g} s are {count} rows, more than {MOST_ROWS}; "
            "draw a part with --start and --end, or longer rows with --row"
        )
    mel = mel_spectrogram(excerpt, row_seconds / MOST_COLUMNS) if is_installed("librosa") else None
    shown = _choose_symbols(image) if image is not None else []
    heights = [0.5, *([0.7] if mel else []), *([0.09 * len(shown) + 0.1] if shown else []), 0.8]  # inches
    row_height, title, margin = sum(heights) + 0.3, 0.35, 0.25
    height = title + count * row_height
    with rc_context({"font.family": _fonts(), "font.size": 8, "axes.linewidth": 0.5}):
        figure = ShownFigure(figsize=(WIDTH, height))
        figure.text(margin / WIDTH, 1 - 0.22 / height, _title(alignment, excerpt), fontsize=10, color=INK)
        peak = float(np.abs(excerpt.samples).max(initial=0.0)) or 1.0
        for i in range(count):
            left = excerpt.start + i * row_seconds
            right = left + row_seconds
            top = height - title - i * row_height
            axes = []
            for tall in heights:
                top -= tall
                place = (margin / WIDTH, top / height, 1 - 2 * margin / WIDTH, tall / height)
                axes.append(figure.add_axes(place, xlim=(left, right)))
            _draw_wave(axes[0], alignment, excerpt, left, right, peak)
            if mel is not None:
                _draw_mel(axes[1], mel, left, right)
            if image is not None and shown:
                _draw_emission(axes[-2], image, shown, alignment, left, right, min(right, excerpt.end))
            _draw_text(axes[-1], alignment, left, right, min(right, excerpt.end))
        return figure


def _title(alignment: Alignment, excerpt: Excerpt) -> str:
    unplaced = sum(cue.status == "failed" or cue.start is None for cue in alignment.cues)
    parts = [os.path.basename(alignment.audio) or "recording", f"{excerpt.start:.1f} to {excerpt.end:.1f} s"]
    if alignment.model:
        parts.append(f"aligned with {alignment.model}")
    if unplaced:
        parts.append(f"{unplaced} of {len(alignment.cues)} captions not placed")
    return "   ·   ".join(parts)


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return [name for name in FONTS if name in installed] or ["sans-serif"]


def _draw_wave(ax: Axes, alignment: Alignment, excerpt: Excerpt, left: float, right: float, peak: float) -> None:
    """The lowest and highest sample of each column: a long row costs no more than a short one."""
    for start, end in alignment.unwritten:
        if end > left and start < min(right, excerpt.end):
            ax.axvspan(start, min(end, excerpt.end), facecolor="none", edgecolor=ORANGE, hatch="////", linewidth=0)
    first = max(0, round((left - excerpt.start) * excerpt.sample_rate))
    samples = excerpt.samples[first : round((right - excerpt.start) * excerpt.sample_rate)]
    columns = max(1, min(MOST_COLUMNS, len(samples)))
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(np.int64)
    if len(samples):
        times = excerpt.start + (first + edges) / excerpt.sample_rate
        low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
        ax.fill_between(times, low, high, color=INK, linewidth=0.3, step="post")
    ax.set_ylim(-1.05 * peak, 1.05 * peak)
    _bare(ax)
    ax.spines["bottom"].set_visible(False)


def _draw_mel(ax: Axes, mel: MelSpectrogram, left: float, right: float) -> None:
    """Decibels as grey, the frequencies of `MARKS` on the left."""
    import librosa
    import librosa.display

    first = max(0, math.floor((left - mel.start) / mel.step))
    columns = mel.decibels[:, first : math.ceil((right - mel.start) / mel.step)]
    begin = mel.start + first * mel.step
    librosa.display.specshow(
        columns,
        ax=ax,
        # Edges of the columns and bands: with their centres, specshow would move them by half a column.
        x_coords=begin + mel.step * np.arange(columns.shape[1] + 1),
        y_coords=librosa.mel_to_hz(np.linspace(0.0, librosa.hz_to_mel(mel.highest), len(columns) + 1)),
        x_axis="time",
        y_axis="mel",
        fmax=mel.highest,
        cmap="Greys",
        vmin=-DYNAMIC_RANGE,
        vmax=0,
        rasterized=True,
    )
    marks = [hertz for hertz in MARKS if hertz < mel.highest]
    ax.set(xlabel="", ylabel="")
    _label_image(ax, marks, [f"{hertz // 1000} kHz" for hertz in marks], left, right)


def _choose_symbols(image: EmissionImage) -> list[int]:
    """The symbols to show: those of the highest probability anywhere, if the vocabulary is large."""
    if len(image.symbols) <= MOST_SYMBOLS:
        return list(range(len(image.symbols)))
    best = image.probabilities.max(axis=0, initial=0.0)
    return sorted(np.argsort(-best, kind="stable")[:MOST_SYMBOLS].tolist())


def _draw_emission(
    ax: Axes,
    image: EmissionImage,
    shown: list[int],
    alignment: Alignment,
    left: float,
    right: float,
    end: float,
) -> None:
    frames = len(image.probabilities)
    extent = (image.start, image.start + frames * image.frame_shift, len(shown) - 0.5, -0.5)
    # The square root makes small probabilities visible.
    roots = np.sqrt(image.probabilities[:, shown].T.astype(np.float32))
    ax.imshow(
        roots, aspect="auto", extent=extent, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", rasterized=True
    )
    place = {image.symbols[column].lower(): i for i, column in enumerate(shown)}
    for word in (word for cue in alignment.cues for word in cue.words if _inside(word, left, end)):
        for token in word.tokens:
            y = place.get(token.text.lower())
            if y is not None:
                ax.plot([token.start, token.end], [y, y], color=RED, linewidth=1.6, solid_capstyle="butt")
    _label_image(ax, range(len(shown)), [image.symbols[column] for column in shown], left, right)


def _label_image(ax: Axes, places: Sequence[float], labels: Sequence[str], left: float, right: float) -> None:
    """Labels on the left of a spectrogram or an emission, without ticks; the row covers `left` to `right` seconds."""
    ax.set_yticks(places, labels, fontsize=5)
    ax.tick_params(which="both", length=0, pad=1, labelbottom=False)
    ax.set_xlim(left, right)


def _draw_text(ax: Axes, alignment: Alignment, left: float, right: float, end: float) -> None:
    """Words above, captions below; the colour shows the confidence, or the status if there is none.

    The row may last longer than what is drawn: nothing is shown after `end`.
    """
    ax.set_ylim(0, 2.6)
    number = 0
    for cue in alignment.cues:
        if _inside(cue, left, end):
            _box(ax, cue, 0.06, 0.78, left, end)
            _caption(ax, cue, 0.45, left, end, right - left)
        for word in cue.words:
            if _inside(word, left, end):
                _box(ax, word, 0.92, 0.3, left, end)
                # At two alternating heights: short words are wider than their time.
                _write_word(ax, word, 1.52 if number % 2 else 2.12, left, end)
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
    # From orange (0) to blue (1), which red-green colour blindness does not confuse.
    low, high = np.array(to_rgba(ORANGE, 0.6)), np.array(to_rgba(BLUE, 0.35))
    return tuple(low + (high - low) * min(max(item.confidence, 0.0), 1.0))


def _box(ax: Axes, item: AlignedCue | AlignedWord, bottom: float, height: float, left: float, right: float) -> None:
    from matplotlib.patches import Rectangle

    start, end = _times(item, left, right)
    shape = Rectangle((start, bottom), end - start, height, facecolor=_tint(item), edgecolor="white", linewidth=0.8)
    ax.add_patch(shape)


def _write_word(ax: Axes, word: AlignedWord, height: float, left: float, right: float) -> None:
    start, end = _times(word, left, right)
    ax.text((start + end) / 2, height, word.text, ha="center", va="center", fontsize=7.5, color=INK, parse_math=False)


def _caption(ax: Axes, cue: AlignedCue, height: float, left: float, right: float, row: float) -> None:
    """The text, in letters of 5 to 7.5 points, cut if it does not fit; the whole row is `row` seconds."""
    start, end = _times(cue, left, right)
    text = " ".join(cue.text.split())
    room = (end - start) / row * WIDTH * 72 * 0.94  # points
    fitting = room / (LETTER * max(1, len(text)))
    if fitting < 5:
        letters = int(room / (LETTER * 5)) - 1
        if letters < 3:
            return
        text, fitting = text[:letters] + "…", 5.0
    size = min(7.5, fitting)
    ax.text((start + end) / 2, height, text, ha="center", va="center", fontsize=size, color=INK, parse_math=False)


def _times(item: AlignedCue | AlignedWord, left: float, right: float) -> tuple[float, float]:
    """The part of an item's time within the row, for items that are `_inside` it."""
    return max(item.start or 0.0, left), min(item.end or 0.0, right)


def _bare(ax: Axes) -> None:
    ax.set_yticks([])
    ax.tick_params(bottom=False, labelbottom=False)
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
