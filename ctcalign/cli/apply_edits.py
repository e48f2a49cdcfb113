"""`ctcalign apply-edits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    format_option,
    limits_from,
    overwrite_option,
    quiet_option,
    subtitle_options,
    text_size_option,
    unspoken_option,
)

if TYPE_CHECKING:
    from ctcalign.formats.shared.unspoken import Unspoken

EPILOG = f"""\b
Examples:
  ctcalign apply-edits talk.json talk.edits.json -o reviewed.json
  ctcalign apply-edits talk.json talk.edits.json -o reviewed.json -o talk.srt --unspoken drop
  ctcalign apply-edits talk.json talk.edits.json | jq '.cues[] | select(.reviewed)'

{EXIT_STATUS}"""


@click.command("apply-edits", epilog=EPILOG)
@click.argument("alignment")
@click.argument("edits")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="Output file, format by extension; '-' is standard output. Repeatable.  [default: JSON on standard output]",
)
@format_option
@click.option(
    "--force", is_flag=True, help="Take edits of another version of ALIGNMENT, if the indices of its cues fit."
)
@unspoken_option
@subtitle_options
@overwrite_option
@text_size_option
@quiet_option
def command(
    alignment: str,
    edits: str,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
    force: bool,
    unspoken: Unspoken,
    overwrite: bool,
    quiet: bool,
    **limits: Any,
) -> None:
    """Apply EDITS, the JSON that the review page exports, to the ALIGNMENT that was reviewed.

    Accepted and changed captions are aligned with confidence 1, rejected ones are not spoken (`--unspoken drop` leaves
    these out of caption files). In JSON each of them has `reviewed`: accepted, corrected or rejected; `calibrate` and
    `adapt` take such files.
    """
    from ctcalign.cli.console import note, warn
    from ctcalign.cli.results import plan_results, write_results
    from ctcalign.corrections.run import apply_edits
    from ctcalign.formats.subtitles.limits import check_outputs

    given = limits_from(limits)
    if not outputs and not formats:
        outputs, formats = ("-",), ("json",)
    planned = plan_results(outputs, formats, alignment, [alignment, edits], overwrite)
    check_outputs(given, [entry.name for _, entry in planned])
    if alignment == edits == "-":
        raise click.UsageError("ALIGNMENT and EDITS are both standard input; name a file for one of them")
    found = apply_edits(alignment, edits, force=force)
    write_results(found, planned, quiet=quiet, unspoken=unspoken, limits=given)
    if not quiet:
        from collections import Counter

        counts = Counter(cue.reviewed for cue in found.cues if cue.reviewed)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
        warn(text for text in found.warnings if text.startswith("review:"))
        note(f"{sum(counts.values())} of {len(found.cues)} cues reviewed: {verdicts or 'none'}")
