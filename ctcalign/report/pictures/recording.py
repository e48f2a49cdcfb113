"""What a picture of a recording shows: samples, mel spectrogram and emission of an excerpt, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctcalign.audio import open_audio
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel
    from ctcalign.text.vocabulary import Vocabulary

CONTEXT = 3.0  # seconds of audio on both sides of the excerpt that the model also gets, so that its edges are right
MELS = 64
MEL_HOP = 0.01  # seconds
MEL_WINDOW = 0.032  # seconds
MEL_BLOCK = 30.0  # seconds of samples that are transformed at once
_LATEST = 1e9  # seconds; no recording has them
_TOLERANCE = 0.1  # seconds by which a part may go on after the end without a word
QUIETEST = 1e-6  # mel power that counts as silence: below the noise floor of 16-bit recordings


@dataclass(frozen=True)
class Excerpt:
    """Mono samples of a part of a recording, which begins at `start` seconds. Shape (N,).

    `duration`: of the whole recording in seconds, None if it is not known.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    start: float
    duration: float | None = None

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / self.sample_rate


@dataclass(frozen=True)
class MelSpectrogram:
    """Mel spectrogram in dB below its maximum, shape (bands, T), in columns of `step` seconds from `start` on.

    The bands are equally wide in mel (Slaney's scale) between 0 Hz and `highest`.
    """

    decibels: NDArray[np.float32]
    step: float
    start: float
    highest: float


@dataclass(frozen=True)
class EmissionImage:
    """Probabilities of a model's symbols, shape (T, C), in frames of `frame_shift` seconds from `start` on."""

    probabilities: NDArray[np.float32]
    symbols: tuple[str, ...]
    frame_shift: float
    start: float


def read_excerpt(
    path: str | Path,
    start: float,
    end: float | None,
    sample_rate: int,
    channel: str | int,
    track: str | int | None = None,
    max_duration: float | None = None,
) -> tuple[Excerpt, list[str]]:
    """The samples between `start` and `end` seconds (None: the end of the recording), and the reader's warnings.

    Raises:
        AudioError: the recording cannot be read.   UsageError: `start` or `end` is outside of it.
    """
    if not 0 <= start < _LATEST or (end is not None and not start < end < math.inf):
        raise UsageError(f"no audio between {start} and {end} s; expected 0 <= --start < --end, in seconds")
    if channel == "all":
        raise UsageError("channel: all channels do not fit into one picture; expected mix or the number of one")
    with open_audio(path, sample_rate, channel, track=track, max_duration=max_duration) as reader:
        first = round(start * sample_rate)
        samples = _cut(reader.blocks(), first, None if end is None else round(min(end, _LATEST) * sample_rate))
        warnings, duration = list(reader.warnings), reader.duration or reader.info.duration
    if not len(samples) and end is not None and (end - start) * sample_rate < 1:
        raise UsageError(f"no audio between {start} and {end} s: less than a sample; expected a longer part")
    if not len(samples):
        raise UsageError(f"--start is {start} s, but the recording is not longer than that")
    if end is not None and duration is not None and end > duration + _TOLERANCE:
        warnings.append(f"{path}: the recording ends at {duration:.2f} s, before --end {end:g}")
    return Excerpt(samples, sample_rate, start, duration), warnings


def _cut(blocks: Iterable[NDArray[np.float32]], first: int, last: int | None) -> NDArray[np.float32]:
    at, kept = 0, [np.zeros(0, np.float32)]
    for block in blocks:
        kept.append(block[0, max(0, first - at) : None if last is None else max(0, last - at)])
        at += block.shape[1]
        if last is not None and at >= last:
            break
    return np.concatenate(kept)


def mel_spectrogram(excerpt: Excerpt, resolution: float = MEL_HOP) -> MelSpectrogram:
    """The mel spectrogram of an excerpt, in blocks of 30 s.

    Args:
        resolution: seconds of a column; those longer than 10 ms are the mean power of their frames of 10 ms.
    """
    import librosa

    rate, samples = excerpt.sample_rate, excerpt.samples
    hop, window = max(1, round(MEL_HOP * rate)), max(2, round(MEL_WINDOW * rate))
    every = max(1, round(resolution / MEL_HOP))
    frames = math.ceil(len(samples) / hop / every) * every
    block = max(1, round(MEL_BLOCK / MEL_HOP / every)) * every
    parts = []
    for first in range(0, frames, block):
        stop = min(first + block, frames)
        # Frame t is centred at (t + 0.5) * hop.
        begin = first * hop + hop // 2 - window // 2
        end = begin + (stop - first - 1) * hop + window
        piece = np.pad(samples[max(begin, 0) : max(end, 0)], (max(-begin, 0), max(end - len(samples), 0)))
        power = librosa.feature.melspectrogram(
            y=piece, sr=rate, n_fft=window, hop_length=hop, n_mels=MELS, center=False
        )
        parts.append(power.reshape(MELS, -1, every).mean(-1))
    power = np.concatenate(parts, axis=1)
    decibels = librosa.power_to_db(power, ref=max(float(power.max()), QUIETEST), amin=1e-10, top_db=None)
    return MelSpectrogram(decibels.astype(np.float32), every * hop / rate, excerpt.start, rate / 2)


def emission_image(
    model: AcousticModel,
    path: str | Path,
    excerpt: Excerpt,
    channel: str | int,
    track: str | int | None = None,
    max_duration: float | None = None,
) -> EmissionImage:
    """The model's output for an excerpt."""
    from ctcalign.emission.emission import compute_emission
    from ctcalign.models.devices import device_of

    begin = max(0.0, excerpt.start - CONTEXT)
    longer, _ = read_excerpt(path, begin, excerpt.end + CONTEXT, model.sample_rate, channel, track, max_duration)
    with compute_emission(model, longer.samples, device=device_of(model, "auto")) as emission:
        shift = emission.frame_shift
        start = begin + emission.offset
        frames = slice(max(0, round((excerpt.start - start) / shift)), max(0, round((excerpt.end - start) / shift)))
        probabilities = np.exp(np.asarray(emission.log_probs[frames], np.float32))
    return EmissionImage(probabilities, _labels(model.vocabulary), shift, start + frames.start * shift)


def _labels(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The symbols, with short signs for blank and the space between words."""
    labels = list(vocabulary.symbols)
    labels[vocabulary.blank] = "∅"
    if vocabulary.separator is not None:
        labels[vocabulary.separator] = "␣"
    return tuple(labels)
