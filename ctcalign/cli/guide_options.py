"""The options of commands that decode with a guide."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctcalign.cli.decoding_options import check_alone, check_beam_search

if TYPE_CHECKING:
    from ctcalign.models.guide import Guide

F = TypeVar("F", bound=Callable[..., Any])

_GUIDE = (
    click.option(
        "--guide",
        metavar="MODEL",
        help="Steer the beam search by a second model with the same symbols, such as a small one that was adapted to "
        "the domain.",
    ),
    click.option(
        "--guide-base",
        metavar="MODEL",
        help="The guide before its adaptation, whose log-probabilities are subtracted from those of the guide.",
    ),
    click.option(
        "--guide-weight",
        type=click.FloatRange(min=0),
        metavar="W",
        help="Weight of the guide's log-probabilities, with --guide.  [default: 0.5]",
    ),
)


def guide_options(function: F) -> F:
    """--guide, --guide-base and --guide-weight: the arguments of `guide_from`."""
    for option in reversed(_GUIDE):
        function = option(function)
    return function


def guide_from(
    given: dict[str, Any], decoding: tuple[str, str], device: str, allow_noncommercial: bool
) -> Guide | None:
    """The guide of `guide_options`, whose values are taken out of the keywords of a command; None without --guide.

    Args:
        decoding: the option for the decoding, and its value: a guide needs "beam".
        device, allow_noncommercial: of the command.
    """
    guide, base, weight = (given.pop(name) for name in ("guide", "guide_base", "guide_weight"))
    if guide is None:
        check_alone("--guide", "name the model that steers", {"--guide-base": base, "--guide-weight": weight})
        return None
    check_beam_search("--guide", decoding)
    from ctcalign.models.guide import WEIGHT, load_guide

    return load_guide(guide, base, WEIGHT if weight is None else weight, device, allow_noncommercial)
