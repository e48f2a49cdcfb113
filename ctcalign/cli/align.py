"""`ctcalign align`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ctcalign.aligner.choices import CUE_SCORES, METHODS
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
  ctcalign align song.mp3 song.srt --max-shift 5 -o song.lrc  the times in song.srt are right within 5 s
  ctcalign align call.wav call.txt --channel all -o call.json
  ctcalign align talks/*.mp3 --captions-dir captions -o aligned --format vtt
  ctcalign align accent.mp3 accent.srt --adapt 1 -o accent.vtt
  ctcalign align rede.wav rede.txt --model hf:NAME --language de -o rede.srt

{EXIT_STATUS}"""


@click.command("align", epilog=EPILOG)
@click.argument("audio")
@click.argument("captions", nargs=-1, metavar="CAPTIONS")
@click.option(
    "--captions-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Align several recordings, AUDIO..., with the files of their names in FOLDER: talk.mp3 with talk.srt or "
    "talk.en.srt. -o is a folder then.",
)
@result_options
@unspoken_option
@subtitle_options
@emission_options
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="global",
    show_default=True,
    help="global: one best path through the whole recording; ipfa: iterative pseudo-forced alignment between anchors, "
    "about 3.3 times slower, needs the extra `ipfa`.",
)
@click.option("--faithful", is_flag=True, help="With --method ipfa: the method exactly as published, flaws included.")
@click.option("--all-spoken", is_flag=True, help="Align every word of CAPTIONS as spoken; skip none.")
@click.option(
    "--max-shift",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Keep each caption within this distance of its time in CAPTIONS, unless the audio strongly disagrees.  "
    "[default: ignore these times; 3 with --trust-times]",
)
@click.option(
    "--trust-times",
    "trust",
    type=click.FloatRange(min=0),
    metavar="NATS",
    help="Penalty for a caption outside --max-shift.  [default: 20 with --max-shift]",
)
@language_option
@click.option(
    "--captions-format",
    "caption_format",
    metavar="NAME",
    help="Format of CAPTIONS.  [default: detected from name and content]",
)
@recording_option
@click.option(
    "--calibration",
    default="shipped",
    metavar="FILE",
    help="Calibration file for confidences, from `ctcalign calibrate`.  [default: the one shipped with the model]",
)
@click.option(
    "--score",
    type=click.Choice(CUE_SCORES),
    default="path",
    show_default=True,
    help="Which score to report for each caption; free_error_rate is negated.",
)
@click.option("--scores", is_flag=True, help="Keep all published scores of each caption (JSON).")
@click.option(
    "--split",
    type=click.Choice(("none", "lines", "sentences")),
    help="How CAPTIONS without times are divided into captions.  [default: lines, long ones into sentences]",
)
@click.option(
    "--adapt",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="PASSES",
    help="Train a copy of the model on the surest captions of this recording and align again, so many times (1 is "
    "usual), unless captions that it was not trained on show that this does not help. For recordings that the model "
    "hears badly; 3 to 8 times slower, needs torch: pip install 'ctcalign[torch]'.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the training with --adapt.")
@click.option(
    "--save-adapted",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the adapted model to FILE (hf: a folder), to be used as --model checkpoint:FILE (hf:FOLDER).  "
    "[default: it is forgotten]",
)
@romanise_option
@encoding_option
@text_size_option
def command(
    audio: str,
    captions: tuple[str, ...],
    captions_dir: Path | None,
    all_spoken: bool,
    max_shift: float | None,
    trust: float | None,
    **given: Any,
) -> None:
    """Find the time of each cue and each word of CAPTIONS in AUDIO.

    AUDIO is any recording or video; CAPTIONS any caption file, or plain text with one cue per line. CAPTIONS need no
    times. Cues and words that are not spoken are marked; speech without a caption is listed.

    With --captions-dir all arguments are recordings. One that cannot be aligned is named, and the others are aligned;
    the exit status is 1 then.
    """
    if captions_dir is None and not captions:
        raise click.UsageError("Missing argument 'CAPTIONS'; several recordings need --captions-dir")
    if captions_dir is None and len(captions) > 1:
        raise click.UsageError(
            f"got {len(captions) + 1} files, expected AUDIO CAPTIONS; several recordings need --captions-dir"
        )
    if given["save_adapted"] is not None and (captions_dir is not None or not given["adapt"]):
        raise click.UsageError("--save-adapted needs --adapt and one recording; remove it")
    prior = {name: value for name, value in (("max_shift", max_shift), ("trust", trust)) if value is not None}
    if given["faithful"] and given["method"] != "ipfa":
        raise click.UsageError("--faithful is an option of --method ipfa; add it or remove --faithful")
    if all_spoken and given["method"] != "global":
        raise click.UsageError("--all-spoken is an option of --method global; remove one of them")
    if prior and given["method"] != "global":
        raise click.UsageError("--max-shift and --trust-times are options of --method global; remove them")

    results, given = split(ResultOptions, given, limits=limits_from(given))
    if captions_dir is not None:
        from ctcalign.cli.several import plan_several

        several = plan_several((audio, *captions), captions_dir, results)
    else:
        from ctcalign.cli.results import plan_results, run

        planned = plan_results(results.outputs, results.formats, audio, (audio, captions[0]), results.overwrite)

    from ctcalign.aligner.graph.old_times import OldTimes
    from ctcalign.aligner.graph.word_graph import SkipCosts
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.run import align

    skips = None if all_spoken else SkipCosts()
    old_times = OldTimes(**prior) if prior else None
    options, given = split(AlignOptions, given, skips=skips, old_times=old_times)
    if captions_dir is not None:
        from ctcalign.cli.several import run_several

        run_several(several, results, options, given)
    else:
        text = captions[0]
        run(lambda progress: align(audio, text, options=options, progress=progress, **given), planned, results)
