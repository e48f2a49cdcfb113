"""Warnings of a training, shown once by the first process."""

from __future__ import annotations

import logging
import warnings

from pytorch_lightning.utilities import rank_zero_only


class TrainingWarning(UserWarning):
    """Something about a training that its user should know; the command line shows it."""


@rank_zero_only
def warn(text: str) -> None:
    """Warn, in the first process only."""
    warnings.warn(text, TrainingWarning, stacklevel=3)


def hide_tips() -> None:
    """Hide the advertisements for services that Lightning logs when a training begins."""
    logger = logging.getLogger("pytorch_lightning.utilities.rank_zero")
    if _is_no_tip not in logger.filters:
        logger.addFilter(_is_no_tip)


def _is_no_tip(record: logging.LogRecord) -> bool:
    return "Tip: " not in record.getMessage()[:8]
