"""`ctcalign align`: the command of the first minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctcalign.align.alignment import Alignment

EPILOG = """\b
Examples:
  ctcalign align talk.mp4 talk.srt                          a table on the terminal
  ctcalign align talk.mp4 talk.srt -o retimed.srt -o words.vtt -o talk.json
  ctcalign align talk.mp3 talk.txt --format textgrid -o -   TextGrid on standard output
  ctcalign align call.wav call.txt --channel all -o call.json
  ctcalign align rede.wav rede.txt --model hf:NAME --language de -o rede.srt"""


@click.command("align", epilog=EPILOG)
@click.argument("audio")
@click.argument("captions")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="File to write, its format by extension; '-' is standard output; FOLDER/ with --format. Repeatable.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Format, where no extension tells it; see `ctcalign convert --list`.",
)
@click.option("--model", default="builtin:en", show_default=True, metavar="NAME", help="Model; see `ctcalign models`.")
@click.option(
    "--method",
    type=click.Choice(["global"]),
    default="global",
    show_default=True,
    help="How text and audio are matched.",
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
    "--channel",
    default="mix",
    show_default=True,
    metavar="mix|all|N",
    help="Channels to mix, all one by one, or the one with this number, from 0.",
)
@click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps.")
@click.option(
    "--window",
    type=click.FloatRange(min=1.0),
    metavar="SECONDS",
    help="Length of the pieces that the model hears at once.  [default: chosen by model]",
)
@click.option(
    "--max-memory",
    metavar="SIZE",
    help="Memory to stay below, such as 4G or 800M.  [default: no bound but the search's own, 2G]",
)
@click.option(
    "--romanise",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Write words in Latin letters for the model.",
)
@click.option("--tokens", is_flag=True, help="Keep the times of single symbols (JSON, TextGrid).")
@click.option("--table/--no-table", default=None, help="Print the table of cues.  [default: when there is no output]")
@click.option("--allow-noncommercial", is_flag=True, help="Accept models whose licence forbids commercial use.")
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
def command(
    audio: str,
    captions: str,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    model: str,
    method: str,
    language: str | None,
    captions_format: str | None,
    recording: str | None,
    channel: str,
    device: str,
    window: float | None,
    max_memory: str | None,
    romanise: str,
    tokens: bool,
    table: bool | None,
    allow_noncommercial: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Find when each cue and each word of CAPTIONS is said in AUDIO.

    AUDIO is any recording or video; CAPTIONS any caption file or plain text, a line a cue. Times in CAPTIONS are not
    needed. Exit status: 0 done, 1 the data cannot be used, 2 a wrong call.
    """
    from ctcalign.cli._aligning import channel_choice, memory_size, run, targets

    planned = targets(outputs, formats, audio, (audio, captions), overwrite)
    chosen_channel, limit = channel_choice(channel), memory_size(max_memory)

    from ctcalign.align.recording import AlignOptions, Progress, align

    options = AlignOptions(chosen_channel, window, limit, romanise, tokens)  # type: ignore[arg-type]  # click checked it

    def work(progress: Progress) -> Alignment:
        return align(
            audio,
            captions,
            model,
            "global",
            language,
            device,
            options=options,
            caption_format=captions_format,
            recording=recording,
            allow_noncommercial=allow_noncommercial,
            progress=progress,
        )

    run(work, planned, table=table, quiet=quiet)
