"""The transcribed speech of an adaptation: held out, for calibration, of the source domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.speech.cuts import Row, read_manifest, write_manifest
from ctcalign.adapt.speech.source import divided_source, halves
from ctcalign.adapt.speech.transcribed import LEAST_JOINED, skipped_by, transcribed_cuts

LEAST = 2 * LEAST_JOINED  # utterances of a half, so that confidences can be calibrated on it


@dataclass(frozen=True)
class Speech:
    """Transcribed speech.

    Attributes:
        held_out: manifest of the target domain on which passes are evaluated; None if there is none.
        calibrate_on: cuts for calibration; may be empty.
        source: cuts of the source domain to mix in; may be empty.
        source_held_out: manifest that is compared with the budget, or None.
        test, source_test: manifests that are only measured, or None.
        divided: whether `test` is a part of the held-out recordings that were given.
    """

    held_out: Path | None
    calibrate_on: tuple[Row, ...]
    source: tuple[Row, ...]
    source_held_out: Path | None
    test: Path | None = None
    source_test: Path | None = None
    divided: bool = False

    @property
    def measured(self) -> dict[str, Path]:
        """Manifests to measure on by part, without the manifest of the target."""
        parts = {"source": self.source_held_out, "test": self.test, "source_test": self.source_test}
        return {part: path for part, path in parts.items() if path is not None}


def read_speech(options: AdaptOptions, root: Path, note: Callable[[str], None]) -> Speech:
    """Copy what the options name to folders of `root`.

    Args:
        note: called with a line about what cannot be used.
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

    held_out, test, divided = read("held_out", options.held_out), read("test", options.test), False
    if held_out is not None and test is None:
        held_out, test = _divided(held_out, root, "held-out", LEAST)
        divided = test is not None
    calibrate_on = read("calibrate_on", options.calibrate_on)
    source = read("source", options.keep_source)
    source_held_out = read("source_held_out", options.source_held_out)
    rows = [] if source is None else read_manifest(source)
    if source_held_out is None and len(rows) > 1:
        rows, measured = divided_source(rows)
        source_held_out = root / "source-held-out.jsonl.gz"
        write_manifest(source_held_out, measured)
    source_test = None
    if source_held_out is not None:
        source_held_out, source_test = _divided(source_held_out, root, "source-held-out", 1)
    calibration = () if calibrate_on is None else tuple(read_manifest(calibrate_on))
    return Speech(held_out, calibration, tuple(rows), source_held_out, test, source_test, divided)


def _divided(manifest: Path, root: Path, name: str, least: int) -> tuple[Path, Path | None]:
    """Manifests of the recordings that select passes and of those that are only measured.

    The second one is None where one recording, or fewer than `least` cuts in a half, are too few to be divided.
    """
    choosing, testing = halves(read_manifest(manifest))
    if not testing or min(len(choosing), len(testing)) < least:
        return manifest, None
    paths = root / f"{name}-choosing.jsonl.gz", root / f"{name}-test.jsonl.gz"
    for path, rows in zip(paths, (choosing, testing), strict=True):
        write_manifest(path, rows)
    return paths
