"""`ctcalign transcribe`."""

from __future__ import annotations

from typing import Any

import click

from ctcalign.aligner.choices import DECODERS
from ctcalign.cli.guide_options import guide_from, guide_options
from ctcalign.cli.language_model_options import fusion_from, language_model_options
from ctcalign.cli.options import (
    EXIT_STATUS,
    ResultOptions,
    emission_options,
    limits_from,
    result_options,
    split,
    subtitle_options,
)

EPILOG = f"""\b
Examples:
  ctcalign transcribe talk.mp4                      a table on the terminal
  ctcalign transcribe talk.mp4 -o talk.srt -o talk.json
  ctcalign transcribe talk.wav --decoder beam --beam 32 --format ctm -o -
  ctcalign transcribe talk.wav --decoder beam --lm 4gram.arpa
  ctcalign transcribe talk.wav --decoder beam --guide checkpoint:small.safetensors

{EXIT_STATUS}"""


@click.command("transcribe", epilog=EPILOG)
@click.argument("audio")
@result_options
@subtitle_options
@emission_options
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default="greedy",
    show_default=True,
    help="greedy: the best label of each frame; beam: prefix beam search.",
)
@language_model_options
@guide_options
def command(audio: str, **given: Any) -> None:
    """Transcribe AUDIO, with word times.

    Use this for a draft, or to test a model. The built-in models are trained for alignment, and their spelling is poor;
    use a larger model for text.

    The beam search decodes one segment between pauses at a time, at most about 20 s long. With --guide its scores are
    exact within a segment; with --lm each segment is a text of its own.
    """
    from ctcalign.cli.results import plan_results, run

    results, given = split(ResultOptions, given, limits=limits_from(given))
    planned = plan_results(results.outputs, results.formats, audio, (audio,), results.overwrite)

    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.transcription import transcribe

    options, given = split(AlignOptions, given)
    fusion = fusion_from(given, ("--decoder", given["decoder"]))
    guide = guide_from(given, ("--decoder", given["decoder"]), given["device"], given["allow_noncommercial"])
    run(
        lambda progress: transcribe(audio, options=options, fusion=fusion, guide=guide, progress=progress, **given),
        planned,
        results,
    )
