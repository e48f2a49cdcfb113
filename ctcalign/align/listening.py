"""From a file to its emission, for one channel or for all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctcalign.align.emission import Emission, compute_emission
from ctcalign.audio import open_audio, probe
from ctcalign.models.device import pick_device
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.align.alignment import AlignedCue
    from ctcalign.align.recording import Progress


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
            if cue.channel is None and cue.start is not None and cue.end is not None:
                shift = self.emission.energy_shift
                part = self.loudest[int(cue.start / shift) : max(int(cue.end / shift), int(cue.start / shift) + 1)]
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
    which the model is surest that something is said. Two people who speak at once in two channels are not told apart.
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


def _merge(emissions: list[Emission], warnings: list[str]) -> Heard:
    """Overwrite the first channel's emission with the best channel's frames, a block at a time."""
    first, blank = emissions[0], emissions[0].vocabulary.blank
    frames = min(len(e.log_probs) for e in emissions)
    for start in range(0, frames, 50_000):
        rows = np.stack([np.asarray(e.log_probs[start : min(frames, start + 50_000)]) for e in emissions])
        best = rows[:, :, blank].argmin(0)
        first.log_probs[start : start + rows.shape[1]] = rows[best, np.arange(rows.shape[1])]
    count = min(len(e.energy) for e in emissions)
    energy = np.stack([e.energy[:count] for e in emissions])
    first.energy = energy.max(0)
    return Heard(first, warnings, energy.argmax(0))
