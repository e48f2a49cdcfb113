"""`ctcalign review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    Channel,
    encoding_option,
    max_duration_option,
    text_size_option,
    track_option,
)

if TYPE_CHECKING:
    from ctcalign.review.options import PageOptions

EPILOG = f"""\b
Examples:
  ctcalign review talk.json --audio talk.mp3           writes talk.html, which plays talk.mp3
  ctcalign review talk.json --embed -o review.html     one file with the recording in it, to send to someone
  ctcalign review corpus/                              pages and an index of what align-corpus wrote into corpus/

{EXIT_STATUS}"""


@click.command("review", epilog=EPILOG)
@click.argument("alignment")
@click.option("--audio", metavar="FILE", help="The recording.  [default: the one that ALIGNMENT names, if it is there]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The page.  [default: the name of ALIGNMENT with .html, in the current folder]  Of a corpus: the folder of "
    "the pages.  [default: review/ in it]",
)
@click.option("--embed", is_flag=True, help="Put the recording into the page.  [default: the page plays the file]")
@click.option("--spectrogram", is_flag=True, help="Put a mel spectrogram into the page.")
@click.option(
    "--max-cps",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    metavar="N",
    help="Mark captions with more characters per second.",
)
@click.option(
    "--max-line-length",
    type=click.IntRange(min=1),
    metavar="CHARACTERS",
    help="Mark captions with longer lines.  [default: none]",
)
@click.option(
    "--max-lines", type=click.IntRange(min=1), metavar="N", help="Mark captions with more lines.  [default: none]"
)
@click.option(
    "--channel",
    type=Channel(),
    default="mix",
    show_default=True,
    metavar="mix|N",
    help="Mix the channels, or take channel N, counted from 0, for the waveform.",
)
@track_option
@max_duration_option
@encoding_option
@text_size_option
@click.option("--overwrite", is_flag=True, help="Replace the page if it exists.")
def command(
    alignment: str,
    audio: str | None,
    output: Path | None,
    embed: bool,
    spectrogram: bool,
    max_cps: float,
    max_line_length: int | None,
    max_lines: int | None,
    channel: str | int,
    track: str | None,
    max_duration: float,
    overwrite: bool,
) -> None:
    """Write a web page to listen to, review and correct ALIGNMENT (JSON, or any caption file with times).

    The page is one file that works in a browser without a server and without the internet. Corrections are kept by the
    browser and exported as a JSON file.

    ALIGNMENT may be an output folder of `ctcalign align-corpus`: index.html then has hours, confidences, failures and a
    table of the recordings, with a page for each of them. Pages whose alignment has not changed are kept. A recording
    that cannot be read is named, and the exit status is 1.
    """
    from ctcalign.cli.console import note, warn
    from ctcalign.review.options import PageOptions
    from ctcalign.review.run import review_alignment

    options = PageOptions(
        embed=embed,
        spectrogram=spectrogram,
        channel=channel,
        track=track,
        max_duration=max_duration,
        max_cps=max_cps,
        max_line_length=max_line_length,
        max_lines=max_lines,
    )
    if Path(alignment).is_dir():
        if audio is not None:
            raise click.UsageError(
                f"--audio: {alignment} is a corpus, whose alignments name their recordings; remove it"
            )
        _review_corpus(Path(alignment), output, options)
        return
    target = output or Path(Path(alignment).stem or "alignment").with_suffix(".html")
    page = review_alignment(alignment, target, audio=audio, options=options, overwrite=overwrite)
    warn(page.warnings)
    note(f"wrote {target}")


def _review_corpus(folder: Path, output: Path | None, options: PageOptions) -> None:
    from ctcalign.cli.console import note, progress_bar, warn
    from ctcalign.review.corpus.run import review_corpus

    with progress_bar(enabled=True) as progress:
        found = review_corpus(folder, output, options=options, progress=progress)
    warn(found.messages)
    note(f"wrote {found.written} pages, kept {found.kept}; see {found.index}")
    if found.problems:
        click.echo(f"ctcalign: error: {found.problems} recordings could not be read in full", err=True)
        raise click.exceptions.Exit(1)
