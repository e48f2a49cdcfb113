"""Frames of a transformers model: receptive field and hop, and the number of frames of an input."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ctcalign.errors import ModelError
from ctcalign.models.torchaudio_bundle import conv_geometry

_PROBE_SECONDS = 10
# Methods of networks of transformers that compute the number of frames.
_FORMULAS = ("_get_feat_extract_output_lengths", "_get_subsampling_output_length")


def geometry(network: Any, extractor: Any) -> tuple[int, int]:
    """Receptive field and hop in samples: computed for stacks of convolutions, else measured on silence."""
    config = network.config
    kernels, strides = getattr(config, "conv_kernel", None), getattr(config, "conv_stride", None)
    if kernels and strides and network.main_input_name == "input_values":
        if not getattr(config, "add_adapter", False):
            return conv_geometry(list(zip(kernels, strides, strict=True)))
    rate = int(extractor.sampling_rate)
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        short, long = (
            logits_of(network, extractor, [np.zeros(n * rate, np.float32)]).shape[1]
            for n in (_PROBE_SECONDS, 2 * _PROBE_SECONDS)
        )
    network.train(was_training)
    hop = _PROBE_SECONDS * rate / max(long - short, 1)
    unit = rate // 1000  # frames are counted whole, so the hop is accurate to a millisecond
    rounded = max(round(hop / unit), 1) * unit
    return rounded, rounded


def logits_of(network: Any, extractor: Any, rows: list[Any], device: torch.device | str = "cpu") -> Tensor:
    """Logits (B, T, C) of waveforms, with the input and mask that the feature extractor makes."""
    inputs = extractor(rows, sampling_rate=int(extractor.sampling_rate), return_tensors="pt", padding=True)
    logits: Tensor = network(**{key: value.to(device) for key, value in inputs.items()}).logits
    return logits


def frames_of(network: Any, lengths: Tensor, where: str = "") -> Tensor:
    """Numbers of output frames (B,) for input lengths (B,), by the formula of the network.

    Raises:
        ModelError: the network has no such formula.
    """
    for name in _FORMULAS:
        formula = getattr(network, name, None)
        if formula is not None:
            found: Tensor = formula(lengths)
            return found.to(torch.int64)
    raise ModelError(
        f"{where}: {type(network).__name__} does not report how many frames an input has, so it cannot be trained; "
        "expected a CTC model such as Wav2Vec2ForCTC or ParakeetForCTC"
    )
