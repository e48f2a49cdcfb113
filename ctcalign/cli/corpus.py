"""`ctcalign align-corpus`: from options to a run, with a live table, a clean stop, and the summary at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ctcalign.aligner.options import AlignOptions
from ctcalign.audio.cut_sources import Trust
from ctcalign.cli.console import note, print_json, printable, warn
from ctcalign.cli.corpus_table import live_table
from ctcalign.cli.options import split
from ctcalign.corpus.inputs.opening import open_collection
from ctcalign.corpus.options import RunOptions, Shard
from ctcalign.corpus.run import align_corpus, plan_of
from ctcalign.corpus.settings import CorpusSettings, checked_formats
from ctcalign.corpus.workers import devices_of
from ctcalign.files.text_encoding import named_encoding
from ctcalign.files.text_size import text_limit
from ctcalign.models.registry import AUTO, default_model
from ctcalign.report.tables.corpus import estimate_lines, failure_lines, summary_lines
from ctcalign.signals import signals_noted


@dataclass(frozen=True)
class CorpusCall:
    """What a user asks for: input, output, and what is printed."""

    given: Path
    captions: Path | None
    output: Path
    dry_run: bool
    as_json: bool
    quiet: bool


def run_corpus(
    call: CorpusCall,
    align_options: AlignOptions,
    given: dict[str, Any],
    *,
    devices: str,
    shard: str | None,
    trust: tuple[bool, bool],
) -> None:
    """Align a corpus, or estimate that; exit with status 1 if a recording failed.

    Args:
        given: the other keywords of the command.
        devices: names with commas.
        trust: whether commands are run and addresses opened.
    """
    if given["model"] == AUTO:
        given["model"], warning = default_model(align_options.max_memory, given["language"])
        if warning and not call.quiet:
            warn([warning])
    given["formats"] = checked_formats(given["formats"], given["limits"])
    settings, given = split(
        CorpusSettings, given, options=align_options, encoding=named_encoding(), text_size=text_limit()
    )
    options, _ = split(
        RunOptions,
        given,
        devices=devices_of(devices),
        shard=Shard() if shard is None else Shard.of(shard),
        trust=Trust(*trust),
    )
    collection = open_collection(call.given, call.captions, options.trust)
    if call.dry_run:
        from ctcalign.corpus.estimate import estimate  # the libraries of a worker

        found = estimate(collection, plan_of(settings, settings.digest(), call.output, options))
        if call.as_json:
            print_json(found.to_dict())
        else:
            for line in estimate_lines(found):
                click.echo(line)
        return
    import ctcalign.report.pages.corpus  # noqa: F401  # needed at the end; now the libraries of the workers load anyway

    with signals_noted() as asked, live_table(enabled=not call.quiet) as watch:
        report = align_corpus(
            collection,
            call.output,
            settings,
            options,
            watch=watch,
            stop=lambda: bool(asked),
            note=(lambda text: None) if call.quiet else note,
        )
    show_report(report, call.output, quiet=call.quiet, as_json=call.as_json)
    if asked:
        raise click.exceptions.Exit(128 + asked[0])
    if report["failed"]:
        raise click.exceptions.Exit(1)


def show_report(report: dict[str, Any], output: Path, *, quiet: bool, as_json: bool) -> None:
    """Write the page of a whole corpus, and print the summary and the failures."""
    if "hours" in report:
        from ctcalign.report.pages.corpus import page
        from ctcalign.report.pages.parts import write_html

        write_html(page(report), output / "report.html")
    for line in failure_lines(report):
        click.echo(f"ctcalign: error: {' '.join(printable(line).split())}", err=True)
    if as_json:
        print_json(report)
    elif not quiet:
        for line in summary_lines(report, output):
            note(line)
