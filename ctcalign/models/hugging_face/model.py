"""`hf:NAME` or `hf:FOLDER`: any CTC model that transformers can load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ctcalign.models.hugging_face.geometry import geometry, logits_of
from ctcalign.models.hugging_face.parts import Parts, open_parts
from ctcalign.models.hugging_face.stored import restore_parts
from ctcalign.models.inference import LEAST_SECONDS
from ctcalign.text.vocabulary import Vocabulary


class HuggingFaceModel:
    """A transformers model with its feature extractor as an `AcousticModel`.

    The feature extractor prepares the input as in training: normalisation, features, attention mask.
    Attributes: see `AcousticModel`; frame_offset as in `BundleModel`; warnings about its files; network and extractor
        of transformers; receptive, hop: see `geometry`.
    """

    context: float | None = None
    spike_delay = 0.0

    def __init__(
        self,
        name: str,
        network: Any,
        extractor: Any,
        vocabulary: Vocabulary,
        licence: str,
        device: str,
        warnings: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.language: str | None = None
        self.licence = licence
        self.sample_rate = int(extractor.sampling_rate)
        self.network = network.eval()
        self.extractor = extractor
        self._device = torch.device(device)
        self.warnings = list(warnings)
        self.receptive, self.hop = geometry(self.network, extractor)
        self.network.to(self._device)
        self.frame_shift = self.hop / self.sample_rate
        self.frame_offset = max(self.receptive - self.hop, 0) / 2 / self.sample_rate

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames; padding counts as silence."""
        whole = bool((lengths == waveform.shape[1]).all())
        return self._computed(
            (waveform if whole else _silenced(waveform, lengths)).float().cpu().unbind(0), lengths, whole
        )

    def masked(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `__call__`, but the feature extractor pads, and masks the padding for networks that take a mask."""
        whole = bool((lengths == waveform.shape[1]).all())
        # Inputs that are shorter than the receptive field keep their padding, as silence.
        least = min(round(LEAST_SECONDS * self.sample_rate), waveform.shape[1])
        samples = _silenced(waveform, lengths).float().cpu()
        rows = [row[: max(length, least)] for row, length in zip(samples, lengths.tolist(), strict=True)]
        return self._computed(rows, lengths, whole)

    def _computed(self, rows: Sequence[Tensor], lengths: Tensor, whole: bool) -> tuple[Tensor, Tensor]:
        logits = logits_of(self.network, self.extractor, [row.numpy() for row in rows], self._device)
        if whole:
            frames = torch.full_like(lengths, logits.shape[1])
        else:
            frames = ((lengths - self.receptive) // self.hop + 1).clamp(min=0, max=logits.shape[1])
        return logits.float().log_softmax(-1), frames


def load(name: str, device: str, allow_noncommercial: bool) -> HuggingFaceModel:
    """Load a model from the hub (or its cache) or from a folder.

    Raises:
        ModelError: transformers is missing, the model cannot be loaded or downloaded, is not a CTC model, or its
            licence was not accepted.
    """
    return acoustic_model(open_parts(name, allow_noncommercial), f"hf:{name}", device)


def acoustic_model(parts: Parts, name: str, device: str) -> HuggingFaceModel:
    """The `AcousticModel` of parts.

    Args:
        name: of the model, with its family.
    """
    return HuggingFaceModel(
        name, parts.network, parts.extractor, parts.vocabulary, parts.licence, device, parts.warnings
    )


def make_model(header: Mapping[str, Any], weights: Mapping[str, Tensor], name: str, device: str) -> HuggingFaceModel:
    """The model of a checkpoint of training.

    Raises:
        ModelError: header and weights do not match.
    """
    model = acoustic_model(restore_parts(header, weights, name), name, device)
    model.language = header.get("language")
    return model


def _silenced(waveform: Tensor, lengths: Tensor) -> Tensor:
    inside = torch.arange(waveform.shape[1], device=waveform.device)[None] < lengths[:, None]
    return waveform * inside
