"""The options of `ctcalign align` that `align-corpus` has too, and the settings that they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctcalign.aligner.choices import CUE_SCORES, METHODS

if TYPE_CHECKING:
    from ctcalign.aligner.options import AlignOptions

F = TypeVar("F", bound=Callable[..., Any])

METHOD_OPTIONS = (
    click.option(
        "--method",
        type=click.Choice(METHODS),
        default="global",
        show_default=True,
        help="global: one best path through the whole recording; ipfa: iterative pseudo-forced alignment between "
        "anchors, about 3.3 times slower, needs the extra `ipfa`.",
    ),
    click.option(
        "--faithful", is_flag=True, help="With --method ipfa: the method exactly as published, including its faults."
    ),
    click.option(
        "--all-spoken",
        is_flag=True,
        help="Align every word of CAPTIONS; skip none. For complete, verbatim transcripts.",
    ),
    click.option(
        "--max-shift",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Prefer a place within this distance of the time in CAPTIONS, as a soft prior.  [default: ignore these "
        "times; 3 with --trust-times]",
    ),
    click.option(
        "--trust-times",
        "trust",
        type=click.FloatRange(min=0),
        metavar="NATS",
        help="Penalty for a caption outside --max-shift.  [default: 20 with --max-shift]",
    ),
)
RESULT_OPTIONS = (
    click.option(
        "--calibration",
        default="shipped",
        metavar="FILE",
        help="Calibration file for confidences, from `ctcalign calibrate`.  [default: the one shipped with the model]",
    ),
    click.option(
        "--score",
        type=click.Choice(CUE_SCORES),
        default="path",
        show_default=True,
        help="Score to report for each caption; free_error_rate is negated.",
    ),
    click.option("--scores", is_flag=True, help="Write all published scores of each caption (JSON)."),
    click.option(
        "--split",
        type=click.Choice(("none", "lines", "sentences")),
        help="How to divide a text without times into captions.  [default: lines, long ones into sentences]",
    ),
    click.option(
        "--adapt",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="PASSES",
        help="Number of adaptation passes (usually 1). Each trains a copy of the model on the captions of this "
        "recording that are placed with most certainty, and aligns again. The copy is used only if held-out captions "
        "confirm it. For recordings that the model recognises poorly; 3 to 8 times slower, needs torch: pip install "
        "'ctcalign[torch]'.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the training with --adapt."
    ),
)
captions_format_option = click.option(
    "--captions-format",
    "caption_format",
    metavar="NAME",
    help="Format of CAPTIONS.  [default: detected from name and content]",
)


def method_options(command: F) -> F:
    """--method, --faithful, --all-spoken, --max-shift and --trust-times."""
    return _decorated(command, METHOD_OPTIONS)


def alignment_options(command: F) -> F:
    """--calibration, --score, --scores, --split, --adapt and --seed."""
    return _decorated(command, RESULT_OPTIONS)


def check_method(given: Mapping[str, Any]) -> None:
    """Options of one method that were given with another one.

    Raises:
        click.UsageError: there are.
    """
    if given["faithful"] and given["method"] != "ipfa":
        raise click.UsageError("--faithful is an option of --method ipfa; add it or remove --faithful")
    if given["all_spoken"] and given["method"] != "global":
        raise click.UsageError("--all-spoken is an option of --method global; remove one of them")
    if (given["max_shift"] is not None or given["trust"] is not None) and given["method"] != "global":
        raise click.UsageError("--max-shift and --trust-times are options of --method global; remove them")


def align_options_from(given: dict[str, Any]) -> tuple[AlignOptions, dict[str, Any]]:
    """The settings of the keywords of a command, and the keywords that are not among them."""
    from ctcalign.aligner.graph.settings import OldTimes, SkipCosts
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.cli.options import split

    rest = dict(given)
    prior = {name: value for name in ("max_shift", "trust") if (value := rest.pop(name)) is not None}
    skips = None if rest.pop("all_spoken") else SkipCosts()
    return split(AlignOptions, rest, skips=skips, old_times=OldTimes(**prior) if prior else None)


def _decorated(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
