"""`ctcalign transcribe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctcalign.cli.options import hearing_options, result_options

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import Alignment
    from ctcalign.emission.progress import Progress

EPILOG = """\b
Examples:
  ctcalign transcribe talk.mp4                      a table on the terminal
  ctcalign transcribe talk.mp4 -o talk.srt -o talk.json
  ctcalign transcribe talk.wav --decoder beam --beam 32 --format ctm -o -"""


@click.command("transcribe", epilog=EPILOG)
@click.argument("audio")
@result_options
@hearing_options
@click.option(
    "--decoder",
    type=click.Choice(["greedy", "beam"]),
    default="greedy",
    show_default=True,
    help="The best label of each frame, or a prefix beam search.",
)
@click.option(
    "--beam", type=click.IntRange(min=1), default=16, show_default=True, help="Prefixes that the beam search keeps."
)
def command(
    audio: str,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    model: str,
    decoder: str,
    beam: int,
    channel: str,
    device: str,
    window: float | None,
    max_memory: str | None,
    tokens: bool,
    table: bool | None,
    allow_noncommercial: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write down what a model hears in AUDIO, with times: a draft, and a way to see what a model can do.

    The built-in model is made for alignment and misspells much; give a larger one for text.
    """
    from ctcalign.cli.results import channel_choice, memory_size, run, targets

    planned = targets(outputs, formats, audio, (audio,), overwrite)
    chosen_channel, limit = channel_choice(channel), memory_size(max_memory)

    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.transcription import transcribe

    options = AlignOptions(channel=chosen_channel, window=window, max_memory=limit, tokens=tokens)

    def work(progress: Progress) -> Alignment:
        return transcribe(
            audio,
            model,
            device,
            decoder=decoder,
            beam=beam,
            options=options,
            allow_noncommercial=allow_noncommercial,
            progress=progress,
        )

    run(work, planned, table=table, quiet=quiet)
