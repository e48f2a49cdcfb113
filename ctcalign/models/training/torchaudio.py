"""Bundles of torchaudio in training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from ctcalign.errors import UsageError
from ctcalign.files import atomic_write
from ctcalign.models.torchaudio_bundle import (
    BundleInfo,
    conv_geometry,
    convolutions,
    open_bundle,
    plain_name,
    restored,
    write_header,
)
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.tokenizers import Tokenizer

_SILENCE_SECONDS = 0.2


@dataclass
class Waveform:
    """Samples as they are, or normalised to zero mean and unit variance.

    Attributes:
        sample_rate: Hz.  normalises: whether each utterance is normalised, as torchaudio does in a batch of one.
        receptive: samples for one frame; shorter utterances are empty.
    """

    sample_rate: int
    normalises: bool
    receptive: int
    padding: float = 0.0
    waveform: bool = True

    def __call__(self, samples: npt.NDArray[np.float32]) -> Tensor:
        """(N,) -> (N,)."""
        found = torch.from_numpy(samples if len(samples) >= self.receptive else samples[:0])
        return functional.layer_norm(found, found.shape) if self.normalises and len(found) else found

    def silence(self) -> Tensor:
        """Zeros."""
        return torch.zeros(round(_SILENCE_SECONDS * self.sample_rate))


class WaveformNetwork(nn.Module):
    """A network of torchaudio that returns log-probabilities.

    Args:
        model: torchaudio's Wav2Vec2Model. Its layers are never dropped as a whole, since that would leave parameters
            without a gradient.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        transformer: Any = model.get_submodule("encoder.transformer")
        transformer.layer_drop = 0.0

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples, zero beyond `lengths` (B,) -> (B, T, C) log-probabilities, float32, and (B,) frames.

        Padding is masked in the transformer, but the group norm of the base models counts it: so it does in torchaudio.
        """
        logits, frames = self.model(waveforms, lengths)
        return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1), frames


class BundleInTraining(TrainableModel):
    """A bundle with its normalisation.

    Args:
        model: torchaudio's Wav2Vec2Model.  about: see `BundleInfo`.  name: for messages.
    """

    head = "model.aux"

    def __init__(self, model: nn.Module, about: BundleInfo, name: str) -> None:
        self.network: WaveformNetwork = WaveformNetwork(model).train()  # torchaudio returns it for evaluation
        receptive, hop = conv_geometry(convolutions(model))
        self.inputs = Waveform(about.sample_rate, about.normalises, receptive)
        self.vocabulary, self.name = about.vocabulary, name
        self.frame_shift = hop / about.sample_rate
        self.language, self.licence = about.language, about.licence
        self._about_bundle = about

    def _adopted(self, tokenizer: Tokenizer) -> Tokenizer:
        about = self._about_bundle
        options = {**about.options, "aux_num_out": len(tokenizer.vocabulary)}
        self._about_bundle = replace(about, options=options, vocabulary=tokenizer.vocabulary)
        return tokenizer

    def layers(self) -> list[str]:
        """The feature extractor, what is before the transformer's layers, each of these, and the output."""
        transformer = "model.encoder.transformer."
        count = len(self.network.get_submodule(f"{transformer}layers"))  # type: ignore[arg-type]
        inner = [f"{transformer}layers.{number}." for number in range(count)]
        before = ["model.encoder.feature_projection.", f"{transformer}pos_conv_embed.", f"{transformer}layer_norm."]
        return ["model.feature_extractor.", *before, *inner, "model.aux."]

    def header(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The header, with the arguments of torchaudio.models.wav2vec2_model under "config"."""
        return write_header(self._about_bundle, self._about(about))

    def save(self, path: Path, header: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
        """Write a safetensors file, to be loaded as `checkpoint:FILE`; plain torchaudio can load its tensors."""
        from safetensors.torch import save

        if path.suffix != ".safetensors":
            raise UsageError(f"output: expected a name with the extension .safetensors, got {path}")
        floats = {plain_name(name): value.detach().cpu().float().contiguous() for name, value in weights.items()}
        with atomic_write(path, "wb") as file:
            file.write(save(floats, metadata={"ctcalign": json.dumps(header)}))
        return path


def open_model(argument: str) -> BundleInTraining:
    """The bundle of a name; the caller checks its licence.

    Raises:
        UsageError: no such bundle.   ModelError: download or a broken installation.
    """
    return BundleInTraining(*open_bundle(argument, allow_noncommercial=True), f"torchaudio:{argument.upper()}")


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> BundleInTraining:
    """The model of a checkpoint.

    Raises:
        ModelError: header and weights do not match.
    """
    return BundleInTraining(*restored(header, weights, where), where)
