"""The table of models: language, licence, size and requirements of each; and whether a licence forbids commercial use.

Imports neither torch nor the libraries of the models.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ctcalign.errors import ModelError
from ctcalign.extras import is_installed

_BUILTIN = Path(__file__).parent / "builtin"
_NONCOMMERCIAL = re.compile(r"(?<![a-z])nc(?![a-z])|non-?\s?commercial|research[- ]only", re.IGNORECASE)


@dataclass(frozen=True)
class ModelCard:
    """One row of the table.

    Attributes:
        name: argument of `load_model`.
        language: code, or "any" if it depends on the file; "1130, romanised" for many.
        licence: SPDX name if there is one.
        parameters: number of weights, None if it depends on the file.
        megabytes: size of the weights, None if it depends on the file.
        frame_shift: seconds between output frames, None if it depends on the file.
        extra: the extra of ctcalign that it needs, None if it needs none.
        available: whether the packages that it needs are installed; weights may still have to be downloaded.
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
        """Steps that a user must take before it can be used, for the table."""
        steps = [f"pip install 'ctcalign[{self.extra}]'"] if self.extra and not self.available else []
        if self.name.startswith("torchaudio:") and self.available:
            steps.append("download")
        if self.name.startswith("builtin:") and not self.available:
            steps.append("its weights are missing: install ctcalign again")
        if self.noncommercial:
            steps.append("--allow-noncommercial")
        return ", ".join(steps)


def is_noncommercial(licence: str) -> bool:
    """Whether the name or text of a licence forbids commercial use: CC-BY-NC-4.0, "non-commercial"."""
    return _NONCOMMERCIAL.search(licence) is not None


def check_licence(name: str, licence: str, allow_noncommercial: bool) -> None:
    """Check that the licence allows commercial use, or that the user accepts that it does not.

    Raises:
        ModelError: the licence is non-commercial and was not accepted.
    """
    if is_noncommercial(licence) and not allow_noncommercial:
        raise ModelError(
            f"{name}: its licence ({licence}) forbids commercial use; "
            "accept that with --allow-noncommercial (allow_noncommercial=True) or choose another model"
        )


_MIT, _NC = "MIT", "CC-BY-NC-4.0"
_BASE, _LARGE, _MB = 94_400_000, 315_500_000, 4e-6
# Name, language, licence according to the documentation of torchaudio.pipelines, parameters (rounded).
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


def builtin_cards() -> list[ModelCard]:
    """The models in the folder `builtin`."""
    return [_builtin_card("en", "en"), _builtin_card("en-robust", "en"), _builtin_card("de-fr", "de, fr")]


def torchaudio_cards() -> list[ModelCard]:
    """The fine-tuned bundles of torchaudio.pipelines."""
    available = is_installed("torchaudio")
    return [
        ModelCard(f"torchaudio:{bundle}", language, licence, count, count * _MB, 0.02, "torchaudio", available)
        for bundle, language, licence, count in TORCHAUDIO_BUNDLES
    ]


def file_card(name: str, package: str, extra: str | None) -> ModelCard:
    """The card of a family whose models are the user's files or names on a hub; `package` loads them."""
    return ModelCard(name, "any", "its own", None, None, None, extra, is_installed(package))


def safetensors_header(path: Path) -> dict[str, object]:
    """The JSON header of a safetensors file: tensors by name, and "__metadata__".

    Raises:
        OSError, ValueError: no such file, or not a safetensors file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length < 1 << 26:
            raise ValueError(f"{path} is not a safetensors file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError(f"{path} is not a safetensors file")
    return header


def _builtin_card(folder: str, language: str) -> ModelCard:
    name, path = f"builtin:{folder}", _BUILTIN / folder / "model.safetensors"
    try:
        header = safetensors_header(path)
        metadata = header.pop("__metadata__", {})
        licence = str(json.loads(metadata["ctcalign"])["licence"]) if isinstance(metadata, dict) else "?"
        parameters = sum(_size(tensor) for tensor in header.values())
        size = path.stat().st_size
    except (OSError, ValueError, KeyError):
        return ModelCard(name, language, "Apache-2.0", None, None, 0.02, None, False)
    return ModelCard(name, language, licence, parameters, size / 1e6, 0.02, None, True)


def _size(tensor: object) -> int:
    shape = tensor.get("shape", []) if isinstance(tensor, dict) else []
    count = 1
    for side in shape:
        count *= int(side)
    return count
