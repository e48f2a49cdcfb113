"""The configuration of `ctcalign fit` for a pass."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ctcalign.adapt.options import AdaptOptions
from ctcalign.errors import UsageError
from ctcalign.files import atomic_write
from ctcalign.models.training.protocol import TrainableModel

BATCH = 60.0  # seconds of speech of an update
# Passes through the target's speech, and updates: fewer have no effect, more lead to overfitting.
EPOCHS, LEAST, MOST = 30, 100, 5000
# Peak learning rates: small networks that were trained from random weights tolerate a higher one than large networks
# that were pre-trained without transcripts.
LR, LR_PRETRAINED = 3.0e-4, 3.0e-5
_PRETRAINED = 20_000_000  # parameters
PREFERENCE = 1.0  # weight of the loss of rejected captions; that of CTC is 1


def updates_of(target_seconds: float, options: AdaptOptions) -> int:
    """Number of updates of a pass."""
    if options.updates is not None:
        return options.updates
    share = options.drawn_share if options.keep_source else 0.0
    seconds = EPOCHS * target_seconds / (1.0 - share)
    return round(min(max(seconds / BATCH, LEAST), MOST))


def configuration(
    model: TrainableModel,
    init: str,
    train: Path,
    folder: Path,
    updates: int,
    language: str | None,
    options: AdaptOptions,
    allow_noncommercial: bool = False,
    pairs: int = 0,
    drawn_share: float | None = None,
) -> dict[str, Any]:
    """The configuration of the training of a pass, without those of the user.

    Args:
        model: the model that is trained.  init: its name.
        train: manifest of cuts.  folder: trainer.default_root_dir.
        pairs: of rejected captions and what is recognised in their place; 0: a training with CTC alone.
        drawn_share: share of the source domain in the cuts, if its weight is learnt; None: it is not.
    """
    parameters = sum(one.numel() for one in model.network.parameters())
    lr = options.lr or (LR_PRETRAINED if parameters > _PRETRAINED else LR)
    augmentation: dict[str, Any] = {"speeds": [0.9, 1.0, 1.1]}
    if not model.inputs.waveform:
        augmentation["spec_augment"] = {
            "frequency_masks": 2,
            "frequency_width": 20,
            "time_masks": 2,
            "time_share": 0.05,
            "time_frames": 20,
        }
    found: dict[str, Any] = {"task": "ctc_preference"} if pairs else {}
    own: dict[str, Any] = {"preference": preference_of(options)} if pairs else {}
    if drawn_share is not None:
        own["mixing"] = {
            "source": "",
            "held_out_target": "",
            "held_out_source": "",
            "share": drawn_share,
            "budget": options.source_budget,
        }
    return found | {
        "model": {
            "init": init,
            "allow_noncommercial": allow_noncommercial,
            "optimiser": {"lr": lr, "warmup_steps": max(1, updates // 10), "decay": "linear"},
            **own,
        },
        "data": {
            "train": str(train),
            "max_duration": BATCH,
            "longest": 30.0,
            "workers": 0,
            "augmentation": augmentation,
        },
        "trainer": {
            "default_root_dir": str(folder),
            "max_steps": updates,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "log_every_n_steps": 10,
        },
        "language": language,
        "seed": options.seed,
    }


def preference_of(options: AdaptOptions) -> dict[str, Any]:
    """Options of the preference loss; the file of the pairs is given when the training starts."""
    weights = {"min_weight": 0.0, "max_weight": 1.0} if options.rejected == "bco" else {}
    return {
        "loss": {"name": options.rejected, "weight": PREFERENCE, "options": {"beta": 0.1, **weights}},
        "tokens": "sequence",
        "ctc_on": "unlisted",
        "pairs": {"source": "manifest", "file": ""},
    }


def user_arguments(options: AdaptOptions) -> list[str]:
    """The user's configurations and settings as arguments of `ctcalign fit`."""
    files = [word for path in options.configs for word in ("--config", str(path))]
    return [*files, *(f"--{text}" for text in options.settings)]


def user_content(options: AdaptOptions) -> list[Any]:
    """The content of the user's configurations and settings, for the digest of a stage.

    Raises:
        UsageError: a configuration cannot be read.
    """
    yaml: Any = import_module("yaml")
    found: list[Any] = []
    for path in options.configs:
        try:
            found.append(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"config: {path}: cannot be read as YAML: {error}") from error
    return [*found, *options.settings]


def write_configuration(found: Mapping[str, Any], path: Path) -> None:
    """Write the configuration as YAML, atomically."""
    yaml: Any = import_module("yaml")
    with atomic_write(path) as stream:
        stream.write(yaml.safe_dump(dict(found), sort_keys=False, allow_unicode=True))
