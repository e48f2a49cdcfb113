"""What the aligner needs from a model."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from ctcalign.text.vocabulary import Vocabulary


@runtime_checkable
class AcousticModel(Protocol):
    """A CTC recogniser: waveforms in, log-probabilities of its symbols out.

    Attributes:
        name: what `load_model` was called with.
        vocabulary: the symbols of the columns.
        frame_shift: seconds between two output frames.
        sample_rate: samples a second that the model expects.
        context: seconds on either side of a frame that its output depends on; None when there is no bound.
        spike_delay: seconds by which the model's spikes lag the sounds, taken off by the aligner.
        language: code of the language it was trained on, None for several.
        licence: SPDX name or short text.

    A model that does not pad its input may also have `frame_offset`: seconds at which its first frame begins; without
    it that is 0.
    """

    name: str
    vocabulary: Vocabulary
    frame_shift: float
    sample_rate: int
    context: float | None
    spike_delay: float
    language: str | None
    licence: str

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) natural log-probabilities and (B,) frames."""
        ...
