"""`ctcalign search`."""

from __future__ import annotations

from typing import TextIO

import click

from ctcalign.cli._options import hearing_options

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
    from ctcalign.cli._aligning import channel_choice, memory_size
    from ctcalign.cli._searching import chosen, found_in, show

    plan = chosen(audio, phrases, file, outputs, formats, as_json=as_json, overwrite=overwrite)
    chosen_channel, limit = channel_choice(channel), memory_size(max_memory)

    from ctcalign.align.phrase_search import SearchOptions

    options = SearchOptions(min_confidence, max_hits, chosen_channel, window, limit, romanise)  # type: ignore[arg-type]  # click has checked it
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
