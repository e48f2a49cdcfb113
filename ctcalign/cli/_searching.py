"""The work behind `ctcalign search`: which phrases, where results go, progress, table and summary."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from ctcalign.cli._shared import note, progress, warn
from ctcalign.errors import CaptionError, UsageError

if TYPE_CHECKING:
    from ctcalign.align.phrase_hits import PhraseHits
    from ctcalign.align.phrase_search import SearchOptions
    from ctcalign.formats.registry import Format


@dataclass(frozen=True)
class Plan:
    """What to search, and where the hits go."""

    phrases: list[str]
    outputs: list[tuple[str, Format]]


def chosen(
    audio: str,
    phrases: Sequence[str],
    file: TextIO | None,
    outputs: Sequence[str],
    formats: Sequence[str],
    *,
    as_json: bool,
    overwrite: bool,
) -> Plan:
    """Check the command line before any work is done.

    Raises:
        UsageError, OutputError: no phrases, standard output twice, or see `targets`.   CaptionError: see `phrases_of`.
    """
    from ctcalign.cli._aligning import targets

    named = [file.name] if file is not None and file is not sys.stdin else []
    planned = targets(outputs, formats, audio, (audio, *named), overwrite)
    if as_json and any(name == "-" for name, _ in planned):
        raise UsageError("--json: standard output is already taken by an output; give that one a file")
    return Plan([*phrases, *(text for text in phrases_of(file) if text not in phrases)], planned)


def phrases_of(file: TextIO | None) -> list[str]:
    """The lines of a file of phrases.

    Raises:
        CaptionError: it is no text, or holds no phrase.
    """
    if file is None:
        return []
    from ctcalign.align.phrase_text import lines_of

    try:
        found = lines_of(file)
    except UnicodeDecodeError:
        raise CaptionError(f"{file.name}: is no UTF-8 text; expected a phrase on each line") from None
    if not found:
        raise CaptionError(f"{file.name}: holds no phrase; expected one on each line")
    return found


def found_in(
    audio: str,
    plan: Plan,
    model: str,
    language: str | None,
    device: str,
    options: SearchOptions,
    *,
    calibration: str | None,
    allow_noncommercial: bool,
    quiet: bool,
) -> PhraseHits:
    """Search with a progress bar."""
    from ctcalign.align.phrase_confidence import read_calibration
    from ctcalign.align.phrase_search import search_phrases

    coefficients = None if calibration is None else read_calibration(calibration)
    with progress("listening", enabled=not quiet) as update:
        return search_phrases(
            audio,
            plan.phrases,
            model,
            language,
            device,
            options=options,
            calibration=coefficients,
            allow_noncommercial=allow_noncommercial,
            progress=lambda stage, done, total: update(done, total),
        )


def show(found: PhraseHits, plan: Plan, *, as_json: bool, quiet: bool) -> None:
    """Write every output; print JSON when asked to, the table when there is no other output."""
    from ctcalign.formats.writing import write
    from ctcalign.report.search_table import hit_summary, hit_table

    for name, entry in plan.outputs:
        report = write(found.alignment(), name, entry.name)
        if not quiet:
            warn(f"{name}: {text}" for text in report.notes)
    if as_json:
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif not plan.outputs:
        from rich.console import Console

        Console(width=None if sys.stdout.isatty() else 120).print(hit_table(found))
    if not quiet:
        warn(found.warnings)
        note(hit_summary(found))
