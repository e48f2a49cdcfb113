"""The transcribed speech of an adaptation: held out, for calibration, of the source domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.speech.cuts import Row, read_manifest, write_manifest
from ctcalign.adapt.speech.source import divided_source
from ctcalign.adapt.speech.transcribed import skipped_by, transcribed_cuts


@dataclass(frozen=True)
class Speech:
    """Transcribed speech.

    Attributes:
        held_out: manifest of the target, None: there is none.
        calibrate_on: cuts for calibration; may be empty.
        source: cuts of the source domain to mix in; may be empty.  source_held_out: manifest to measure on, or None.
    """

    held_out: Path | None
    calibrate_on: tuple[Row, ...]
    source: tuple[Row, ...]
    source_held_out: Path | None


def read_speech(options: AdaptOptions, root: Path, note: Callable[[str], None]) -> Speech:
    """Copy what the options name to folders of `root`.

    Args:
        note: takes a line on what cannot be used.
    Raises:
        UsageError, CaptionError: see `transcribed_cuts`.
    """

    def read(name: str, sources: Sequence[Path]) -> Path | None:
        if not sources:
            return None
        manifest = transcribed_cuts(sources, root / name.replace("_", "-"), name)
        skipped = skipped_by(manifest)
        if skipped:
            first = f"{skipped[0]['recording']}: {skipped[0]['reason']}{', …' * (len(skipped) > 1)}"
            note(f"{name}: {len(skipped)} recordings are not used ({first})")
        return manifest

    held_out = read("held_out", options.held_out)
    calibrate_on = read("calibrate_on", options.calibrate_on)
    source = read("source", options.keep_source)
    source_held_out = read("source_held_out", options.source_held_out)
    rows = [] if source is None else read_manifest(source)
    if source_held_out is None and len(rows) > 1:
        rows, measured = divided_source(rows)
        source_held_out = root / "source-held-out.jsonl.gz"
        write_manifest(source_held_out, measured)
    calibration = () if calibrate_on is None else tuple(read_manifest(calibrate_on))
    return Speech(held_out, calibration, tuple(rows), source_held_out)
