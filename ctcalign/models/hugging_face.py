"""`hf:NAME` or `hf:FOLDER`: any CTC model that transformers can load."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import ModelError
from ctcalign.models.cards import check_licence
from ctcalign.models.torchaudio_bundle import conv_geometry, import_torchaudio
from ctcalign.text.vocabulary import Vocabulary

_PROBE_SECONDS = 10


class HuggingFaceModel:
    """A transformers model with its feature extractor as an `AcousticModel`.

    The feature extractor prepares the input as in training: normalisation, features, attention mask.
    Attributes: see `AcousticModel`; frame_offset as in `BundleModel`.
    """

    context: float | None = None
    spike_delay = 0.0

    def __init__(
        self, name: str, network: Any, extractor: Any, vocabulary: Vocabulary, licence: str, device: str
    ) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.language: str | None = None
        self.licence = licence
        self.sample_rate = int(extractor.sampling_rate)
        self._network = network.to(device).eval()
        self._extractor = extractor
        self._device = torch.device(device)
        self._receptive, self._hop = self._geometry()
        self.frame_shift = self._hop / self.sample_rate
        self.frame_offset = max(self._receptive - self._hop, 0) / 2 / self.sample_rate

    def __call__(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        longest = waveform.shape[1]
        whole = bool((lengths == longest).all())
        logits = self._logits(waveform if whole else _silenced(waveform, lengths))
        if whole:
            frames = torch.full_like(lengths, logits.shape[1])
        else:
            frames = ((lengths - self._receptive) // self._hop + 1).clamp(min=0, max=logits.shape[1])
        return logits.float().log_softmax(-1), frames

    def _logits(self, waveform: Tensor) -> Tensor:
        rows = [row.numpy() for row in waveform.float().cpu()]
        inputs = self._extractor(rows, sampling_rate=self.sample_rate, return_tensors="pt", padding=True)
        logits: Tensor = self._network(**{key: value.to(self._device) for key, value in inputs.items()}).logits
        return logits

    def _geometry(self) -> tuple[int, int]:
        """Receptive field and hop in samples: computed for stacks of convolutions, else measured on silence."""
        config = self._network.config
        kernels, strides = getattr(config, "conv_kernel", None), getattr(config, "conv_stride", None)
        if kernels and strides and self._network.main_input_name == "input_values":
            if not getattr(config, "add_adapter", False):
                return conv_geometry(list(zip(kernels, strides, strict=True)))
        with torch.inference_mode():
            short, long = (
                self._logits(torch.zeros(1, n * self.sample_rate)).shape[1]
                for n in (_PROBE_SECONDS, 2 * _PROBE_SECONDS)
            )
        hop = _PROBE_SECONDS * self.sample_rate / max(long - short, 1)
        unit = self.sample_rate // 1000  # frames are counted whole, so the hop is accurate to a millisecond
        rounded = max(round(hop / unit), 1) * unit
        return rounded, rounded


def load(name: str, device: str, allow_noncommercial: bool) -> HuggingFaceModel:
    """Load a model from the hub (or its cache) or from a folder.

    Raises:
        ModelError: transformers is missing, the model cannot be loaded or downloaded, is not a CTC model, or its
            licence was not accepted.
    """
    try:
        import transformers
    except ImportError:
        raise ModelError(f"hf:{name}: needs transformers; pip install 'ctcalign[hf]'") from None

    # transformers imports torchaudio if it is installed, and fails if torchaudio does not accept this torch.
    with contextlib.suppress(ModelError):
        import_torchaudio()
    licence = _licence(name)
    check_licence(f"hf:{name}", licence, allow_noncommercial)
    auto: Any = transformers  # its classes are only partly typed
    level = auto.logging.get_verbosity()
    auto.logging.set_verbosity_error()
    try:
        extractor = auto.AutoFeatureExtractor.from_pretrained(name)
        tokenizer = auto.AutoTokenizer.from_pretrained(name)
        network, report = auto.AutoModelForCTC.from_pretrained(name, output_loading_info=True)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise ModelError(_remedy(name, error)) from None
    finally:
        auto.logging.set_verbosity(level)
    fresh = sorted(key for key in report["missing_keys"] if "lm_head" in key or "ctc" in key)
    if fresh:
        raise ModelError(
            f"hf:{name}: has no trained CTC output ({fresh[0]} is missing); expected a model fine-tuned with CTC"
        )
    return HuggingFaceModel(
        f"hf:{name}", network, extractor, _vocabulary(name, tokenizer, network.config), licence, device
    )


def _vocabulary(name: str, tokenizer: Any, config: Any) -> Vocabulary:
    """Symbols by id; the blank is the padding token, as in transformers."""
    size = int(config.vocab_size)
    symbols = [f"<unused{column}>" for column in range(size)]
    for token, column in tokenizer.get_vocab().items():
        if 0 <= column < size:
            symbols[column] = token
    blank = config.pad_token_id if config.pad_token_id is not None else tokenizer.pad_token_id
    if blank is None or not 0 <= blank < size:
        raise ModelError(f"hf:{name}: its configuration has no pad_token_id, which CTC models use as the blank; add it")
    delimiter = getattr(tokenizer, "word_delimiter_token", None)
    separator = symbols.index(delimiter) if delimiter in symbols else None
    unknown = tokenizer.unk_token_id
    return Vocabulary(
        tuple(symbols),
        blank=int(blank),
        separator=separator,
        unknown=int(unknown) if unknown is not None and 0 <= unknown < size and unknown != blank else None,
        word_pieces=separator is None and any(symbol.startswith("\u2581") for symbol in symbols),
    )


def _licence(name: str) -> str:
    """The licence in the front matter of the model card, if the card can be read."""
    card = Path(name) / "README.md"
    if not Path(name).is_dir():
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        try:
            card = Path(hf_hub_download(name, "README.md"))
        except (OSError, ValueError, HfHubHTTPError, HFValidationError):
            return _known_licence(name)
    try:
        text = card.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _known_licence(name)
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^licen[sc]e:\s*(.+?)\s*$", front[1], re.MULTILINE) if front else None
    return found[1].strip("\"'") if found else _known_licence(name)


def _known_licence(name: str) -> str:
    """The licence of a model whose card cannot be read; some families are known to forbid commercial use."""
    if re.search(r"facebook/mms-|voxpopuli", name, re.IGNORECASE):
        return "cc-by-nc-4.0"
    return "unknown (see the model card)"


def _silenced(waveform: Tensor, lengths: Tensor) -> Tensor:
    inside = torch.arange(waveform.shape[1], device=waveform.device)[None] < lengths[:, None]
    return waveform * inside


def _remedy(name: str, error: Exception) -> str:
    reason = " ".join(str(error).split())
    reason = reason if len(reason) <= 200 else reason[:197] + "..."
    if Path(name).is_dir():
        return (
            f"hf:{name}: cannot be loaded ({reason}); "
            "expected a folder written by save_pretrained of a CTC model and its processor"
        )
    return (
        f"hf:{name}: cannot be loaded or downloaded ({reason}); check the name, or download the model elsewhere "
        "and use hf:FOLDER or put it into the cache (HF_HOME)"
    )
