"""From files to a picture file: read the stretch, ask the model when one is wanted, draw, write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctcalign.alignment.alignment import Alignment
from ctcalign.audio import open_audio
from ctcalign.errors import UsageError
from ctcalign.files import atomic_write
from ctcalign.formats import read_alignment
from ctcalign.report.pictures.alignment import Heat, Stretch, plot_alignment
from ctcalign.report.pictures.figure import save_figure

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel  # imports torch, which a picture without a model does not need
    from ctcalign.text.vocabulary import Vocabulary
from ctcalign.report.pictures.figure import picture_format

PADDING = 3.0  # seconds on both sides of the stretch that the model hears too, so that its edges are not guessed


def read_stretch(
    path: str | Path, start: float, end: float | None, sample_rate: int, channel: str | int
) -> tuple[Stretch, list[str]]:
    """The samples between `start` and `end` seconds (None: the end of the recording), and the reader's warnings.

    Raises:
        AudioError: the recording cannot be read.   UsageError: `start` or `end` lie outside of it.
    """
    if start < 0 or (end is not None and end <= start):
        raise UsageError(f"the stretch from {start} to {end} s is empty; --start and --end are seconds, start first")
    with open_audio(path, sample_rate, channel) as reader:
        first = round(start * sample_rate)
        samples = _cut(reader.blocks(), first, None if end is None else round(end * sample_rate))
        warnings = list(reader.warnings)
    if not len(samples):
        raise UsageError(f"--start is {start} s, but the recording is not longer than that")
    return Stretch(samples, sample_rate, start), warnings


def _cut(blocks: Iterable[NDArray[np.float32]], first: int, last: int | None) -> NDArray[np.float32]:
    at, kept = 0, [np.zeros(0, np.float32)]
    for block in blocks:
        kept.append(block[0, max(0, first - at) : None if last is None else max(0, last - at)])
        at += block.shape[1]
        if last is not None and at >= last:
            break
    return np.concatenate(kept)


def hear(model: AcousticModel, path: str | Path, stretch: Stretch, channel: str | int) -> Heat:
    """What the model makes of the stretch."""
    from ctcalign.emission.emission import compute_emission

    begin = max(0.0, stretch.start - PADDING)
    heard, _ = read_stretch(path, begin, stretch.end + PADDING, model.sample_rate, channel)
    with compute_emission(model, heard.samples) as emission:
        shift = emission.frame_shift
        start = begin + emission.offset
        frames = slice(max(0, round((stretch.start - start) / shift)), max(0, round((stretch.end - start) / shift)))
        probabilities = np.exp(np.asarray(emission.log_probs[frames], np.float32))
    return Heat(probabilities, _labels(model.vocabulary), shift, start + frames.start * shift)


def _labels(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The symbols; blank and the space between words as signs that take little room."""
    labels = list(vocabulary.symbols)
    labels[vocabulary.blank] = "∅"
    if vocabulary.separator is not None:
        labels[vocabulary.separator] = "␣"
    return tuple(labels)


def draw(
    audio: str | Path,
    alignment: str | Path | Alignment,
    output: Path,
    *,
    start: float = 0.0,
    end: float | None = None,
    row_seconds: float = 12.0,
    model: AcousticModel | None = None,
    channel: str | int = "mix",
    overwrite: bool = False,
) -> list[str]:
    """Write a picture of a stretch of `audio` with its alignment; with a model also what it heard.

    Args:
        audio: the recording.
        alignment: an `Alignment`, our JSON, or any caption file with times.
        output: .png, .svg or .pdf.
        start, end: seconds; None is the end of the recording.
        row_seconds: seconds in a row of the picture, > 0.
        overwrite: replace `output` when it is there.
    Returns:
        Warnings for the user.
    Raises:
        UsageError, AudioError, CaptionError, OutputError: as the parts that read and write.
    """
    name = picture_format(output)
    if output.exists() and not overwrite:
        raise UsageError(f"output {output} is there already; give --overwrite to replace it")
    if not isinstance(alignment, Alignment):
        alignment = read_alignment(alignment)
    stretch, warnings = read_stretch(audio, start, end, model.sample_rate if model else 16_000, channel)
    heat = hear(model, audio, stretch, channel) if model is not None else None
    figure = plot_alignment(alignment, stretch, heat, row_seconds)
    with atomic_write(output, "wb") as stream:
        save_figure(figure, stream, name)
    return warnings
