"""`ctcalign search`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from ctcalign.cli.console import note, progress, warn
from ctcalign.cli.options import hearing_options
from ctcalign.errors import CaptionError, UsageError

if TYPE_CHECKING:
    from ctcalign.formats.registry import Format
    from ctcalign.search.hits import PhraseHits
    from ctcalign.search.run import SearchOptions

EPILOG = """\b
Examples:
  ctcalign search talk.mp4 "the harbour museum"             a table on the terminal
  ctcalign search talk.mp4 lighthouse "112 steps" --json    JSON on standard output
  ctcalign search call.wav --phrases names.txt -o hits.tsv -o hits.TextGrid
  ctcalign search talk.mp4 lighthouse --min-confidence 0.2 --max-hits 10"""


@click.command("search", epilog=EPILOG)
@click.argument("audio")
@click.argument("phrases", nargs=-1)
@click.option(
    "--phrases",
    "file",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="More phrases, a line each; '-' is standard input.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0.0, 1.0),
    default=0.5,
    show_default=True,
    metavar="P",
    help="Leave out hits that are less sure.",
)
@click.option("--max-hits", type=click.IntRange(min=1), metavar="N", help="Of each phrase the N surest hits.")
@click.option(
    "--language", metavar="CODE", help="Language of the phrases, for numbers and signs.  [default: the model's]"
)
@click.option(
    "--romanise",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Write words in Latin letters for the model.",
)
@click.option("--calibration", metavar="FILE", help="How sure a hit is with this model.  [default: shipped]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: each phrase with its hits.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="File to write, a cue a hit, its format by extension; '-' is standard output. Repeatable.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Format, where no extension tells it; see `ctcalign convert --list`.",
)
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
@hearing_options
def command(
    audio: str,
    phrases: tuple[str, ...],
    file: TextIO | None,
    min_confidence: float,
    max_hits: int | None,
    language: str | None,
    romanise: str,
    calibration: str | None,
    as_json: bool,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    overwrite: bool,
    quiet: bool,
    model: str,
    channel: str,
    device: str,
    window: float | None,
    max_memory: str | None,
    allow_noncommercial: bool,
) -> None:
    """Find where PHRASES are said in AUDIO, and how sure that is.

    A phrase is a word or some words; numbers are heard in every way they may be read. Hits of one phrase do not
    overlap.
    """
    from ctcalign.cli.results import channel_choice, memory_size
    from ctcalign.cli.search import chosen, found_in, show

    plan = chosen(audio, phrases, file, outputs, formats, as_json=as_json, overwrite=overwrite)
    chosen_channel, limit = channel_choice(channel), memory_size(max_memory)

    from ctcalign.search.run import SearchOptions

    options = SearchOptions(
        min_confidence=min_confidence,
        max_hits=max_hits,
        channel=chosen_channel,
        window=window,
        max_memory=limit,
        romanise=romanise,  # type: ignore[arg-type]  # click has checked it
    )
    found = found_in(
        audio,
        plan,
        model,
        language,
        device,
        options,
        calibration=calibration,
        allow_noncommercial=allow_noncommercial,
        quiet=quiet,
    )
    show(found, plan, as_json=as_json, quiet=quiet)


@dataclass(frozen=True)
class Plan:
    """What to search, and where the hits go."""

    phrases: list[str]
    outputs: list[tuple[str, Format]]


def chosen(
    audio: str,
    phrases: Sequence[str],
    file: TextIO | None,
    outputs: Sequence[str],
    formats: Sequence[str],
    *,
    as_json: bool,
    overwrite: bool,
) -> Plan:
    """Check the command line before any work is done.

    Raises:
        UsageError, OutputError: no phrases, standard output twice, or see `targets`.   CaptionError: see `phrases_of`.
    """
    from ctcalign.cli.results import targets

    named = [file.name] if file is not None and file is not sys.stdin else []
    planned = targets(outputs, formats, audio, (audio, *named), overwrite)
    if as_json and any(name == "-" for name, _ in planned):
        raise UsageError("--json: standard output is already taken by an output; give that one a file")
    return Plan([*phrases, *(text for text in phrases_of(file) if text not in phrases)], planned)


def phrases_of(file: TextIO | None) -> list[str]:
    """The lines of a file of phrases.

    Raises:
        CaptionError: it is no text, or holds no phrase.
    """
    if file is None:
        return []
    from ctcalign.search.phrases import lines_of

    try:
        found = lines_of(file)
    except UnicodeDecodeError:
        raise CaptionError(f"{file.name}: is no UTF-8 text; expected a phrase on each line") from None
    if not found:
        raise CaptionError(f"{file.name}: holds no phrase; expected one on each line")
    return found


def found_in(
    audio: str,
    plan: Plan,
    model: str,
    language: str | None,
    device: str,
    options: SearchOptions,
    *,
    calibration: str | None,
    allow_noncommercial: bool,
    quiet: bool,
) -> PhraseHits:
    """Search with a progress bar."""
    from ctcalign.search.confidence import read_calibration
    from ctcalign.search.run import search_phrases

    coefficients = None if calibration is None else read_calibration(calibration)
    with progress("listening", enabled=not quiet) as update:
        return search_phrases(
            audio,
            plan.phrases,
            model,
            language,
            device,
            options=options,
            calibration=coefficients,
            allow_noncommercial=allow_noncommercial,
            progress=lambda stage, done, total: update(done, total),
        )


def show(found: PhraseHits, plan: Plan, *, as_json: bool, quiet: bool) -> None:
    """Write every output; print JSON when asked to, the table when there is no other output."""
    from ctcalign.formats.writing import write
    from ctcalign.report.tables.search import hit_summary, hit_table

    for name, entry in plan.outputs:
        report = write(found.alignment(), name, entry.name)
        if not quiet:
            warn(f"{name}: {text}" for text in report.notes)
    if as_json:
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif not plan.outputs:
        from rich.console import Console

        Console(width=None if sys.stdout.isatty() else 120).print(hit_table(found))
    if not quiet:
        warn(found.warnings)
        note(hit_summary(found))
