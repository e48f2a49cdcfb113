"""The table of models: what can be loaded, in which language, under which licence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ctcalign.extras import is_installed
from ctcalign.models.licences import is_noncommercial

_BUILTIN = Path(__file__).parent / "builtin"


@dataclass(frozen=True)
class ModelCard:
    """One line of the table.

    Attributes:
        name: what `load_model` takes.
        language: code, or "any" when it depends on the file; "1130, romanised" for many.
        licence: SPDX name where there is one.
        parameters: how many numbers, None when it depends on the file.
        megabytes: of the weights, None when it depends on the file.
        frame_shift: seconds between output frames, None when it depends on the file.
        extra: the extra of ctcalign that it needs, None for none.
        available: whether what it needs is installed; weights from a hub may still have to be downloaded.
    """

    name: str
    language: str
    licence: str
    parameters: int | None
    megabytes: float | None
    frame_shift: float | None
    extra: str | None
    available: bool

    @property
    def noncommercial(self) -> bool:
        """Whether loading it needs `allow_noncommercial`."""
        return is_noncommercial(self.licence)

    @property
    def needs(self) -> str:
        """What a user must do before it can be used, for the table."""
        words = [f"pip install 'ctcalign[{self.extra}]'"] if self.extra and not self.available else []
        if self.name.startswith("torchaudio:"):
            words += ["download"] if self.available else []
        if self.name.startswith("builtin:") and not self.available:
            words.append("its weights are missing: install ctcalign again")
        if self.noncommercial:
            words.append("--allow-noncommercial")
        return ", ".join(words)


_MIT, _NC = "MIT", "CC-BY-NC-4.0"
_BASE, _LARGE, _MB = 94_400_000, 315_500_000, 4e-6
# Name, language, licence as the documentation of torchaudio.pipelines states it, parameters (rounded).
TORCHAUDIO_BUNDLES: tuple[tuple[str, str, str, int], ...] = (
    ("WAV2VEC2_ASR_BASE_10M", "en", _MIT, _BASE),
    ("WAV2VEC2_ASR_BASE_100H", "en", _MIT, _BASE),
    ("WAV2VEC2_ASR_BASE_960H", "en", _MIT, _BASE),
    ("WAV2VEC2_ASR_LARGE_10M", "en", _MIT, _LARGE),
    ("WAV2VEC2_ASR_LARGE_100H", "en", _MIT, _LARGE),
    ("WAV2VEC2_ASR_LARGE_960H", "en", _MIT, _LARGE),
    ("WAV2VEC2_ASR_LARGE_LV60K_10M", "en", _MIT, _LARGE),
    ("WAV2VEC2_ASR_LARGE_LV60K_100H", "en", _MIT, _LARGE),
    ("WAV2VEC2_ASR_LARGE_LV60K_960H", "en", _MIT, _LARGE),
    ("HUBERT_ASR_LARGE", "en", _MIT, _LARGE),
    ("HUBERT_ASR_XLARGE", "en", _MIT, 962_500_000),
    ("VOXPOPULI_ASR_BASE_10K_DE", "de", _NC, _BASE),
    ("VOXPOPULI_ASR_BASE_10K_EN", "en", _NC, _BASE),
    ("VOXPOPULI_ASR_BASE_10K_ES", "es", _NC, _BASE),
    ("VOXPOPULI_ASR_BASE_10K_FR", "fr", _NC, _BASE),
    ("VOXPOPULI_ASR_BASE_10K_IT", "it", _NC, _BASE),
    ("MMS_FA", "1130, romanised", _NC, _LARGE),
)


def safetensors_header(path: Path) -> dict[str, object]:
    """The JSON header of a safetensors file: tensors by name, and "__metadata__".

    Raises:
        OSError, ValueError: no such file, or no safetensors file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length < 1 << 26:
            raise ValueError(f"{path} is no safetensors file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError(f"{path} is no safetensors file")
    return header


def _builtin_card(language: str) -> ModelCard:
    name, path = f"builtin:{language}", _BUILTIN / language / "model.safetensors"
    try:
        header = safetensors_header(path)
        metadata = header.pop("__metadata__", {})
        licence = str(json.loads(metadata["ctcalign"])["licence"]) if isinstance(metadata, dict) else "?"
        parameters = sum(_numbers(tensor) for tensor in header.values())
        size = path.stat().st_size
    except (OSError, ValueError, KeyError):
        return ModelCard(name, language, "Apache-2.0", None, None, 0.02, None, False)
    return ModelCard(name, language, licence, parameters, size / 1e6, 0.02, None, True)


def _numbers(tensor: object) -> int:
    shape = tensor.get("shape", []) if isinstance(tensor, dict) else []
    count = 1
    for side in shape:
        count *= int(side)
    return count


def list_models() -> list[ModelCard]:
    """All models that have a name, and a line for each family that takes a file or a name on a hub."""
    cards = [_builtin_card("en")]
    torchaudio = is_installed("torchaudio")
    for bundle, language, licence, parameters in TORCHAUDIO_BUNDLES:
        cards.append(
            ModelCard(
                f"torchaudio:{bundle}", language, licence, parameters, parameters * _MB, 0.02, "torchaudio", torchaudio
            )
        )
    own = "its own"
    cards.append(ModelCard("hf:NAME or hf:FOLDER", "any", own, None, None, None, "hf", is_installed("transformers")))
    cards.append(ModelCard("onnx:FILE", "any", own, None, None, None, "onnx", is_installed("onnxruntime")))
    cards.append(ModelCard("checkpoint:FILE", "any", own, None, None, None, None, is_installed("safetensors")))
    return cards
