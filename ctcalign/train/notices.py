"""Warnings of a training, shown once by the first process."""

from __future__ import annotations

import warnings

from pytorch_lightning.utilities import rank_zero_only


class TrainingWarning(UserWarning):
    """Something about a training that its user should know; the command line shows it."""


@rank_zero_only
def warn(text: str) -> None:
    """Warn, in the first process only."""
    warnings.warn(text, TrainingWarning, stacklevel=3)
