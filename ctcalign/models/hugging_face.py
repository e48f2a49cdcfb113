"""`hf:NAME` or `hf:FOLDER`: any CTC model that transformers can load."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import check_licence
from ctcalign.models.pretrained import load_network, loading, transformers
from ctcalign.models.torchaudio_bundle import conv_geometry
from ctcalign.text.subwords import BYTE_LEVEL, BYTES, WORD_ENDS, WORD_PIECE, converted, scheme_of
from ctcalign.text.vocabulary import SPECIAL, WORD_START, Vocabulary

_PROBE_SECONDS = 10


class HuggingFaceModel:
    """A transformers model with its feature extractor as an `AcousticModel`.

    The feature extractor prepares the input as in training: normalisation, features, attention mask.
    Attributes: see `AcousticModel`; frame_offset as in `BundleModel`; warnings about its files.
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
        self._network = network.to(device).eval()
        self._extractor = extractor
        self._device = torch.device(device)
        self.warnings = list(warnings)
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
    library = transformers(f"hf:{name}: needs transformers; pip install 'ctcalign[hf]'")
    licence = _licence(name)
    check_licence(f"hf:{name}", licence, allow_noncommercial)
    with loading(library, partial(_remedy, name, "")):
        library.AutoConfig.from_pretrained(name, trust_remote_code=False)
    with loading(library, partial(_remedy, name, "its feature extractor, preprocessor_config.json: ")):
        extractor = library.AutoFeatureExtractor.from_pretrained(name, trust_remote_code=False)
    with loading(library, partial(_tokenizer_remedy, name)):
        tokenizer = library.AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    with loading(library, partial(_remedy, name, "its weights: ")):
        network = load_network(library.AutoModelForCTC, name, f"hf:{name}", "CTC")
    vocabulary = _vocabulary(name, tokenizer, network.config)
    warnings = _warnings(name, tokenizer, vocabulary)
    return HuggingFaceModel(f"hf:{name}", network, extractor, vocabulary, licence, device, warnings)


def _vocabulary(name: str, tokenizer: Any, config: Any) -> Vocabulary:
    """Symbols by id; the blank is the padding token, as in transformers."""
    size = int(config.vocab_size)
    listed = tokenizer.get_vocab()
    if not all(isinstance(column, int) for column in listed.values()):
        raise ModelError(f"hf:{name}: its vocab.json has ids that are not whole numbers; expected one for each symbol")
    symbols = [f"<unused{column}>" for column in range(size)]
    for token, column in listed.items():
        if 0 <= column < size:
            symbols[column] = token
    blank = config.pad_token_id if config.pad_token_id is not None else tokenizer.pad_token_id
    if blank is None or not 0 <= blank < size:
        raise ModelError(f"hf:{name}: its configuration has no pad_token_id, which CTC models use as the blank; add it")
    delimiter = getattr(tokenizer, "word_delimiter_token", None)
    special = {str(token) for token in tokenizer.all_special_tokens} - {delimiter}
    scheme = _scheme(tokenizer) or scheme_of(symbols)
    try:
        spelled = list(converted(symbols, scheme or "", {*special, *tokenizer.get_added_vocab()}))
    except UsageError as error:
        raise ModelError(f"hf:{name}: {error}") from None
    # A special token by another name than "<s>" or "[PAD]" must not be taken for text.
    spelled = [
        f"<{old}>" if old in special and column != blank and not SPECIAL.fullmatch(old) else new
        for column, (old, new) in enumerate(zip(symbols, spelled, strict=True))
    ]
    delimiter = " " if scheme == BYTES else delimiter
    separator = spelled.index(delimiter) if delimiter in spelled and scheme not in (BYTE_LEVEL, WORD_PIECE) else None
    unknown = tokenizer.unk_token_id
    vocabulary = Vocabulary(
        tuple(spelled),
        blank=int(blank),
        separator=separator,
        unknown=int(unknown) if unknown is not None and 0 <= unknown < size and unknown != blank else None,
        word_pieces=separator is None and any(symbol.startswith(WORD_START) for symbol in spelled),
    )
    if not vocabulary.pieces:
        raise ModelError(f"hf:{name}: its tokenizer has no symbol for the {size} outputs; check vocab.json")
    return vocabulary


def _warnings(name: str, tokenizer: Any, vocabulary: Vocabulary) -> list[str]:
    """A warning if the tokenizer takes another symbol for the blank than the configuration."""
    pad, blank = tokenizer.pad_token_id, vocabulary.blank
    if pad is None or pad == blank or not 0 <= pad < len(vocabulary):
        return []
    return [
        f"hf:{name}: the blank is symbol {blank} ({vocabulary.symbols[blank]!r}) by pad_token_id in config.json but "
        f"{pad} ({vocabulary.symbols[pad]!r}) by the tokenizer; {blank} is used: if the text is wrong, make them equal"
    ]


def _scheme(tokenizer: Any) -> str | None:
    """The scheme of sub-words by the tokenizer's own decoder, see `ctcalign.text.subwords`; None if it names none."""
    if type(tokenizer).__name__ in ("ByT5Tokenizer", "PerceiverTokenizer"):
        return BYTES
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = None if backend is None else json.loads(backend.to_str()).get("decoder")
    kinds = [one.get("type") for one in (decoder or {}).get("decoders", [decoder]) if one]
    return next((kind for kind in kinds if kind in (BYTE_LEVEL, WORD_PIECE, WORD_ENDS)), None)


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


def _remedy(name: str, part: str, reason: str) -> str:
    if Path(name).is_dir():
        return (
            f"hf:{name}: cannot be loaded ({part}{reason}); "
            "expected a folder written by save_pretrained of a CTC model and its processor"
        )
    return (
        f"hf:{name}: cannot be loaded or downloaded ({part}{reason}); check the name, or download the model elsewhere "
        "and use hf:FOLDER or put it into the cache (HF_HOME)"
    )


def _tokenizer_remedy(name: str, reason: str) -> str:
    """The remedy for a tokenizer that fails; transformers' own reason does not tell which file is missing or wrong."""
    folder = Path(name)
    if folder.is_dir():
        known = [*folder.glob("vocab*"), *folder.glob("tokenizer.*"), *folder.glob("*.model")]
        if not known:
            reason = "there is neither"
        languages = _languages(folder / "vocab.json")
        if languages:
            return (
                f"hf:{name}: cannot be loaded (vocab.json has a vocabulary for each of {len(languages)} languages: "
                f'{", ".join(languages[:5])}); set "target_lang" in tokenizer_config.json to one of them'
            )
    return _remedy(name, "its tokenizer, vocab.json or tokenizer.json: ", reason)


def _languages(file: Path) -> list[str]:
    """The languages of a file with a vocabulary for each; empty for another file."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    nested = isinstance(found, dict) and found and all(isinstance(one, dict) for one in found.values())
    return list(map(str, found)) if nested else []
