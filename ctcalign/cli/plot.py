"""`ctcalign plot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    Channel,
    encoding_option,
    licence_option,
    max_duration_option,
    precision_option,
    text_size_option,
    track_option,
)

if TYPE_CHECKING:
    from ctcalign.models.precision import Precision

EPILOG = f"""\b
Examples:
  ctcalign plot talk.mp4 talk.json                         the whole talk as talk.png
  ctcalign plot talk.mp4 talk.json --start 60 --end 90 \\
           --model builtin:en -o minute.svg                half a minute, with the model's posteriors
  ctcalign plot aligned -o pictures --end 60               a picture for each recording of align-corpus

{EXIT_STATUS}"""


@click.command("plot", epilog=EPILOG)
@click.argument("audio")
@click.argument("alignment", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Picture (.png, .svg or .pdf), or the folder of the pictures of a corpus.  [default: the name of ALIGNMENT "
    "with .png, in the current folder]",
)
@click.option("--start", default=0.0, show_default=True, metavar="SECONDS", help="Start of the part to draw.")
@click.option(
    "--end", type=float, metavar="SECONDS", help="End of the part to draw.  [default: the end of the recording]"
)
@click.option("--row", default=12.0, show_default=True, metavar="SECONDS", help="Length of one row of the picture.")
@click.option(
    "--model", metavar="NAME", help="Also draw the posteriors of this model and the path of the aligned tokens."
)
@click.option(
    "--channel",
    type=Channel(),
    default="mix",
    show_default=True,
    metavar="mix|N",
    help="Mix the channels, or use channel N, counted from 0.",
)
@track_option
@max_duration_option
@precision_option
@licence_option
@encoding_option
@text_size_option
@click.option("--overwrite", is_flag=True, help="Replace the picture if it exists.")
def command(
    audio: str,
    alignment: str | None,
    output: Path | None,
    start: float,
    end: float | None,
    row: float,
    model: str | None,
    channel: str | int,
    track: str | None,
    max_duration: float,
    precision: Precision,
    allow_noncommercial: bool,
    overwrite: bool,
) -> None:
    """Draw AUDIO with the words and captions of ALIGNMENT (JSON, or any caption file with times).

    Without ALIGNMENT, AUDIO is an output folder of `ctcalign align-corpus`. Each recording is drawn as ID.png in the
    folder of --output. The exit status is 1 if one could not be drawn.

    Colours: grey for captions not spoken, red for captions not placed, orange for low confidence, hatched for speech
    without a caption.
    """
    from ctcalign.cli.console import note, warn
    from ctcalign.report.pictures.alignment import draw_alignment

    recogniser = None
    if model is not None:
        from ctcalign.models import load_model

        recogniser = load_model(model, allow_noncommercial=allow_noncommercial, precision=precision)
    options: dict[str, Any] = {
        "start": start,
        "end": end,
        "row_seconds": row,
        "model": recogniser,
        "channel": channel,
        "track": track,
        "max_duration": max_duration,
        "overwrite": overwrite,
    }
    if alignment is None:
        _draw_corpus(Path(audio), output, options)
        return
    target = output or Path(Path(alignment).stem or "alignment").with_suffix(".png")
    warn(draw_alignment(audio, alignment, target, **options))
    note(f"wrote {target}")


def _draw_corpus(folder: Path, output: Path | None, options: dict[str, Any]) -> None:
    from ctcalign.cli.console import note, printable, warn
    from ctcalign.formats.datasets.corpus_folder import is_corpus
    from ctcalign.report.pictures.several import draw_corpus

    if not is_corpus(folder):
        raise click.UsageError(f"ALIGNMENT is missing; {folder} alone is not an output folder of align-corpus")
    if output is None:
        raise click.UsageError("--output is missing; name a folder for the pictures")
    failed = drawn = 0
    for id, _, warnings, error in draw_corpus(folder, output, **options):
        warn(f"{id}: {text}" for text in warnings)
        if error is None:
            drawn += 1
        else:
            failed += 1
            click.echo(f"ctcalign: error: {' '.join(printable(f'{id}: {error}').split())}", err=True)
    note(f"drew {drawn} of {drawn + failed} recordings in {output}")
    if failed:
        raise click.exceptions.Exit(1)
