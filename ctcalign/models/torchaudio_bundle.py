"""`torchaudio:BUNDLE`: the fine-tuned wav2vec 2.0 and HuBERT models of torchaudio.pipelines, and their checkpoints."""

from __future__ import annotations

import difflib
import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import TORCHAUDIO_BUNDLES, check_licence
from ctcalign.models.header import FORMAT, check_identity, checked_number
from ctcalign.models.stored import built
from ctcalign.text.vocabulary import Vocabulary

ARCHITECTURE = "torchaudio-wav2vec2/1"
BLANK = "<blank>"


def import_torchaudio() -> Any:
    """Import torchaudio, also with a torch that was built for another minor version of CUDA.

    The last release (2.11) raises an error on import if the minor CUDA version of torch differs from its own, as with
    the newer torch on the package index. The check concerns the CUDA kernels of torchaudio, which its models and CPU
    kernels do not use; so torch reports "no CUDA" during the import.

    Raises:
        ModelError: not installed, or broken for another reason.
    """
    import torch

    try:
        import torchaudio
    except RuntimeError as error:
        if "CUDA version" not in str(error):
            raise ModelError(f"torchaudio cannot be imported ({_first_line(error)}); install it again") from None
    except ModuleNotFoundError:
        raise ModelError("torchaudio is not installed; pip install 'ctcalign[torchaudio]'") from None
    except (ImportError, OSError, AttributeError) as error:
        raise ModelError(
            f"torchaudio cannot be imported ({_first_line(error)}); install the one for your torch"
        ) from None
    else:
        return torchaudio
    built_for = torch.version.cuda
    try:
        torch.version.cuda = None
        import torchaudio
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise ModelError(
            f"torchaudio cannot be imported ({_first_line(error)}); install the one for your torch"
        ) from None
    finally:
        torch.version.cuda = built_for
    return torchaudio


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle, or a checkpoint of one, says about its network.

    Attributes:
        options: arguments of torchaudio.models.wav2vec2_model.
        normalises: whether each utterance is normalised to zero mean and unit variance.
        vocabulary, sample_rate, language, licence: see `AcousticModel`.
    """

    options: dict[str, Any]
    normalises: bool
    vocabulary: Vocabulary
    sample_rate: int
    language: str | None
    licence: str


class BundleModel:
    """A bundle as an `AcousticModel`.

    Attributes: see `AcousticModel`, and
        frame_offset: seconds at which frame 0 begins. The convolutions do not pad: frame t covers 400 samples from
            320 t on, whose centre is 2.5 ms after the centre of the 320 samples from 320 t on.
        network: torchaudio's Wav2Vec2Model.
        normalises: whether each row is normalised, one by one, as torchaudio does in a batch of one.
    """

    context: float | None = None
    spike_delay = 0.0

    def __init__(self, name: str, network: nn.Module, about: BundleInfo, device: str) -> None:
        self.name = name
        self.language, self.licence = about.language, about.licence
        self.sample_rate = about.sample_rate
        self.vocabulary = about.vocabulary
        self.network = network.to(device).eval()
        self._device = torch.device(device)
        self.normalises = about.normalises
        receptive, hop = conv_geometry(convolutions(network))
        self.frame_shift = hop / self.sample_rate
        self.frame_offset = (receptive - hop) / 2 / self.sample_rate

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        waveform, lengths = waveform.to(self._device), lengths.to(self._device)
        if self.normalises:
            waveform = functional.layer_norm(waveform, waveform.shape[1:])
        logits, frames = self.network(waveform, lengths)
        return logits.float().log_softmax(-1), frames.clamp(min=0)


def conv_geometry(layers: list[tuple[int, int]]) -> tuple[int, int]:
    """Receptive field and hop in samples of a stack of (kernel, stride) layers without padding."""
    receptive, hop = 1, 1
    for kernel, stride in layers:
        receptive += (kernel - 1) * hop
        hop *= stride
    return receptive, hop


def load(bundle_name: str, device: str, allow_noncommercial: bool) -> BundleModel:
    """Load a bundle, downloading its weights if they are not in torch's cache.

    Raises:
        UsageError: no such bundle.   ModelError: licence, download or a broken installation.
    """
    network, about = open_bundle(bundle_name, allow_noncommercial)
    return BundleModel(f"torchaudio:{bundle_name.upper()}", network, about, device)


def open_bundle(bundle_name: str, allow_noncommercial: bool) -> tuple[nn.Module, BundleInfo]:
    """The network of a bundle, torchaudio's Wav2Vec2Model, and its description.

    Raises:
        UsageError, ModelError: as `load`.
    """
    requested = bundle_name.upper()
    table = {name: (language, licence) for name, language, licence, _ in TORCHAUDIO_BUNDLES}
    if requested not in table:
        near = difflib.get_close_matches(requested, list(table), n=2, cutoff=0.4)
        hint = f"did you mean {' or '.join(f'torchaudio:{n}' for n in near)}? " if near else ""
        raise UsageError(f"model: unknown bundle torchaudio:{bundle_name}; {hint}(ctcalign models lists all)")
    name = f"torchaudio:{requested}"
    language, licence = table[requested]
    check_licence(name, licence, allow_noncommercial)
    torchaudio = import_torchaudio()
    bundle = getattr(torchaudio.pipelines, requested, None)
    if bundle is None:
        raise ModelError(f"{name}: torchaudio {torchaudio.__version__} has no such bundle; pip install -U torchaudio")
    options: dict[str, Any] = {"with_star": False} if requested == "MMS_FA" else {}
    if "weights_only" in signature(torch.hub.load_state_dict_from_url).parameters:
        options["dl_kwargs"] = {"weights_only": True}  # torch's default runs code of the file, whatever torch.load does
    try:
        network = bundle.get_model(**options)
    except pickle.UnpicklingError:
        file = Path(torch.hub.get_dir()) / "checkpoints" / Path(str(bundle._path)).name
        raise ModelError(
            f"{name}: {file} contains more than weights and was not loaded, since it could run code; delete the file"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(_download_remedy(name, bundle, error)) from None
    about = BundleInfo(
        dict(bundle._params),
        bool(getattr(network, "normalize_waveform", False)),
        _vocabulary(bundle),
        int(bundle.sample_rate),
        language if len(language) == 2 else None,
        licence,
    )
    # Some bundles wrap their network, to normalise the whole batch and to return log-probabilities.
    return getattr(network, "model", network), about


def write_header(about: BundleInfo, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a checkpoint of a bundle's network.

    Args:
        fields: further ones: language, licence, configuration of the training, versions, commit.
    """
    vocabulary = about.vocabulary
    return {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "config": about.options,
        "normalise": "utterance" if about.normalises else "none",
        "symbols": list(vocabulary.symbols),
        "blank": vocabulary.blank,
        "separator": vocabulary.separator,
        "sample_rate": about.sample_rate,
        "language": about.language,
        "licence": about.licence,
        **fields,
    }


def restored(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> tuple[nn.Module, BundleInfo]:
    """Network and description of a checkpoint.

    Args:
        weights: by their names in torchaudio's model, or with the prefix that they have in training.
    Raises:
        ModelError: header and weights do not match, or torchaudio is missing.
    """
    vocabulary, options = check_identity(header, where), header.get("config")
    rate = checked_number(header.get("sample_rate", 16_000), "sample_rate", where, above=999.0, unit="Hz")
    torchaudio = import_torchaudio()

    def make() -> nn.Module:
        arguments: Any = options
        network: nn.Module = torchaudio.models.wav2vec2_model(**{**arguments, "aux_num_out": len(vocabulary)})
        return network

    plain = {plain_name(name): value.float() for name, value in weights.items()}
    network = built(make, options, plain, where)
    network.load_state_dict(plain)
    about = BundleInfo(
        dict(options) if isinstance(options, Mapping) else {},
        header.get("normalise") == "utterance",
        vocabulary,
        int(rate),
        header.get("language"),
        str(header.get("licence", "unknown")),
    )
    return network, about


def plain_name(name: str) -> str:
    """The name in torchaudio's model of a weight of a network in training."""
    return name.removeprefix("model.")


def make_model(header: Mapping[str, Any], weights: Mapping[str, Tensor], name: str, device: str) -> BundleModel:
    """A model from the header and weights of a checkpoint.

    Raises:
        ModelError: as `restored`.
    """
    return BundleModel(name, *restored(header, weights, name), device)


def _download_remedy(name: str, bundle: Any, error: Exception) -> str:
    path = str(getattr(bundle, "_path", ""))
    address = path if path.startswith("http") else f"https://download.pytorch.org/torchaudio/models/{path}"
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return (
        f"{name}: its weights could not be loaded or downloaded ({reason}); "
        f"put {address} as {path.rpartition('/')[2]} into {folder} (or set TORCH_HOME)"
    )


def _vocabulary(bundle: Any) -> Vocabulary:
    """Labels without the star of MMS_FA; "|" separates words, if it exists."""
    try:
        labels = bundle.get_labels(star=None, blank=BLANK)
    except TypeError:  # only MMS_FA has a star
        labels = bundle.get_labels(blank=BLANK)
    return Vocabulary(tuple(labels), blank=0, separator=labels.index("|") if "|" in labels else None)


def convolutions(network: nn.Module) -> list[tuple[int, int]]:
    """(kernel, stride) of the feature extractor's layers, in order."""
    extractor = next(module for name, module in network.named_modules() if name.endswith("feature_extractor"))
    layers = [module for module in extractor.modules() if isinstance(module, nn.Conv1d)]
    return [(math.prod(layer.kernel_size), math.prod(layer.stride)) for layer in layers]
