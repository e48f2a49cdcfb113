"""From a file to its emission, for one channel or for all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctcalign.audio import open_audio, probe
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.models.device import pick_device
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import AlignedCue
    from ctcalign.emission.progress import Progress


@dataclass
class Heard:
    """What a model heard. With several channels `loudest` tells for each 10 ms which one was loudest."""

    emission: Emission
    warnings: list[str] = field(default_factory=list)
    loudest: npt.NDArray[np.int64] | None = None

    def assign_channels(self, cues: Sequence[AlignedCue]) -> None:
        """Give each placed cue that has no channel the one that was loudest while it was said."""
        if self.loudest is None:
            return
        for cue in cues:
            span = cue.span
            if cue.channel is None and span is not None:
                shift = self.emission.energy_shift
                part = self.loudest[int(span.start / shift) : max(int(span.end / shift), int(span.start / shift) + 1)]
                if len(part):
                    cue.channel = int(np.bincount(part).argmax())


@contextmanager
def listen(
    audio: str | Path,
    model: AcousticModel,
    device: str,
    channel: str | int,
    window: float | None,
    max_memory: int | None,
    progress: Progress,
) -> Iterator[Heard]:
    """Compute the emission of a recording; its temporary files are gone when the context ends.

    With `channel="all"` every channel is heard by itself, and each frame of the result is the frame of the channel in
    which the model is surest that something is said; a channel that is far softer than another one just then has no
    say. Two people who speak at once in two channels are not told apart.
    """
    channels: Sequence[str | int] = [channel]
    if channel == "all":
        channels = range(probe(audio).channels)
    with ExitStack() as stack:
        warnings: list[str] = []
        emissions: list[Emission] = []
        for one in channels:
            reader = stack.enter_context(open_audio(audio, model.sample_rate, one))
            emission = compute_emission(
                model,
                reader,
                window=window,
                device=pick_device(device),
                max_memory=max_memory,
                progress=lambda done, total: progress("listening", done, total),
            )
            emissions.append(stack.enter_context(emission))
            warnings.extend(text for text in reader.warnings if text not in warnings)
        if len(emissions) == 1:
            yield Heard(emissions[0], warnings)
        else:
            yield _merge(emissions, warnings)


# A channel is not asked while it is this much softer than another, over half a second (20 dB), nor while it is that
# much softer than the usual loudest (45 dB): crosstalk and hiss, in which a model hears faint symbols.
FAR_SOFTER = 4.6  # nats
SILENT = 10.4
SMOOTHED = 0.25  # seconds on either side


def _merge(emissions: list[Emission], warnings: list[str]) -> Heard:
    """Overwrite the first channel's emission with the best channel's frames, a block at a time."""
    first, blank = emissions[0], emissions[0].vocabulary.blank
    frames = min(len(e.log_probs) for e in emissions)
    count = min(len(e.energy) for e in emissions)
    energy = np.stack([e.energy[:count] for e in emissions])
    heard = _heard(energy, first.energy_shift)
    for start in range(0, frames, 50_000):
        rows = np.stack([np.asarray(e.log_probs[start : min(frames, start + 50_000)]) for e in emissions])
        times = first.offset + (start + np.arange(rows.shape[1]) + 0.5) * first.frame_shift
        at = np.clip((times / first.energy_shift).astype(np.int64), 0, max(0, count - 1))
        silence = rows[:, :, blank].astype(np.float32)
        if count:
            silence[~heard[:, at]] = np.inf
        best = np.where(np.isinf(silence).all(0), rows[:, :, blank].argmax(0), silence.argmin(0))
        first.log_probs[start : start + rows.shape[1]] = rows[best, np.arange(rows.shape[1])]
    first.energy = energy.max(0)
    return Heard(first, warnings, energy.argmax(0))


def _heard(energy: npt.NDArray[np.float32], shift: float) -> npt.NDArray[np.bool_]:
    """Whether each channel has a say at each time, from log powers; both (channels, N). In silence none has."""
    reach = max(1, round(SMOOTHED / shift))
    power = np.exp(energy.astype(np.float64))
    sums = np.pad(power.cumsum(1), ((0, 0), (1, 0)))
    size = power.shape[1]
    low, high = np.clip(np.arange(size) - reach, 0, size), np.clip(np.arange(size) + reach + 1, 0, size)
    level = np.log(np.maximum((sums[:, high] - sums[:, low]) / np.maximum(high - low, 1), 1e-12))
    loudest = level.max(0, keepdims=True)
    usual = np.percentile(loudest, 90) if size else 0.0
    return np.asarray((level >= loudest - FAR_SOFTER) & (level >= usual - SILENT))
