"""Checkpoints of a training as models: their header with its provenance, export, and initial weights."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torch import Tensor

import ctcalign
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.checkpoint import read_pickle
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import build_network, load_weights, read_weights, save_recogniser, write_header
from ctcalign.text.vocabulary import Vocabulary

_PACKAGES = ("ctcalign", "torch", "pytorch-lightning", "lhotse", "numpy")


def header_of(
    network: CtcNetwork, vocabulary: Vocabulary, training: Mapping[str, Any], resumed: Sequence[Any] = ()
) -> dict[str, Any]:
    """Header of a network in training: what `ctcalign.load_model` needs, the configuration, and package versions.

    Args:
        training: the resolved configuration; its language, licence and spike_delay, if set, are stored for the model.
        resumed: changes of the configuration in resumed trainings.
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
    record = {"training": dict(training), **({"resumed": list(resumed)} if resumed else {})}
    return write_header(network, vocabulary, {**about, **record, "versions": versions, "made": made})


def read_checkpoint(file: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a checkpoint of `ctcalign fit` (.ckpt) or of an exported model (.safetensors).

    Raises:
        ModelError: there is no such file, or it is neither of these.
    """
    path = Path(file)
    if not path.is_file():
        raise ModelError(f"{file}: no such file; give a .ckpt of 'ctcalign fit' or an exported .safetensors")
    return read_weights(path, str(file)) if path.suffix == ".safetensors" else read_pickle(path, str(file))


def export_checkpoint(checkpoint: str | Path, output: str | Path) -> Path:
    """Write the model of a training checkpoint without the state of the training, to be loaded as `checkpoint:FILE`.

    Args:
        checkpoint: .ckpt of `ctcalign fit`.  output: .safetensors file to write.
    Returns:
        The path of the model.
    Raises:
        ModelError: the checkpoint cannot be read.  UsageError: output has another extension.
    """
    path = Path(output)
    if path.suffix != ".safetensors":
        raise UsageError(f"output: expected a name with the extension .safetensors, got {output}")
    header, weights = read_checkpoint(checkpoint)
    network = build_network(header, weights, str(checkpoint))
    load_weights(network, weights, str(checkpoint))
    save_recogniser(path, network, header)
    return path


def load_initial(network: CtcNetwork, vocabulary: Vocabulary, file: str) -> None:
    """Load the weights of a checkpoint into a network.

    Raises:
        ModelError: the checkpoint cannot be read, or it has another architecture or other symbols.
    """
    header, weights = read_checkpoint(file)
    symbols = tuple(header.get("symbols", ()))
    if symbols != vocabulary.symbols:
        raise ModelError(
            f"init: the {len(symbols)} symbols of {file} differ from the {len(vocabulary)} of the tokenizer; "
            "use the tokenizer that it was trained with"
        )
    load_weights(network, weights, f"init: {file}")


def source_commit() -> str | None:
    """Commit of the checkout that `ctcalign` comes from, with "+" if its files differ; None outside a checkout."""
    root = Path(ctcalign.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        return commit + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no").strip() else "")
    except (OSError, subprocess.SubprocessError):
        return None  # git is not installed, or does not trust the folder


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, encoding="utf-8", check=True, timeout=20
    )
    return done.stdout
