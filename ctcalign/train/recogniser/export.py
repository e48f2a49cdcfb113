"""Checkpoints of a training as models: their header with its provenance, export, and initial weights."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import ctcalign
from ctcalign.errors import ModelError
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import load_weights
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import read_checkpoint, restore
from ctcalign.text.vocabulary import Vocabulary

_PACKAGES = ("ctcalign", "torch", "pytorch-lightning", "lhotse", "numpy", "transformers")


def header_of(
    model: TrainableModel,
    training: Mapping[str, Any],
    resumed: Sequence[Any] = (),
    metrics: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Header of a model in training: what `ctcalign.load_model` needs, the configuration, and package versions.

    Args:
        training: the resolved configuration; its language, licence and spike_delay, if set, are stored for the model.
        resumed: changes of the configuration in resumed trainings.
        metrics: of the last validation.
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
    if metrics:
        record["metrics"] = dict(metrics)
    return model.header({**about, **record, "versions": versions, "made": made})


def export_checkpoint(checkpoint: str | Path, output: str | Path) -> Path:
    """Write the model of a training checkpoint without the state of the training, in the format of its family.

    Args:
        checkpoint: .ckpt of `ctcalign fit`.
        output: .safetensors file to write, to be loaded as `checkpoint:FILE`; for models of transformers a folder, to
            be loaded as `hf:FOLDER`.
    Returns:
        The path of the model.
    Raises:
        ModelError: the checkpoint cannot be read.  UsageError: output has another extension.
    """
    header, weights = read_checkpoint(checkpoint)
    model = restore(header, weights, str(checkpoint))
    header.pop("lora", None)  # they are merged
    return model.save(Path(output), header, model.network.state_dict())


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
