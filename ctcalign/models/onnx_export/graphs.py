"""Models of torch as modules that can be traced: (B, N) samples and (B,) lengths to log-probabilities and frames."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.builtin.checkpoint import ConvCtcModel
from ctcalign.models.builtin.model import FOLDER, NAMES, WEIGHTS
from ctcalign.models.checkpoint import load_file
from ctcalign.models.encoders.recogniser import Recogniser
from ctcalign.models.hugging_face.model import HuggingFaceModel
from ctcalign.models.onnx_export.log_mel import LogMelByConvolution
from ctcalign.models.onnx_export.transformers_features import KaldiFeatures, ParakeetFeatures
from ctcalign.models.onnx_export.whisper_mel import WhisperMelByConvolution
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.registry import load_model, remedy
from ctcalign.models.torchaudio_bundle import BundleModel

# What torchaudio adds to the attention of padding.
_UNSEEN = -10_000.0
# Added to the variance by torch's layer_norm, with which torchaudio normalises utterances, and by transformers.
_TORCH_EPSILON, _TRANSFORMERS_EPSILON = 1e-5, 1e-7

# Features by their names in `ctcalign.models.features.kinds`.
_KINDS: dict[str, type[nn.Module]] = {"log_mel": LogMelByConvolution, "whisper": WhisperMelByConvolution}
# Feature extractors of transformers that can be traced.
_FEATURES = {"SeamlessM4TFeatureExtractor": KaldiFeatures, "ParakeetFeatureExtractor": ParakeetFeatures}


class FromMel(nn.Module):
    """A network on mel energies.

    Args:
        features: (B, N) samples and (B,) lengths to (B, T, 80) energies and (B,) frames.
    """

    def __init__(self, features: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.network = network

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        log_probs, frames = self.network(*self.features(waveform, lengths))
        return log_probs, frames


class FromTorchaudio(nn.Module):
    """A bundle's network, with the mask of its padding in operations that can be traced.

    Args:
        network: torchaudio's Wav2Vec2Model.
        normalises: whether each row is normalised to zero mean and unit variance.
    """

    def __init__(self, network: nn.Module, normalises: bool) -> None:
        super().__init__()
        self.network: Any = network
        self.normalises = normalises

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        if self.normalises:
            waveform = _normalised(waveform, _TORCH_EPSILON)
        features, frames = self.network.feature_extractor(waveform, lengths)
        x = self.network.encoder.feature_projection(features)
        padding = torch.arange(x.shape[1])[None] >= frames[:, None]
        x = x.masked_fill(padding[:, :, None], 0.0)
        unseen = (_UNSEEN * padding[:, None, None].to(x)).expand(x.shape[0], 1, x.shape[1], x.shape[1])
        logits = self.network.aux(self.network.encoder.transformer(x, attention_mask=unseen))
        return logits.log_softmax(-1), frames


class FromTransformers(nn.Module):
    """A network of transformers, computed as `model` does: with silence beyond the lengths.

    Args:
        features: makes input features and their mask of waveforms; None: the network takes waveforms.
    """

    def __init__(self, model: HuggingFaceModel, features: nn.Module | None) -> None:
        super().__init__()
        self.network: nn.Module = model.network
        self.features = features
        self.normalises = features is None and bool(model.extractor.do_normalize)
        self.receptive, self.hop = model.receptive, model.hop

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        longest = waveform.shape[1]
        waveform = waveform * (torch.arange(longest)[None] < lengths[:, None])
        if self.normalises:
            waveform = _normalised(waveform, _TRANSFORMERS_EPSILON)
        if self.features is None:
            logits = self.network(waveform).logits
        else:
            inputs, mask = self.features(waveform)
            logits = self.network(inputs, attention_mask=mask).logits
        frames = torch.div(lengths - self.receptive, self.hop, rounding_mode="floor") + 1
        frames = torch.where((lengths == longest).all(), logits.shape[1], frames)
        return logits.log_softmax(-1), frames.clamp(min=0, max=logits.shape[1])


def _normalised(waveform: Tensor, epsilon: float) -> Tensor:
    """Rows with zero mean and unit variance."""
    centred = waveform - waveform.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + epsilon).sqrt()


def torch_model(name: str, allow_noncommercial: bool) -> AcousticModel:
    """The model of a name, in torch on the CPU.

    Raises:
        UsageError: there is no such model, or it is a graph already.   ModelError: it cannot be loaded.
    """
    family, _, argument = name.partition(":")
    if family == "onnx":
        raise UsageError(f"{name} is a graph already; expected hf:, torchaudio:, builtin: or checkpoint:")
    if family == "builtin":
        if argument not in NAMES:
            raise UsageError(f"model: unknown model {name!r}; {remedy(name)}")
        return load_file((FOLDER / argument).resolve() / WEIGHTS, name, "cpu")
    return load_model(name, "cpu", allow_noncommercial)


def graph_of(model: AcousticModel) -> nn.Module:
    """The computation of a model, to be traced.

    Raises:
        UsageError: its features are not computed in torch.
    """
    found: nn.Module | None = None
    if isinstance(model, ConvCtcModel):
        found = FromMel(LogMelByConvolution(), model.network)
    elif isinstance(model, Recogniser):
        found = FromMel(_KINDS[model.network.encoder.features](), model.network)
    elif isinstance(model, BundleModel):
        found = FromTorchaudio(model.network, model.normalises)
    elif isinstance(model, HuggingFaceModel):
        kind = type(model.extractor).__name__
        if model.network.main_input_name == "input_values":
            found = FromTransformers(model, None)
        elif kind in _FEATURES:
            found = FromTransformers(model, _FEATURES[kind](model.extractor))
    if found is None:
        raise UsageError(
            f"{model.name}: its features are computed outside of its network, and not known as a graph; expected a "
            "model on waveforms or log-mel energies, Wav2Vec2-BERT or Parakeet"
        )
    return found.eval()
