"""The protocol of acoustic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from ctcalign.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Samples: TypeAlias = NDArray[Any] | Tensor


@runtime_checkable
class AcousticModel(Protocol):
    """A CTC recogniser: maps waveforms to log-probabilities of its symbols.

    Attributes:
        name: the argument of `load_model`.
        vocabulary: the symbols of the columns.
        frame_shift: seconds between two output frames.
        sample_rate: of the input, in Hz.
        context: seconds on either side of a frame that its output depends on; None: unbounded.
        spike_delay: delay of the model's spikes in seconds, subtracted by the aligner.
        language: code of its language, None for several.
        licence: SPDX name or short text.

    A model may also have these attributes:

    - `warnings`: lines about its files that a user should see.
    - `window`: seconds of audio to give it at a time.
    - `unsure`: the uncertainty in nats above which a recording counts as poorly recognised
      (`ctcalign.aligner.uncertainty`).
    - `frame_offset`: if it does not pad its input, the start of its first frame in seconds; else 0.
    - `takes_arrays` and `device`: a model that computes without torch has `takes_arrays = True` and the name of the
      device on which it runs. For NumPy arrays it returns arrays, and the aligner gives it arrays. The others are given
      tensors on the device that the user asks for.
    """

    name: str
    vocabulary: Vocabulary
    frame_shift: float
    sample_rate: int
    context: float | None
    spike_delay: float
    language: str | None
    licence: str

    def __call__(self, waveform: Any, lengths: Any) -> tuple[Any, Any]:
        """(B, N) samples and (B,) lengths -> (B, T, C) natural log-probabilities and (B,) frames."""
        ...
