"""Errors that a user can act on: each message names the argument, what came, what was expected and the remedy."""

from __future__ import annotations


class CtcAlignError(Exception):
    """Base of every error that ctcalign raises on purpose. The command line prints its text as one line."""

    exit_code = 1


class UsageError(CtcAlignError, ValueError):
    """An option or argument has a value that cannot be used. Exit status 2."""

    exit_code = 2


class ShapeError(CtcAlignError, ValueError):
    """Tensors do not have the shapes that a function needs."""


class NoPathError(CtcAlignError, ValueError):
    """No alignment exists: the text needs more frames than there are."""


class AudioError(CtcAlignError):
    """A recording is missing, empty, corrupt or holds no audio."""


class CaptionError(CtcAlignError):
    """A caption file is missing, empty, of an unknown format or cannot be parsed."""


class ModelError(CtcAlignError):
    """A model cannot be loaded, or its licence was not accepted."""


class OutputError(CtcAlignError):
    """A result cannot be written."""


class CalibrationError(CtcAlignError):
    """A calibration file cannot be used."""


class BatchError(CtcAlignError, ValueError):
    """Values of a batch cannot be used: NaN, a length out of range, a label that is no label."""


class TrainingError(CtcAlignError):
    """Training cannot go on."""
