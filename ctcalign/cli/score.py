"""`ctcalign score`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

EPILOG = """\b
Examples:
  ctcalign score talk.json truth.json
  ctcalign score talk.json talk.key.json --bounds tolerant --json
  ctcalign score talk.ctm reference.TextGrid --level word --plot errors.png

Exit status: 0 done, 1 the files cannot be compared, 2 the command line cannot be used."""


@click.command("score", epilog=EPILOG)
@click.argument("alignment")
@click.argument("reference")
@click.option(
    "--level",
    type=click.Choice(["auto", "cue", "word", "both"]),
    default="auto",
    show_default=True,
    help="What is compared; auto is what both files have.",
)
@click.option(
    "--match",
    "matching",
    type=click.Choice(["auto", "index", "order", "text"]),
    default="auto",
    show_default=True,
    help="How items find each other; auto takes the first of index, order and text that fits.",
)
@click.option(
    "--bounds",
    type=click.Choice(["speech", "clip", "tolerant"]),
    default="speech",
    show_default=True,
    help="What the edges are compared with; tolerant: nothing counts between clip border and speech.",
)
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    metavar="SECONDS",
    help="How near both ends must be to be right.",
)
@click.option(
    "--collar",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="PTEM: errors below it count as 0.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.95,
    show_default=True,
    help="Tell precision and recall of what a filter would keep from here on.",
)
@click.option(
    "--bins",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Bins of the reliability table and the ECE.",
)
@click.option("--recording", metavar="ID", help="The one to compare, of files that hold several (CTM, STM, lhotse).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables; seconds, shares of 1.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Picture of the errors and of the reliability: .png, .svg or .pdf.",
)
@click.option("--overwrite", is_flag=True, help="Replace the picture when it is there.")
def command(
    alignment: str,
    reference: str,
    level: str,
    matching: str,
    bounds: str,
    within: float,
    collar: float,
    min_confidence: float,
    bins: int,
    recording: str | None,
    as_json: bool,
    plot: Path | None,
    overwrite: bool,
) -> None:
    """Measure how far ALIGNMENT is from REFERENCE.

    Either is our JSON, a lhotse manifest, CTM, TextGrid, SRT, VTT or another caption file with times, - standard input.
    REFERENCE may be a truth file (ctcalign-truth/1), which also tells what is not spoken or not as written.
    """
    if alignment == reference == "-":
        raise click.UsageError("ALIGNMENT and REFERENCE are both standard input; name a file for one of them")
    from ctcalign.cli.console import note, warn
    from ctcalign.report.pictures.figure import check_picture
    from ctcalign.report.pictures.score import draw_score
    from ctcalign.scoring.compare import Level, Options
    from ctcalign.scoring.run import score

    if plot is not None:
        check_picture(plot, overwrite)
    options = Options(
        matching=cast(Any, matching),
        bounds=cast(Any, bounds),
        within=within,
        collar=collar,
        threshold=min_confidence,
        bins=bins,
    )
    chosen: dict[str, list[Level] | None] = {"auto": None, "both": ["cue", "word"], "cue": ["cue"], "word": ["word"]}
    found = score(alignment, reference, chosen[level], options, recording)
    warn(found.warnings)
    if as_json:
        import json

        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        from ctcalign.report.tables.score import print_score

        print_score(found)
    if plot is not None:
        draw_score(found, plot, overwrite=overwrite)
        note(f"wrote {plot}")
