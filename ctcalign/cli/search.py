"""`ctcalign search`."""

from __future__ import annotations

from typing import Any, BinaryIO

import click

from ctcalign.cli.console import note, print_json, progress_bar, table_console, warn
from ctcalign.cli.options import (
    EXIT_STATUS,
    emission_options,
    encoding_option,
    format_option,
    language_option,
    overwrite_option,
    quiet_option,
    romanise_option,
    split,
)
from ctcalign.errors import CaptionError, UsageError

EPILOG = f"""\b
Examples:
  ctcalign search talk.mp4 "the harbour museum"             a table on the terminal
  ctcalign search talk.mp4 lighthouse "112 steps" --json    JSON on standard output
  ctcalign search call.wav --phrases names.txt -o hits.tsv -o hits.TextGrid
  ctcalign search talk.mp4 lighthouse --min-confidence 0.2 --max-hits 10

{EXIT_STATUS}"""


@click.command("search", epilog=EPILOG)
@click.argument("audio")
@click.argument("phrases", nargs=-1)
@click.option(
    "--phrases",
    "file",
    type=click.File("rb"),
    metavar="FILE",
    help="File of phrases, one per line; '-' is standard input.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0.0, 1.0),
    default=0.5,
    show_default=True,
    metavar="P",
    help="Report only hits with at least this confidence.",
)
@click.option(
    "--max-hits", type=click.IntRange(min=1), metavar="N", help="Report the N hits of highest confidence per phrase."
)
@encoding_option
@language_option
@romanise_option
@click.option("--calibration", metavar="FILE", help="Calibration file for hit confidences.  [default: the one shipped]")
@click.option("--json", "as_json", is_flag=True, help="Print each phrase with its hits as JSON.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="Output file with one cue per hit, format by extension; '-' is standard output. Repeatable.",
)
@format_option
@overwrite_option
@quiet_option
@emission_options
def command(
    audio: str,
    phrases: tuple[str, ...],
    file: BinaryIO | None,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    calibration: str | None,
    as_json: bool,
    overwrite: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Find where PHRASES are spoken in AUDIO, with a confidence for each hit.

    A phrase is one or more words. Numbers are searched in all their readings. Hits of one phrase do not overlap.
    """
    from ctcalign.cli.results import plan_results, write_results

    named = [file.name] if file is not None and _is_file(file) else []
    planned = plan_results(outputs, formats, audio, (audio, *named), overwrite)
    if as_json and any(name == "-" for name, _ in planned):
        raise UsageError("--json: standard output is already used by an output; give that one a file")
    queries = [*phrases, *(text for text in _phrases_of(file) if text not in phrases)]

    from ctcalign.report.tables.search import hit_summary, hit_table
    from ctcalign.search.confidence import read_calibration
    from ctcalign.search.run import SearchOptions, search_phrases

    options, given = split(SearchOptions, given)
    coefficients = None if calibration is None else read_calibration(calibration)
    with progress_bar(enabled=not quiet) as progress:
        found = search_phrases(audio, queries, options=options, calibration=coefficients, progress=progress, **given)
    write_results(found.alignment(), planned, quiet=quiet)
    if as_json:
        print_json(found.to_dict(), indent=1)
    elif not planned:
        table_console(120).print(hit_table(found))
    if not quiet:
        warn(found.warnings)
        note(hit_summary(found))


def _is_file(file: BinaryIO) -> bool:
    return isinstance(getattr(file, "name", None), str) and file.name != "<stdin>"


def _phrases_of(file: BinaryIO | None) -> list[str]:
    """The phrases of a file, one per line.

    Raises:
        CaptionError: it is not text, or contains no phrase.
    """
    if file is None:
        return []
    from ctcalign.formats.shared.encoding import decode
    from ctcalign.search.phrases import lines_of

    name = file.name if _is_file(file) else "standard input"
    data = file.read()
    if not data.strip():
        raise CaptionError(f"{name}: contains no phrase; expected one per line")
    decoded = decode(data, name)
    warn(text if text.startswith(name) else f"{name}: {text}" for text in decoded.warnings)
    found = lines_of(decoded.text.split("\n"))
    if not found:
        raise CaptionError(f"{name}: contains no phrase; expected one per line")
    return found
