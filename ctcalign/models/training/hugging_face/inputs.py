"""The input of a transformers model, made by its own feature extractor."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# Shorter utterances have no features: an extractor divides by the deviation over frames.
_LEAST_SECONDS = 0.05
_SILENCE_SECONDS = 0.5
_MASKS = ("attention_mask", "padding_mask")


class ExtractedInputs:
    """Waveform or features as a feature extractor makes them of a single utterance.

    A batch of them, filled up with `padding`, is what the extractor makes with `padding=True` of utterances that it
    normalised one by one, as in transformers' examples of training.

    Args:
        extractor: feature extractor of transformers.
    Attributes: see `InputMaker`, and
        key: the argument of the network.
        mask: the argument of the network that tells which frames of a batch are padding; None: it takes none.
        mask_type: its type.
        trailing: frames behind the valid ones that the extractor adds to the longest utterance of a batch.
        frame_samples: samples between the frames of the input.
    """

    def __init__(self, extractor: Any) -> None:
        self._extractor = extractor
        self.sample_rate = int(extractor.sampling_rate)
        self._least = round(_LEAST_SECONDS * self.sample_rate)
        quiet = np.zeros(round(_SILENCE_SECONDS * self.sample_rate), np.float32)
        found = self._extracted([np.concatenate([quiet, quiet]), quiet])
        self.mask = next((name for name in _MASKS if name in found), None)
        self.mask_type: torch.dtype = found[self.mask].dtype if self.mask else torch.int64
        self.key: str = next(name for name in found if name != self.mask)
        batch = found[self.key]
        self.waveform = batch.ndim == 2
        # The padding of features is measured, since extractors normalise after it.
        self.padding = float(extractor.padding_value if self.waveform else batch[1].flatten()[-1]) + 0.0  # not -0.0
        self.frame_samples = 1 if self.waveform else round(2 * len(quiet) / batch.shape[1])
        self.trailing = 0
        if self.mask and not self.waveform:
            self.trailing = int(batch.shape[1] - found[self.mask][0].sum())

    def __call__(self, samples: npt.NDArray[np.float32]) -> Tensor:
        """(N,) samples in [-1, 1] -> (N,) or (T, F); empty if the samples are too few for features."""
        if (not self.waveform and len(samples) < self._least) or not len(samples):
            return torch.zeros(0)
        found = self._extracted([samples])
        row: Tensor = found[self.key][0].float()
        return row if self.waveform or not self.mask else row[: int(found[self.mask][0].sum())]

    def silence(self) -> Tensor:
        """Half a second of silence."""
        return self(np.zeros(round(_SILENCE_SECONDS * self.sample_rate), np.float32))

    def _extracted(self, rows: list[npt.NDArray[np.float32]]) -> dict[str, Any]:
        return dict(self._extractor(rows, sampling_rate=self.sample_rate, return_tensors="pt", padding=True))

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, ExtractedInputs):
            return NotImplemented
        return bool(self._extractor.to_dict() == other._extractor.to_dict())

    def __hash__(self) -> int:
        return hash((type(self), self.sample_rate, self.key))
