"""A transformers model in a checkpoint: weights, and a header with the text of its other files."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import ModelError
from ctcalign.files import temporary_folder
from ctcalign.models.header import FORMAT, check_identity
from ctcalign.models.hugging_face.licences import UNKNOWN
from ctcalign.models.hugging_face.parts import NEEDS, Parts
from ctcalign.models.pretrained import loading, transformers
from ctcalign.models.stored import built

ARCHITECTURE = "transformers-ctc/1"
CONFIG = "config.json"
# Prefix of the names of transformers' weights in the network that is trained.
PREFIX = "model."
_NAME = re.compile(r"[\w-][\w.-]*")
_BASE64 = "base64:"
_MASK = "masked_spec_embed"
_PROJECTION = "feature_projection.projection.bias"


def files_of(parts: Parts) -> dict[str, str]:
    """The files of feature extractor and tokenizer, by name; binary ones as base64."""
    found = {}
    with temporary_folder() as folder:
        parts.extractor.save_pretrained(folder)
        if parts.tokenizer is not None:
            parts.tokenizer.save_pretrained(folder)
        for path in sorted(folder.iterdir()):
            if path.is_file():
                found[path.name] = _text(path.read_bytes())
    return found


def header_of(parts: Parts, files: Mapping[str, str], frame_shift: float, about: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a checkpoint.

    Args:
        files: of feature extractor and tokenizer.
        about: further fields, such as language and licence.
    """
    vocabulary = parts.vocabulary
    return {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "files": {**files, CONFIG: parts.network.config.to_json_string()},
        "symbols": list(vocabulary.symbols),
        "blank": vocabulary.blank,
        "separator": vocabulary.separator,
        "unknown": vocabulary.unknown,
        "word_pieces": vocabulary.word_pieces,
        "frame_shift": frame_shift,
        "sample_rate": int(parts.extractor.sampling_rate),
        "look_ahead": None,
        **about,
    }


def write_files(files: Mapping[str, str], folder: Path, where: str) -> None:
    """Write the files of a header, with their names, into a folder.

    Raises:
        ModelError: an invalid file name, or damaged content.
    """
    for name, content in files.items():
        if not isinstance(content, str) or not _NAME.fullmatch(name):
            raise ModelError(f"{where}: its header has a file {name[:40]!r}, expected a name and a text; copy it again")
        try:
            coded = content.startswith(_BASE64)
            data = base64.b64decode(content[len(_BASE64) :], validate=True) if coded else content.encode()
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ModelError(f"{where}: {name} in its header is damaged ({error}); copy the file again") from None
        (folder / name).write_bytes(data)


def restore_parts(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> Parts:
    """The parts that header and weights describe.

    Args:
        weights: by their names in transformers' network, or in the network that is trained.
    Raises:
        ModelError: transformers is missing, or header and weights do not match.
    """
    vocabulary = check_identity(header, where)
    files = header.get("files")
    if not isinstance(files, Mapping) or CONFIG not in files:
        raise ModelError(f"{where}: its header has no {CONFIG}; copy the file again")
    library = transformers(f"{where}: {NEEDS}")
    message = partial(_damaged, where)
    inner = {key.removeprefix(PREFIX): value for key, value in weights.items()}
    with temporary_folder() as folder:
        write_files(files, folder, where)
        with loading(library, message):
            config = library.AutoConfig.from_pretrained(folder, trust_remote_code=False)
            extractor = library.AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=False)
            tokenizer = library.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if getattr(config, "vocab_size", None) != len(vocabulary):
        raise ModelError(f"{where}: its {CONFIG} has another number of symbols than its header; copy the file again")

    def make() -> Any:
        return library.AutoModelForCTC.from_config(config, dtype=torch.float32, trust_remote_code=False)

    _fit_mask(inner, config)
    with loading(library, message):
        network = built(make, {"layers": getattr(config, "num_hidden_layers", 0)}, inner, where)
        network.load_state_dict(inner)
    if getattr(config, "adapter_attn_dim", None) is not None:
        network.target_lang = getattr(tokenizer, "target_lang", None)
    licence = header.get("licence") or UNKNOWN
    return Parts(str(header.get("base_model") or where), network, extractor, tokenizer, vocabulary, licence)


def _fit_mask(weights: dict[str, Tensor], config: Any) -> None:
    """Add or remove the vector that replaces masked frames: networks have it if their configuration masks frames."""
    masks = any((getattr(config, name, None) or 0) > 0 for name in ("mask_time_prob", "mask_feature_prob"))
    known = [name for name in weights if name.endswith(_MASK)]
    if masks and not known:
        before = next((name for name in weights if name.endswith(_PROJECTION)), None)
        if before is not None:
            weights[before.removesuffix(_PROJECTION) + _MASK] = torch.empty_like(weights[before]).uniform_()
    for name in known if not masks else ():
        del weights[name]


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _BASE64
    return _BASE64 + base64.b64encode(data).decode("ascii") if text.startswith(_BASE64) else text


def _damaged(where: str, reason: str) -> str:
    return f"{where}: its header describes no model that transformers can build ({reason}); copy the file again"
