"""`ctcalign align`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ctcalign.cli.align_options import (
    align_options_from,
    alignment_options,
    captions_format_option,
    check_method,
    method_options,
)
from ctcalign.cli.options import (
    EXIT_STATUS,
    ResultOptions,
    emission_options,
    encoding_option,
    language_option,
    limits_from,
    recording_option,
    result_options,
    romanise_option,
    split,
    subtitle_options,
    text_size_option,
    unspoken_option,
)

EPILOG = f"""\b
Examples:
  ctcalign align talk.mp4 talk.srt                          a table on the terminal
  ctcalign align talk.mp4 talk.srt -o retimed.srt -o words.vtt -o talk.json
  ctcalign align talk.mp3 talk.txt --format textgrid -o -   TextGrid on standard output
  ctcalign align song.mp3 song.srt --max-shift 5 -o song.lrc  if the times in song.srt are right within 5 s
  ctcalign align call.wav call.txt --channel all -o call.json
  ctcalign align talks/*.mp3 --captions-dir captions -o aligned --format vtt
  ctcalign align accent.mp3 accent.srt --adapt 1 -o accent.vtt
  ctcalign align ana/*.mp3 --captions-dir ana --adapt 1 --adapt-together -o aligned
  ctcalign align rede.wav rede.txt --model hf:NAME --language de -o rede.srt

{EXIT_STATUS}"""


@click.command("align", epilog=EPILOG)
@click.argument("audio")
@click.argument("captions", nargs=-1, metavar="CAPTIONS")
@click.option(
    "--captions-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Align several recordings, AUDIO..., with the captions in FOLDER that have the same names: talk.mp3 with "
    "talk.srt or talk.en.srt. -o is then a folder.",
)
@result_options
@unspoken_option
@subtitle_options
@emission_options
@method_options
@language_option
@captions_format_option
@recording_option
@alignment_options
@click.option(
    "--adapt-together",
    is_flag=True,
    help="With --captions-dir and --adapt: train one copy of the model for all recordings, which should have the same "
    "speaker and sound.  [default: a copy for each recording]",
)
@click.option(
    "--save-adapted",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the adapted model to FILE (hf: a folder), to be used as --model checkpoint:FILE (hf:FOLDER).  "
    "[default: it is discarded]",
)
@romanise_option
@encoding_option
@text_size_option
def command(
    audio: str,
    captions: tuple[str, ...],
    captions_dir: Path | None,
    adapt_together: bool,
    **given: Any,
) -> None:
    """Find the time of each cue and each word of CAPTIONS in AUDIO.

    AUDIO is any audio or video file. CAPTIONS is any caption file, or plain text with one cue per line; it needs no
    times. Cues and words that are not spoken are marked, and speech without a caption is listed.

    With --captions-dir all arguments are recordings. If one cannot be aligned, it is named, the others are aligned, and
    the exit status is 1.
    """
    if captions_dir is None and not captions:
        raise click.UsageError("Missing argument 'CAPTIONS'; several recordings need --captions-dir")
    if captions_dir is None and len(captions) > 1:
        raise click.UsageError(
            f"got {len(captions) + 1} files, expected AUDIO CAPTIONS; several recordings need --captions-dir"
        )
    if adapt_together and (captions_dir is None or not given["adapt"]):
        raise click.UsageError("--adapt-together needs --adapt and --captions-dir; remove it")
    if given["save_adapted"] is not None and (not given["adapt"] or (captions_dir is not None and not adapt_together)):
        raise click.UsageError("--save-adapted needs --adapt and one recording, or --adapt-together; remove it")
    check_method(given)
    results, given = split(ResultOptions, given, limits=limits_from(given))
    if captions_dir is not None:
        from ctcalign.cli.several import plan_several

        several = plan_several((audio, *captions), captions_dir, results)
    else:
        from ctcalign.cli.results import plan_results, run

        planned = plan_results(results.outputs, results.formats, audio, (audio, captions[0]), results.overwrite)

    from ctcalign.aligner.run import align

    options, given = align_options_from(given)
    if captions_dir is not None:
        from ctcalign.cli.several import run_several

        run_several(several, results, options, given, adapt_together)
    else:
        text = captions[0]
        run(lambda progress: align(audio, text, options=options, progress=progress, **given), planned, results)
