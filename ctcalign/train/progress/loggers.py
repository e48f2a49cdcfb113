"""The loggers of a training that names none."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

LOG = "log"


def default_loggers(root: Path) -> list[Logger]:
    """CSV in `log/version_N`, and TensorBoard beside it if it is installed (extra `tensorboard`).

    Args:
        root: folder of the run.
    """
    csv = CSVLogger(str(root), name=LOG)
    if find_spec("tensorboard") is None:
        return [csv]
    return [csv, TensorBoardLogger(str(root), name=LOG, version=csv.version)]
