"""`ctcalign align` with several recordings: plan the outputs of each, align and write one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.console import note, printable, progress_bar, table_console, warn
from ctcalign.cli.options import ResultOptions
from ctcalign.cli.results import plan_results, write_results

if TYPE_CHECKING:
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.several import Pair
    from ctcalign.alignment.alignment import Alignment
    from ctcalign.formats.shared.format import Format

FORMAT = "json"  # of outputs without --format: it holds everything


@dataclass(frozen=True)
class Task:
    """A recording with its captions and its outputs."""

    pair: Pair
    planned: Sequence[tuple[str, Format]]


def plan_several(recordings: Sequence[str], captions: Path, results: ResultOptions) -> list[Task]:
    """The captions and the outputs of each recording, checked before any work is done.

    Raises:
        UsageError: -o is not one folder, captions are missing, or an output exists.   OutputError: see `plan_outputs`.
    """
    from ctcalign.aligner.several import pairs_of
    from ctcalign.formats.subtitles.limits import check_outputs

    if len(results.outputs) != 1 or results.outputs[0] == "-":
        raise click.UsageError("--captions-dir: expected one output, a folder: -o FOLDER, with --format for its files")
    folder = Path(results.outputs[0])
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"--output: {folder} is a file, expected a folder for the results of several recordings")
    pairs = pairs_of(recordings, captions)
    folder.mkdir(parents=True, exist_ok=True)
    formats = results.formats or (FORMAT,)
    tasks = []
    for pair in pairs:
        outputs = plan_results((f"{folder}/",), formats, pair.audio, (pair.audio, pair.captions), results.overwrite)
        check_outputs(results.limits, [entry.name for _, entry in outputs])
        tasks.append(Task(pair, outputs))
    return tasks


def run_several(
    tasks: Sequence[Task], results: ResultOptions, options: AlignOptions, given: dict[str, Any], together: bool
) -> None:
    """Align and write; exit with status 1 if a recording failed.

    Args:
        given: the other keywords of `ctcalign.align`; the model is loaded once.
        together: adapt one copy of the model to all recordings.
    """
    from ctcalign.aligner.run import align
    from ctcalign.aligner.several import align_several
    from ctcalign.aligner.together import align_together
    from ctcalign.models import load_model
    from ctcalign.report.tables.alignment import cue_table

    began = time.monotonic()
    given_model, precision = given.pop("model"), given.pop("precision")
    trusted, memory = given["allow_noncommercial"], options.max_memory
    model = load_model(given_model, given["device"], trusted, precision, memory, given["language"])
    pairs, planned = [task.pair for task in tasks], {task.pair: task.planned for task in tasks}
    done: dict[Pair, Alignment | Exception] = {}

    def work(pair: Pair) -> Alignment:
        alignment = done.get(pair) or align(pair.audio, pair.captions, model, options=options, **given)
        if isinstance(alignment, Exception):
            raise alignment
        if results.table:
            table_console(120).print(cue_table(alignment))
        write_results(alignment, planned[pair], quiet=results.quiet, unspoken=results.unspoken, limits=results.limits)
        return alignment

    seconds, failed = 0.0, 0
    with progress_bar(enabled=not results.quiet) as progress:
        if together:
            found = align_together(pairs, model, options=options, progress=progress, **given)
            done.update(zip(pairs, found, strict=True))
        for number, outcome in enumerate(align_several(pairs, work), 1):
            audio = outcome.pair.audio
            if outcome.alignment is not None:
                seconds += outcome.alignment.duration
                if not results.quiet:
                    warn(f"{audio}: {text}" for text in outcome.alignment.warnings)
            else:
                failed += 1
                text = " ".join(printable(str(outcome.error)).split()) or type(outcome.error).__name__
                click.echo(f"ctcalign: error: {text if audio in text else f'{audio}: {text}'}", err=True)
            progress("aligning", number, len(tasks))
    took = time.monotonic() - began
    if not results.quiet:
        speed = f", {seconds / took:.0f} x real time" if took > 0 and seconds else ""
        note(f"{len(tasks) - failed} of {len(tasks)} recordings, {seconds:.1f} s of audio in {took:.1f} s{speed}")
    if failed:
        raise click.exceptions.Exit(1)
