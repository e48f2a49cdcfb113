"""What `ctcalign fit` can train, by the `task` of a configuration: which model, which data, what is exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from ctcalign.errors import UsageError
from ctcalign.train.data.module import CutsDataModule
from ctcalign.train.preference.speech.module import CtcPreferenceModule
from ctcalign.train.preference.text.data import TextDataModule
from ctcalign.train.preference.text.module import TextPreferenceModule
from ctcalign.train.recogniser.export import export_checkpoint
from ctcalign.train.recogniser.module import CTCModule

CTC = "ctc"


@dataclass(frozen=True)
class Task:
    """One kind of training.

    Attributes:
        model, data: the classes that a configuration's model and data are options of.
        monitor, mode: what best.ckpt goes by, and whether "min" or "max" is best.
        exported: what the model is called at the end.
        export: writes it: (module, last checkpoint, where) to the path.
        about: one line.
    """

    model: type[pl.LightningModule]
    data: type[pl.LightningDataModule]
    monitor: str
    mode: str
    exported: str
    export: Callable[[Any, Path, Path], Path]
    about: str


def _weights(module: Any, checkpoint: Path, output: Path) -> Path:
    return export_checkpoint(checkpoint, output)


def _folder(module: TextPreferenceModule, checkpoint: Path, output: Path) -> Path:
    return module.export(output)


TASKS = {
    CTC: Task(CTCModule, CutsDataModule, "val_wer", "min", "model.safetensors", _weights, "Train a CTC recogniser."),
    "ctc_preference": Task(
        CtcPreferenceModule,
        CutsDataModule,
        "val_wer",
        "min",
        "model.safetensors",
        _weights,
        "Go on training a CTC recogniser with a preference loss.",
    ),
    "text_preference": Task(
        TextPreferenceModule,
        TextDataModule,
        "val_loss",
        "min",
        "model",
        _folder,
        "Train a causal language model with a preference loss.",
    ),
}


def task_of(arguments: Sequence[str]) -> str:
    """The task that options and configuration files ask for; the last word wins, as everywhere.

    Args:
        arguments: as on the command line.
    Raises:
        UsageError: there is no such task.
    """
    found = CTC
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in ("--task", "--config") and not value:
            value = arguments[place + 1] if place + 1 < len(arguments) else ""
        if name == "--task":
            found = value
        elif name == "--config":
            found = _task_of_file(value) or found
    if found not in TASKS:
        raise UsageError(f"task: got {found!r}, expected one of {', '.join(TASKS)}")
    return found


def _task_of_file(name: str) -> str | None:
    """What a configuration file says; None where it says nothing. What is wrong with the file its reader will tell."""
    yaml: Any = import_module("yaml")
    try:
        content = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    task = content.get("task") if isinstance(content, dict) else None
    return None if task is None else str(task)
