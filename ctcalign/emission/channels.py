"""The emission of an audio file, from one channel or from all of them merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctcalign.audio import open_audio, probe
from ctcalign.audio.tracks import tracks_note
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.emission.options import EmissionOptions
from ctcalign.emission.progress import Progress, ignored
from ctcalign.models.devices import device_of
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import AlignedCue
    from ctcalign.audio.inputs import AudioInput


@dataclass
class RecordingEmission:
    """The emission of a recording, with the warnings of its reader.

    Attributes:
        emission: of one channel, or of all of them merged.
        warnings: of the model and the reader.
        tracks: which of several audio tracks was read; None if there is one.
        loudest: with several channels, the loudest one in each frame of the energy track; else None.
    """

    emission: Emission
    warnings: list[str] = field(default_factory=list)
    tracks: str | None = None
    loudest: npt.NDArray[np.int64] | None = None

    def assign_channels(self, cues: Sequence[AlignedCue]) -> None:
        """Give each placed cue without a channel the one that was loudest most of the time while it was spoken."""
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
def open_emission(
    audio: AudioInput,
    model: AcousticModel,
    options: EmissionOptions | None = None,
    device: str = "auto",
    progress: Progress = ignored,
) -> Iterator[RecordingEmission]:
    """Compute the emission of a recording; its temporary files are removed at the end of the context.

    With `channel="all"` the model runs on every channel by itself, and each frame of the result is the frame of the
    channel with the lowest blank probability; a channel that is far softer than another one at that time is ignored.
    Two people who speak at the same time in two channels are not separated.

    Args:
        audio: path of a recording or video; "-" is standard input. Other kinds: see `ctcalign.align`; arrays as
            `ctcalign.audio.sources.waveform.Waveform`.
        model: the recogniser.
        options: channel, window and memory limit.
        device: of a model of torch; "auto", "cpu", "cuda", "cuda:1", "mps". Others run where they were loaded.
        progress: see `Progress`.
    """
    options = options or EmissionOptions()
    channels: Sequence[str | int] = [options.channel]
    if options.channel == "all":
        channels = range(probe(audio, track=options.track).channels)
    with ExitStack() as stack:
        warnings: list[str] = list(getattr(model, "warnings", ()))
        emissions: list[Emission] = []
        for channel in channels:
            reader = stack.enter_context(
                open_audio(audio, model.sample_rate, channel, track=options.track, max_duration=options.max_duration)
            )
            emission = compute_emission(
                model,
                reader,
                window=options.window,
                device=device_of(model, device),
                max_memory=options.max_memory,
                progress=progress,
            )
            emissions.append(stack.enter_context(emission))
            warnings.extend(text for text in reader.warnings if text not in warnings)
        merged = RecordingEmission(emissions[0], warnings) if len(emissions) == 1 else _merge(emissions, warnings)
        merged.tracks = tracks_note(reader.info)
        yield merged


# A channel is ignored while its power over half a second is this much below that of another one (20 dB), or this much
# below the usual level of the loudest one (45 dB): it then contains crosstalk or hiss, in which a model finds symbols.
FAR_SOFTER = 4.6  # nats
SILENT = 10.4
SMOOTHED = 0.25  # seconds on either side


def _merge(emissions: list[Emission], warnings: list[str]) -> RecordingEmission:
    """Replace the first channel's emission, a block at a time, by the frames of the channel with the least blank."""
    first, blank = emissions[0], emissions[0].vocabulary.blank
    frames = min(len(e.log_probs) for e in emissions)
    count = min(len(e.energy) for e in emissions)
    energy = np.stack([e.energy[:count] for e in emissions])
    audible = _audible(energy, first.energy_shift)
    for start in range(0, frames, 50_000):
        rows = np.stack([np.asarray(e.log_probs[start : min(frames, start + 50_000)]) for e in emissions])
        times = first.offset + (start + np.arange(rows.shape[1]) + 0.5) * first.frame_shift
        at = np.clip((times / first.energy_shift).astype(np.int64), 0, max(0, count - 1))
        silence = rows[:, :, blank].astype(np.float32)
        if count:
            silence[~audible[:, at]] = np.inf
        best = np.where(np.isinf(silence).all(0), rows[:, :, blank].argmax(0), silence.argmin(0))
        first.log_probs[start : start + rows.shape[1]] = rows[best, np.arange(rows.shape[1])]
    first.energy = energy.max(0)
    return RecordingEmission(first, warnings, loudest=energy.argmax(0))


def _audible(energy: npt.NDArray[np.float32], shift: float) -> npt.NDArray[np.bool_]:
    """Whether each channel is taken into account, from log powers; both (channels, N). In silence none is."""
    reach = max(1, round(SMOOTHED / shift))
    power = np.exp(energy.astype(np.float64))
    sums = np.pad(power.cumsum(1), ((0, 0), (1, 0)))
    size = power.shape[1]
    low, high = np.clip(np.arange(size) - reach, 0, size), np.clip(np.arange(size) + reach + 1, 0, size)
    level = np.log(np.maximum((sums[:, high] - sums[:, low]) / np.maximum(high - low, 1), 1e-12))
    loudest = level.max(0, keepdims=True)
    usual = np.percentile(loudest, 90) if size else 0.0
    return np.asarray((level >= loudest - FAR_SOFTER) & (level >= usual - SILENT))
