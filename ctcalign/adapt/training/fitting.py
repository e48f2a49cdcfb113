"""`ctcalign fit` inside a pass: in this process and, with several devices, in processes that Lightning starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import read_checkpoint

RUN = "run"  # folder of the run in that of the stage
POINTS = 100  # of a loss curve


def train(
    configuration: Path,
    folder: Path,
    init: str,
    cuts: Path,
    user: Sequence[str],
    pairs: Path | None = None,
    domains: Mapping[str, Path] | None = None,
) -> Path:
    """Train, or resume a training that was stopped.

    Args:
        configuration: the pass's own.  folder: of the run.
        init: name of the model that is trained.  cuts: manifest to train on.
        user: arguments of `ctcalign fit` that override the configuration.
        pairs: manifest of the preference loss, if the configuration has one.
        domains: manifests of `model.mixing` by option, if the configuration has it.
    Returns:
        The exported model, a file or a folder.
    """
    from ctcalign.train.run import fit

    own: dict[str, object] = {
        "trainer.default_root_dir": folder,
        "data.train": cuts,
        "model.init": init,
        "resume": "last",
    }
    if pairs is not None:
        own["model.preference.pairs.file"] = pairs
    own |= {f"model.mixing.{name}": path for name, path in (domains or {}).items()}
    fixed = [word for name, value in own.items() for word in (f"--{name}", str(value))]
    arguments = ["--config", str(configuration), *user, *fixed]
    with _as_command(["fit", *arguments]):
        found = fit(arguments)
    if found is None:
        raise UsageError("export: got null, expected a model; remove it from the settings of adapt")
    return found


def name_of(exported: Path) -> str:
    """Name of an exported model, as `ctcalign.load_model` takes it."""
    return f"hf:{exported}" if exported.is_dir() else f"checkpoint:{exported}"


def exported_by(model: TrainableModel, folder: Path) -> Path:
    """The path to which a training exports the model."""
    return folder / model.exported


def loss_curve(run: Path) -> list[tuple[float, float]]:
    """(update, loss) of a run, at most `POINTS` of them; each loss is a mean over neighbouring updates."""
    from ctcalign.train.progress.curves import logged_rows

    rows = [(row["step"], row["loss"]) for row in logged_rows(run / "log") if "loss" in row]
    size = -(-len(rows) // POINTS) or 1
    parts = [rows[place : place + size] for place in range(0, len(rows), size)]
    return [(part[-1][0] + 1, round(sum(loss for _, loss in part) / len(part), 4)) for part in parts]


def learnt_shares(run: Path) -> list[dict[str, Any]]:
    """How a training changed the share of the source domain, a row for each change; empty if it was not learnt."""
    header, _ = read_checkpoint(run / "last.ckpt")
    state = header.get("source_share") or {}
    return [{name: round(value, 6) for name, value in row.items()} for row in state.get("history", ())]


def check_alone() -> None:
    """Check that this is the only process.

    Raises:
        UsageError: a launcher has started several.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 or int(os.environ.get("LOCAL_RANK", "0")) > 0:
        raise UsageError(
            "adapt: started in several processes; start it once, and set the number of training processes with "
            "--set trainer.devices=N"
        )


@contextmanager
def _as_command(arguments: Sequence[str]) -> Iterator[None]:
    """Let further processes of the training run these arguments of `ctcalign`, and end their group afterwards.

    Lightning starts them with the command line of this process.
    """
    from torch import distributed

    before, environment = sys.argv, dict(os.environ)
    sys.argv = [before[0] if before else "ctcalign", *arguments]
    try:
        yield
    finally:
        sys.argv = before
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
