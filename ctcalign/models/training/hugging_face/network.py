"""A transformers CTC model as a network of a training."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.models.hugging_face.geometry import frames_of
from ctcalign.models.inference import LEAST_SECONDS
from ctcalign.models.training.hugging_face.inputs import ExtractedInputs


class HuggingFaceNetwork(nn.Module):
    """Log-probabilities of a transformers model, with padding and attention mask as its feature extractor gives them.

    Frames beyond the lengths do not change the valid ones, except in models without an attention mask (those of
    wav2vec 2.0 with group normalisation), which are not exact with padding in transformers either.

    Args:
        model: of a class of AutoModelForCTC.
        inputs: makes its inputs.
        frame_samples: samples between output frames.
    """

    def __init__(self, model: Any, inputs: ExtractedInputs, frame_samples: int) -> None:
        super().__init__()
        self.model: Any = model
        self._key, self._mask, self._mask_type = inputs.key, inputs.mask, inputs.mask_type
        self._padding, self._trailing = inputs.padding, inputs.trailing
        # Shorter batches are padded: transformers refuses fewer frames than a mask of SpecAugment is long.
        masked = (int(getattr(model.config, "mask_time_length", 0) or 0) + 2) * frame_samples
        least = max(masked, round(LEAST_SECONDS * inputs.sample_rate))
        self._least = math.ceil(least / inputs.frame_samples)

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) or (B, T, F), and (B,) -> (B, T', C) log-probabilities in float32, and (B,) frames."""
        missing = max(self._trailing, self._least - inputs.shape[1])
        if missing > 0:
            inputs = nn.functional.pad(inputs, [0, 0] * (inputs.ndim - 2) + [0, missing], value=self._padding)
        given: dict[str, Tensor] = {self._key: inputs}
        if self._mask is not None:
            inside = torch.arange(inputs.shape[1], device=inputs.device)[None] < lengths[:, None]
            given[self._mask] = inside.to(self._mask_type)
        logits = self.model(**given).logits
        log_probs = (logits.float() + self._unused()).log_softmax(-1)
        return log_probs, frames_of(self.model, lengths).clamp(min=0, max=log_probs.shape[1])

    def _unused(self) -> Tensor | float:
        """Zero times every parameter: layers that were dropped take part in the exchange of gradients."""
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        if not self.training or not distributed or torch.distributed.get_world_size() == 1:
            return 0.0
        if getattr(self, "_is_fsdp_managed_module", False):  # no layer is dropped, and parameters are in parts
            return 0.0
        return 0.0 * sum(one.flatten()[:1].float().sum() for one in self.parameters() if one.requires_grad)
