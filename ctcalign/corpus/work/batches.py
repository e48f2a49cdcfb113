"""The emissions of several short recordings, computed in one batch, so that a GPU is kept busy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.reading import Prepared
from ctcalign.emission.runner import release
from ctcalign.emission.windows import plan_windows
from ctcalign.errors import CtcAlignError
from ctcalign.models.batches import Computed, emissions_of_several, ignores_padding
from ctcalign.models.devices import device_of
from ctcalign.models.inference import LEAST_SECONDS
from ctcalign.models.protocol import AcousticModel

# Seconds of audio in a batch on a GPU if the user names none: eight windows of the aligner's usual length.
ON_A_GPU = 240.0

Floats = npt.NDArray[np.float32]


class Batches:
    """Puts recordings that are decoded, and no longer than a window of the model, into batches.

    Args:
        seconds: of a batch with its padding; None: `ON_A_GPU` on a GPU and 0 on a CPU. 0: no batches.
    Attributes:
        seconds: 0 if the output of the model depends on padding.
    """

    def __init__(
        self, model: AcousticModel, device: str, settings: CorpusSettings, seconds: float | None = None
    ) -> None:
        self._model, self._device = model, device_of(model, device)
        options = settings.options
        if seconds is None:
            on_gpu = self._device != "cpu" and options.max_memory is None
            seconds = ON_A_GPU if on_gpu else 0.0
        if settings.adapt or options.channel == "all" or options.max_memory is not None:
            seconds = 0.0
        self._rate = model.sample_rate
        self._longest = 0
        if seconds:
            window = getattr(model, "window", None) if options.window is None else options.window
            self._longest = plan_windows(model.frame_shift, self._rate, model.context, window).window_samples
            seconds = seconds if ignores_padding(model, self._device) else 0.0
        self.seconds = seconds

    def fit(self, recordings: Sequence[Prepared]) -> bool:
        """Whether these recordings can be one batch."""
        if not self.seconds:
            return False
        lengths = [samples_of(one) for one in recordings]
        known = [length for length in lengths if length is not None]
        return (
            len(known) == len(lengths)
            and min(known) >= LEAST_SECONDS * self._rate
            and max(known) <= self._longest
            and max(known) * len(known) <= self.seconds * self._rate
        )

    def compute(self, recordings: Sequence[Prepared]) -> list[AcousticModel]:
        """A model for each recording, which has computed its emission; [] if that is not possible, such as for memory.

        Errors are not raised: one by one, each recording gets its own.
        """
        inputs = [np.concatenate([block[0] for block in one.reader.decoded or ()]) for one in recordings if one.reader]
        try:
            found = emissions_of_several(self._model, inputs, self._device)
        except (CtcAlignError, RuntimeError, MemoryError, ValueError):
            found = []
        if len(found) != len(recordings):
            release(self._device)
            return []
        return [Computed(self._model, self._device, *one) for one in zip(inputs, found, strict=True)]


def samples_of(recording: Prepared) -> int | None:
    """The samples of a recording that is decoded; None for others."""
    blocks = None if recording.reader is None else recording.reader.decoded
    return None if blocks is None else sum(block.shape[1] for block in blocks)
