"""Errors of data and options in the programs of recipes: one line, exit status 1, no traceback."""

from __future__ import annotations

from collections.abc import Callable

from ctcalign.errors import CtcAlignError


def one_line(main: Callable[[], object]) -> None:
    """Run a program.

    Raises:
        SystemExit: an error of ctcalign, with its message.
    """
    try:
        main()
    except CtcAlignError as error:
        raise SystemExit(f"error: {error}") from None
