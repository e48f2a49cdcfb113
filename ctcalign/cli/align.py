"""`ctcalign align`: the command of the first minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctcalign.cli.options import hearing_options, result_options

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import Alignment

EPILOG = """\b
Examples:
  ctcalign align talk.mp4 talk.srt                          a table on the terminal
  ctcalign align talk.mp4 talk.srt -o retimed.srt -o words.vtt -o talk.json
  ctcalign align talk.mp3 talk.txt --format textgrid -o -   TextGrid on standard output
  ctcalign align song.mp3 song.srt --max-shift 5 -o song.lrc  times in song.srt are right within 5 s
  ctcalign align call.wav call.txt --channel all -o call.json
  ctcalign align rede.wav rede.txt --model hf:NAME --language de -o rede.srt"""


@click.command("align", epilog=EPILOG)
@click.argument("audio")
@click.argument("captions")
@result_options
@hearing_options
@click.option(
    "--method",
    type=click.Choice(["global", "ipfa"]),
    default="global",
    show_default=True,
    help="How text and audio are matched: one path through all of it, or window after window between anchors.",
)
@click.option("--faithful", is_flag=True, help="With --method ipfa: as it was published, faults and all.")
@click.option(
    "--all-spoken",
    is_flag=True,
    help="Every word of CAPTIONS is said: place all of them, leave none out.",
)
@click.option(
    "--max-shift",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Keep captions within this of the times in CAPTIONS, unless the sound says otherwise.  [default: these times "
    "are not looked at; with --trust-times 3]",
)
@click.option(
    "--trust-times",
    type=click.FloatRange(min=0),
    metavar="NATS",
    help="How much better the sound must fit elsewhere, a caption.  [default: with --max-shift 20]",
)
@click.option(
    "--language", metavar="CODE", help="Language of the captions, for numbers and signs.  [default: the model's]"
)
@click.option(
    "--captions-format", metavar="NAME", help="Format of CAPTIONS, where its name and content do not tell it."
)
@click.option(
    "--recording",
    metavar="ID",
    help="Which recording of CAPTIONS, where it holds several (STM, CTM, Kaldi, lhotse).  [default: the name of AUDIO]",
)
@click.option(
    "--calibration",
    metavar="FILE",
    help="What `ctcalign calibrate` wrote, for confidences.  [default: the model's own, where it has one]",
)
@click.option(
    "--score",
    type=click.Choice(["path", "min_mean", "mean", "ipfa", "free_ratio", "free_error_rate", "confidence"]),
    default="path",
    show_default=True,
    help="What becomes the score of a caption; free_error_rate with a minus sign.",
)
@click.option("--scores", is_flag=True, help="Keep all of these scores of each caption (JSON).")
@click.option(
    "--romanise",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Write words in Latin letters for the model.",
)
def command(
    audio: str,
    captions: str,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    model: str,
    method: str,
    faithful: bool,
    all_spoken: bool,
    max_shift: float | None,
    trust_times: float | None,
    language: str | None,
    captions_format: str | None,
    recording: str | None,
    channel: str,
    device: str,
    window: float | None,
    max_memory: str | None,
    calibration: str | None,
    score: str,
    scores: bool,
    romanise: str,
    tokens: bool,
    table: bool | None,
    allow_noncommercial: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Find when each cue and each word of CAPTIONS is said in AUDIO.

    AUDIO is any recording or video; CAPTIONS any caption file or plain text, a line a cue. Times in CAPTIONS are not
    needed. Captions and words that nobody says are marked, speech without a caption is listed.

    Exit status: 0 done, 1 the data cannot be used, 2 a wrong call.
    """
    from ctcalign.cli.results import channel_choice, memory_size, run, targets

    if faithful and method != "ipfa":
        raise click.UsageError("--faithful: it belongs to --method ipfa; add that or leave it out")
    if all_spoken and method != "global":
        raise click.UsageError("--all-spoken: it belongs to --method global; leave one of them out")
    asked = {"max_shift": max_shift, "trust": trust_times}
    prior = {name: value for name, value in asked.items() if value is not None}
    if prior and method != "global":
        raise click.UsageError("--max-shift, --trust-times: they belong to --method global; leave them out")
    planned = targets(outputs, formats, audio, (audio, captions), overwrite)
    chosen_channel, limit = channel_choice(channel), memory_size(max_memory)

    from ctcalign.aligner.graph.old_times import OldTimes
    from ctcalign.aligner.graph.skipping import SkipCosts
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.run import align
    from ctcalign.emission.progress import Progress

    options = AlignOptions(
        channel=chosen_channel,
        window=window,
        max_memory=limit,
        romanise=romanise,  # type: ignore[arg-type]  # click checked it
        tokens=tokens,
        skips=None if all_spoken else SkipCosts(),
        old_times=OldTimes(**prior) if prior else None,
        faithful=faithful,
        calibration=calibration or "shipped",
        score=score,
        scores=scores,
    )

    def work(progress: Progress) -> Alignment:
        return align(
            audio,
            captions,
            model,
            method,  # type: ignore[arg-type]  # click checked it
            language,
            device,
            options=options,
            caption_format=captions_format,
            recording=recording,
            allow_noncommercial=allow_noncommercial,
            progress=progress,
        )

    run(work, planned, table=table, quiet=quiet)
