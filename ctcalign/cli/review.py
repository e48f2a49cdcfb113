"""`ctcalign review`."""

from __future__ import annotations

from pathlib import Path

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    Channel,
    encoding_option,
    max_duration_option,
    text_size_option,
    track_option,
)

EPILOG = f"""\b
Examples:
  ctcalign review talk.json --audio talk.mp3           writes talk.html, which plays talk.mp3
  ctcalign review talk.json --embed -o review.html     one file with the recording in it, to send to someone

{EXIT_STATUS}"""


@click.command("review", epilog=EPILOG)
@click.argument("alignment")
@click.option("--audio", metavar="FILE", help="The recording.  [default: the one that ALIGNMENT names, if it is there]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The page.  [default: the name of ALIGNMENT with .html, in the current folder]",
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
    """Write a page on which ALIGNMENT (JSON, or any caption file with times) is heard, judged and corrected.

    The page is one file that works in a browser without a server and without the internet. Corrections are kept by the
    browser and exported as a JSON file.
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
    target = output or Path(Path(alignment).stem or "alignment").with_suffix(".html")
    page = review_alignment(alignment, target, audio=audio, options=options, overwrite=overwrite)
    warn(page.warnings)
    note(f"wrote {target}")
