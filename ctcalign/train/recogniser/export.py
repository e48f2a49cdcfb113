"""Checkpoints of training as models: their header, their weights in a file of their own, and where to begin from."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.checkpoint import read_pickle
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import build_network, load_weights, read_weights, save_recogniser, write_header
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.provenance import source_commit

_PACKAGES = ("ctcalign", "torch", "pytorch-lightning", "lhotse", "numpy")


def header_of(network: CtcNetwork, vocabulary: Vocabulary, training: Mapping[str, Any]) -> dict[str, Any]:
    """Header of a network in training.

    Args:
        training: the resolved configuration; its language, licence and spike_delay, if given, are those of the model.
    """
    about = {name: training[name] for name in ("language", "licence", "spike_delay") if training.get(name) is not None}
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    commit = source_commit()
    if commit is not None:
        versions["commit"] = commit
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return write_header(network, vocabulary, {**about, "training": dict(training), "versions": versions, "made": made})


def read_checkpoint(file: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a checkpoint of `ctcalign fit` (.ckpt) or of an exported model (.safetensors).

    Raises:
        ModelError: no such file, or not one of these.
    """
    path = Path(file)
    if not path.is_file():
        raise ModelError(f"{file}: no such file; give a .ckpt of 'ctcalign fit' or an exported .safetensors")
    return read_weights(path, str(file)) if path.suffix == ".safetensors" else read_pickle(path, str(file))


def export_checkpoint(checkpoint: str | Path, output: str | Path) -> Path:
    """Write the model of a training checkpoint, without the state of the training, for `checkpoint:FILE`.

    Args:
        checkpoint: .ckpt of `ctcalign fit`.  output: .safetensors to write.
    Returns:
        The path that was written.
    Raises:
        ModelError: the checkpoint cannot be read.  UsageError: output has another extension.
    """
    path = Path(output)
    if path.suffix != ".safetensors":
        raise UsageError(f"output: expected a name that ends in .safetensors, got {output}")
    header, weights = read_checkpoint(checkpoint)
    network = build_network(header, str(checkpoint))
    load_weights(network, weights, str(checkpoint))
    save_recogniser(path, network, header)
    return path


def load_initial(network: CtcNetwork, vocabulary: Vocabulary, file: str) -> None:
    """Fill a network with the weights of a checkpoint.

    Raises:
        ModelError: the checkpoint cannot be read, or is of another network or other symbols.
    """
    header, weights = read_checkpoint(file)
    symbols = tuple(header.get("symbols", ()))
    if symbols != vocabulary.symbols:
        raise ModelError(
            f"init: {file} has {len(symbols)} other symbols than the tokenizer's {len(vocabulary)}; "
            "use the tokenizer that it was trained with"
        )
    load_weights(network, weights, f"init: {file}")
