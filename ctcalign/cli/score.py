"""`ctcalign score`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.options import EXIT_STATUS, encoding_option, split, text_size_option
from ctcalign.scoring.options import BOUNDS, LEVELS, MATCHINGS, Options

if TYPE_CHECKING:
    from ctcalign.scoring.options import Level

EPILOG = f"""\b
Examples:
  ctcalign score talk.json truth.json
  ctcalign score talk.json talk.key.json --bounds tolerant --json
  ctcalign score aligned references
  ctcalign score talk.ctm reference.TextGrid --level word --plot errors.png

{EXIT_STATUS}"""


@click.command("score", epilog=EPILOG)
@click.argument("alignment")
@click.argument("reference")
@click.option(
    "--level",
    type=click.Choice(["auto", *LEVELS, "both"]),
    default="auto",
    show_default=True,
    help="Items to compare; auto: every level that both files have.",
)
@click.option(
    "--match",
    "matching",
    type=click.Choice(MATCHINGS),
    default="auto",
    show_default=True,
    help="How to pair items; auto: the first of index, order and text that is possible.",
)
@click.option(
    "--bounds",
    type=click.Choice(BOUNDS),
    default="speech",
    show_default=True,
    help="Reference bounds of start and end; tolerant: any time between clip border and speech has no error.",
)
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    metavar="SECONDS",
    help="An item is right if the errors of both ends are at most this.",
)
@click.option(
    "--collar",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Collar of the PTEM measure: smaller errors count as 0.",
)
@click.option(
    "--min-confidence",
    "threshold",
    type=click.FloatRange(0, 1),
    default=0.95,
    show_default=True,
    help="Report precision and recall of the items with at least this confidence.",
)
@click.option(
    "--bins",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Bins of the reliability table and of ECE.",
)
@click.option("--recording", metavar="ID", help="Recording to compare, if the files hold several (CTM, STM, lhotse).")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON instead of tables, with seconds, and fractions instead of percentages.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Picture of the errors and of the reliability: .png, .svg or .pdf.",
)
@encoding_option
@text_size_option
@click.option("--overwrite", is_flag=True, help="Replace the picture if it exists.")
def command(
    alignment: str,
    reference: str,
    level: str,
    recording: str | None,
    as_json: bool,
    plot: Path | None,
    overwrite: bool,
    **given: Any,
) -> None:
    """Compare ALIGNMENT with REFERENCE: errors of times, detection of unspoken text, calibration of confidences.

    Each is a JSON alignment, lhotse manifest, CTM, TextGrid, SRT, VTT or another caption file with times, or '-' for
    standard input. REFERENCE may be a truth file (ctcalign-truth/1), which also marks captions that are not spoken, or
    not spoken as written.

    ALIGNMENT may be the output folder of `ctcalign align-corpus`. REFERENCE is then a folder with a file for each
    recording (ID.json, ID.vtt, ...), another such output, or a lhotse manifest of all.
    """
    if alignment == reference == "-":
        raise click.UsageError("ALIGNMENT and REFERENCE are both standard input; name a file for one of them")
    from ctcalign.cli.console import note, print_json, warn
    from ctcalign.scoring.run import score

    if plot is not None:
        from ctcalign.report.pictures.figure import check_picture

        check_picture(plot, overwrite)
    options, _ = split(Options, given)
    levels: dict[str, list[Level] | None] = {"auto": None, "both": ["cue", "word"], "cue": ["cue"], "word": ["word"]}
    found = score(alignment, reference, levels[level], options, recording)
    warn(found.warnings)
    if plot is not None:
        from ctcalign.report.pictures.score import draw_score

        draw_score(found, plot, overwrite=overwrite)
    if as_json:
        print_json(found.to_dict())
    else:
        from ctcalign.report.tables.score import print_score

        print_score(found)
    if plot is not None:
        note(f"wrote {plot}")
