"""`ctcalign convert`: one alignment or caption file in, any formats out."""

from __future__ import annotations

import click


def _list_formats(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from ctcalign.report.tables.alignment import print_formats

    print_formats()
    context.exit()


@click.command(
    "convert", epilog="Exit status: 0 done, 1 the input or output cannot be used, 2 the command line cannot."
)
@click.argument("source", metavar="IN")
@click.argument("outputs", metavar="OUT...", nargs=-1, required=True)
@click.option(
    "--from", "from_format", metavar="FORMAT", help="Format of IN; without it, found out by name and content."
)
@click.option("--to", "to_format", metavar="FORMAT", help="Format of every OUT; without it, by extension.")
@click.option("--audio", metavar="PATH", help="The recording that the captions belong to; gives the duration.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that are there already.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_formats, help="List the formats."
)
def command(
    source: str,
    outputs: tuple[str, ...],
    from_format: str | None,
    to_format: str | None,
    audio: str | None,
    overwrite: bool,
) -> None:
    """Turn an alignment or a caption file into other formats.

    IN and OUT may be - for stdin and stdout. What a format cannot hold is reported on stderr; a JSON alignment holds
    everything, so keep that one.

    \b
      ctcalign convert talk.json talk.vtt talk.TextGrid    two formats at once
      ctcalign convert talk.vtt talk.srt                   captions to captions
      ctcalign convert talk.json - --to ctm | sort -k3n    to stdout
      ctcalign convert talk.json data/talk/ --to kaldi     a Kaldi data directory
      ctcalign convert talk.srt talk.jsonl.gz --audio talk.wav
      ctcalign convert --list                              what each format holds
    """
    from ctcalign.formats.converting import convert

    for report in convert(source, outputs, from_format, to_format, audio=audio, overwrite=overwrite):
        for note in report.notes:
            click.echo(f"ctcalign: {report.path}: {note}", err=True)
