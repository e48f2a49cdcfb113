"""The folder of a run: its files, and the protection of an earlier run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl

from ctcalign.errors import UsageError

LAST, BEST = "last", "best"


@dataclass(frozen=True)
class RunFolder:
    """The results of a run in a folder.

    Attributes:
        root: trainer.default_root_dir.  exported: possible names of the exported model.
    """

    root: Path
    exported: tuple[str, ...]

    def results(self) -> list[Path]:
        """The checkpoints and the model that the folder contains."""
        names = [f"{LAST}.ckpt", f"{BEST}.ckpt", *self.exported]
        return [path for path in (self.root / name for name in names) if path.exists()]

    def check_is_free(self) -> None:
        """Check that no earlier run would be overwritten.

        Raises:
            UsageError: the folder contains results of an earlier run.
        """
        found = self.results()
        if found:
            names = ", ".join(path.name for path in found)
            raise UsageError(
                f"trainer.default_root_dir: {self.root} holds a run ({names}); continue it with --resume {LAST}, "
                "replace it with --overwrite, or name another folder"
            )


class RemoveOldRun(pl.Callback):
    """Removes the results of an earlier run when the training begins; whatever it needs from them is loaded by then."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remove the results, in one process only."""
        if not trainer.is_global_zero:
            return
        for path in self.run.results():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
