"""Checks that options of the beam search share."""

from __future__ import annotations

import click


def check_alone(main: str, remedy: str, options: dict[str, object]) -> None:
    """Without `main` its further options, by name, must not be given.

    Raises:
        click.UsageError: one of them is.
    """
    for option, value in options.items():
        if value is not None:
            shown = f"{value:g}" if isinstance(value, float) else value
            raise click.UsageError(f"{option}: got {shown} without {main}; {remedy} with {main}")


def check_beam_search(main: str, decoding: tuple[str, str]) -> None:
    """`main` needs a beam search.

    Args:
        decoding: the option for the decoding, and its value.
    Raises:
        click.UsageError: it is not "beam".
    """
    option, value = decoding
    if value != "beam":
        raise click.UsageError(f"{main}: needs a beam search, but {option} is {value}; add {option} beam")
