"""`torchaudio:BUNDLE`: the fine-tuned wav2vec 2.0 and HuBERT models of torchaudio.pipelines; import of torchaudio."""

from __future__ import annotations

import difflib
import math
import pickle
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import TORCHAUDIO_BUNDLES, check_licence
from ctcalign.text.vocabulary import Vocabulary

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


class BundleModel:
    """A bundle as an `AcousticModel`.

    Attributes: see `AcousticModel`, and
        frame_offset: seconds at which frame 0 begins. The convolutions do not pad: frame t covers 400 samples from
            320 t on, whose centre is 2.5 ms after the centre of the 320 samples from 320 t on.
    """

    context: float | None = None
    spike_delay = 0.0

    def __init__(
        self, name: str, bundle: Any, network: nn.Module, language: str | None, licence: str, device: str
    ) -> None:
        self.name = name
        self.language, self.licence = language, licence
        self.sample_rate = int(bundle.sample_rate)
        self.vocabulary = _vocabulary(bundle)
        self._network = network.to(device).eval()
        self._device = torch.device(device)
        # torchaudio normalises over the whole batch; windows are normalised one by one, as in a batch of one.
        self._normalises = bool(getattr(network, "normalize_waveform", False))
        receptive, hop = conv_geometry(_convolutions(network))
        self.frame_shift = hop / self.sample_rate
        self.frame_offset = (receptive - hop) / 2 / self.sample_rate

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        waveform, lengths = waveform.to(self._device), lengths.to(self._device)
        if not self._normalises or len(waveform) == 1:
            logits, frames = self._network(waveform, lengths)
            return logits.float().log_softmax(-1), frames.clamp(min=0)
        parts = [self._network(row[None], length[None]) for row, length in zip(waveform, lengths, strict=True)]
        logits = torch.cat([part[0] for part in parts])
        return logits.float().log_softmax(-1), torch.cat([part[1] for part in parts]).clamp(min=0)


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
    return BundleModel(name, bundle, network, language if len(language) == 2 else None, licence, device)


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


def _convolutions(network: nn.Module) -> list[tuple[int, int]]:
    """(kernel, stride) of the feature extractor's layers, in order."""
    extractor = next(module for name, module in network.named_modules() if name.endswith("feature_extractor"))
    layers = [module for module in extractor.modules() if isinstance(module, nn.Conv1d)]
    return [(math.prod(layer.kernel_size), math.prod(layer.stride)) for layer in layers]
