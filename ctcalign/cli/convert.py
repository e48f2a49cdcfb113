"""`ctcalign convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    encoding_option,
    limits_from,
    recording_option,
    subtitle_options,
    text_size_option,
    unspoken_option,
)

if TYPE_CHECKING:
    from ctcalign.formats.shared.unspoken import Unspoken

EPILOG = f"""\b
Examples:
  ctcalign convert talk.json talk.vtt talk.TextGrid    two formats at once
  ctcalign convert talk.vtt talk.srt                   captions to captions
  ctcalign convert talk.json - --to ctm | sort -k3n    to standard output
  ctcalign convert talk.json data/talk/ --to kaldi     a Kaldi data directory
  ctcalign convert talk.srt talk.jsonl.gz --audio talk.wav
  ctcalign convert --list                              what each format can represent

{EXIT_STATUS}"""


def _list_formats(context: click.Context, parameter: click.Parameter, requested: bool) -> None:
    if not requested or context.resilient_parsing:
        return
    from ctcalign.report.tables.alignment import print_formats

    print_formats()
    context.exit()


@click.command("convert", epilog=EPILOG)
@click.argument("source", metavar="IN")
@click.argument("outputs", metavar="OUT...", nargs=-1, required=True)
@click.option(
    "--from", "from_format", metavar="FORMAT", help="Format of IN.  [default: detected from name and content]"
)
@click.option("--to", "to_format", metavar="FORMAT", help="Format of each OUT whose extension names none, such as '-'.")
@recording_option
@click.option("--audio", metavar="PATH", help="Recording that the captions belong to; sets the duration.")
@encoding_option
@text_size_option
@unspoken_option
@subtitle_options
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_formats, help="List the formats and exit."
)
def command(
    source: str,
    outputs: tuple[str, ...],
    from_format: str | None,
    to_format: str | None,
    recording: str | None,
    audio: str | None,
    unspoken: Unspoken,
    overwrite: bool,
    **limits: Any,
) -> None:
    """Convert an alignment or a caption file to other formats.

    IN and OUT may be '-' for standard input and output. Data that a format cannot represent is reported on stderr. Only
    JSON represents everything: keep it.
    """
    from ctcalign.cli.console import note
    from ctcalign.formats.converting import convert

    reports = convert(
        source,
        outputs,
        from_format,
        to_format,
        recording=recording,
        audio=audio,
        unspoken=unspoken,
        limits=limits_from(limits),
        overwrite=overwrite,
    )
    for report in reports:
        for text in report.notes:
            note(f"{report.path}: {text}")
