"""Errors that a user can act on: each message names the argument, the value, what was expected and the remedy."""

from __future__ import annotations

_MOST = 1500  # characters of a message


class CtcAlignError(Exception):
    """Base of all errors that ctcalign raises deliberately. The command line prints the message as one line.

    >>> import ctcalign
    >>> try:
    ...     ctcalign.read_captions("no-such.srt")
    ... except ctcalign.CtcAlignError as error:
    ...     print(error)
    no-such.srt: no such caption file; give a path ('-' is standard input)
    """

    exit_code = 1

    def __str__(self) -> str:
        """The message, without its middle if it quotes something long."""
        text = super().__str__()
        return text if len(text) <= _MOST else f"{text[: _MOST // 2]} ... {text[-_MOST // 2 :]}"


class UsageError(CtcAlignError, ValueError):
    """An option or argument has an invalid value. Exit status 2."""

    exit_code = 2


class OutputExistsError(UsageError):
    """An output exists and `overwrite` is not set. The command line names its option in place of the argument."""

    def __init__(self, output: object) -> None:
        super().__init__(f"output {output} exists; use overwrite=True to replace it")

    def for_command_line(self) -> str:
        """The message with the option `--overwrite`."""
        return str(self).replace("use overwrite=True", "give --overwrite")


class ShapeError(CtcAlignError, ValueError):
    """Tensors do not have the expected shapes or types."""


class BatchError(CtcAlignError, ValueError):
    """A batch holds invalid values: NaN or infinity, a length or label out of range, no scored tokens."""


class NoPathError(CtcAlignError, ValueError):
    """No alignment exists: the text needs more frames than there are."""


class AudioError(CtcAlignError):
    """A recording is missing, empty or corrupt, or has no audio stream."""


class CaptionError(CtcAlignError):
    """A caption file is missing, empty or of an unknown format, or cannot be parsed."""


class ModelError(CtcAlignError):
    """A model cannot be loaded, or its licence was not accepted."""


class UntrustedDataError(CtcAlignError):
    """Data would run a command or open a URL, which was not allowed."""


class CalibrationError(CtcAlignError):
    """A calibration file is invalid."""


class MissingPackageError(CtcAlignError, ImportError):
    """A package that an extra of ctcalign installs is missing."""


class TrainingError(CtcAlignError):
    """Training cannot continue."""


class OwnCodeError(CtcAlignError):
    """Code of the user's own raised an exception. `utterance`: its row in the batch, where known."""

    def __init__(self, message: str, utterance: int | None = None) -> None:
        super().__init__(message)
        self.utterance = utterance


class OutputError(CtcAlignError):
    """A result cannot be written."""
