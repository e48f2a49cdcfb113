"""Checkpoints of a training: written atomically; a file that is not a checkpoint gives a one-line error."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from ctcalign.errors import ModelError
from ctcalign.files import atomic_write

_CODE = "it is a pickle that contains more than weights, which could run code"
# Entries that a training is resumed from: Lightning's own, and the state of ctcalign's classes.
_PARTS = ("state_dict", "optimizer_states", "lr_schedulers", "loops", "ctcalign")


class TrainingCheckpoints(TorchCheckpointIO):
    """Reads and writes checkpoints for Lightning.

    Lightning's own class writes to the system's temporary folder and copies the file from there. If the process is
    killed, it leaves a truncated checkpoint and a large temporary file.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint atomically; for an address such as s3://..., as Lightning does.

        Raises:
            OutputError: it cannot be written.
        """
        if "://" in os.fspath(path) or storage_options is not None:
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(Path(path), "wb") as stream:
            torch.save(checkpoint, stream)

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable[..., Any] | None = lambda storage, location: storage,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read a checkpoint of `ctcalign fit`. Code in it is never run.

        Raises:
            ModelError: the file is not a checkpoint, is damaged, or the training cannot be resumed from it.
        """
        try:
            content = torch.load(path, map_location=map_location, weights_only=True)
        except pickle.UnpicklingError as error:
            # torch's message for a pickle that names a function or class; damaged files give other messages.
            kind = _CODE if "nsupported" in str(error) else _kind(path)
            raise ModelError(f"resume: {path}: {kind}, expected a checkpoint of 'ctcalign fit' (.ckpt)") from None
        except (
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
            LookupError,
            BadZipFile,
            AttributeError,
            struct.error,
        ) as error:
            raise ModelError(
                f"resume: {path}: cannot be read as a checkpoint ({_kind(path)}); give another one, or start from the "
                "beginning"
            ) from error
        missing = [part for part in _PARTS if not isinstance(content, Mapping) or part not in content]
        if missing:
            raise ModelError(
                f"resume: {path}: not a checkpoint that a training can continue from: it has no {', '.join(missing)}; "
                "use it as model.init, if it is a model of ctcalign"
            )
        return dict(content)


def check_weights(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Check that the weights of a checkpoint match the network of the configuration.

    Raises:
        ModelError: a weight is missing, unknown or of another shape.
    """
    for name in own:
        if name not in state:
            raise ModelError(_other_network(f"it has no {name}"))
    for name, value in state.items():
        if name not in own:
            raise ModelError(_other_network(f"it has {name}, which the configuration does not"))
        if value.shape != own[name].shape:
            got, expected = tuple(value.shape), tuple(own[name].shape)
            raise ModelError(_other_network(f"its {name} has the shape {got}, that of the configuration {expected}"))


def _other_network(detail: str) -> str:
    return (
        f"resume: the checkpoint is of another network: {detail}; "
        "resume with the encoder and tokenizer that it was trained with"
    )


def _kind(path: str | os.PathLike[str]) -> str:
    """The kind of a file that is not a checkpoint, for messages."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
    except OSError as error:
        return error.strerror or str(error)
    if not head:
        return "it is empty"
    if Path(path).suffix == ".safetensors":
        return "it is a model without the state of a training; use it as model.init"
    if head.startswith(b"PK"):
        return "it is damaged or incomplete"
    if head.startswith(b"\x80"):
        return _CODE
    return "it is another kind of file"
