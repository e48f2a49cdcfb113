"""The options that `ctcalign align` and `ctcalign transcribe` share, with one wording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_HEARING = (
    click.option(
        "--model", default="builtin:en", show_default=True, metavar="NAME", help="Model; see `ctcalign models`."
    ),
    click.option(
        "--channel",
        default="mix",
        show_default=True,
        metavar="mix|all|N",
        help="Channels to mix, all one by one, or the one with this number, from 0.",
    ),
    click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."),
    click.option(
        "--window",
        type=click.FloatRange(min=1.0),
        metavar="SECONDS",
        help="Length of the pieces that the model hears at once.  [default: chosen by model]",
    ),
    click.option(
        "--max-memory",
        metavar="SIZE",
        help="Memory to stay below, such as 4G or 800M.  [default: no bound but the search's own, 2G]",
    ),
    click.option("--allow-noncommercial", is_flag=True, help="Accept models whose licence forbids commercial use."),
)
_RESULTS = (
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="PATH",
        help="File to write, its format by extension; '-' is standard output; FOLDER/ with --format. Repeatable.",
    ),
    click.option(
        "--format",
        "formats",
        multiple=True,
        metavar="NAME",
        help="Format, where no extension tells it; see `ctcalign convert --list`.",
    ),
    click.option("--tokens", is_flag=True, help="Keep the times of single symbols (JSON, TextGrid)."),
    click.option(
        "--table/--no-table", default=None, help="Print the table of cues.  [default: when there is no output]"
    ),
    click.option("--overwrite", is_flag=True, help="Replace output files that exist."),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no summary."),
)


def hearing_options(command: F) -> F:
    """How the recording is heard: model, channel, device, window, max_memory, allow_noncommercial."""
    return _decorated(command, _HEARING)


def result_options(command: F) -> F:
    """Where results go: outputs, formats, tokens, table, overwrite, quiet."""
    return _decorated(command, _RESULTS)


def _decorated(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
