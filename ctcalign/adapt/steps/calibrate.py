"""Confidences for the model of a pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.adapt.captions.calibrating import (
    FILE,
    agreeing_rows,
    fitted,
    kept_calibration,
    shipped,
    transcribed_rows,
)
from ctcalign.adapt.setting import Pass, corpus_of
from ctcalign.adapt.speech.cuts import read_manifest
from ctcalign.adapt.speech.source import digest_of_cuts
from ctcalign.adapt.stages import Stage
from ctcalign.errors import UsageError
from ctcalign.files.digests import digest_of_file, write_json


def calibrate(one: Pass) -> Path:
    """The calibration of the model."""
    setting, options = one.setting, one.setting.options
    given = options.calibration if one.number == 1 else None
    if one.number == 1 and given is None:
        given = shipped(one.model.name)
    rows = list(setting.speech.calibrate_on)
    if not rows and setting.speech.held_out is not None:
        rows = read_manifest(setting.speech.held_out)
    inputs: dict[str, Any] = {"version": __version__, "model": one.model.key, "language": setting.language}
    if given is not None:
        inputs["calibration"] = digest_of_file(given)
    else:
        inputs |= {"seed": options.seed, "before": None if one.before is None else digest_of_file(one.before)}
        inputs["speech"] = digest_of_cuts(rows) if rows else corpus_of(setting.talks)
    stage = Stage(one.folder / "calibrate", inputs)
    output = stage.folder / FILE
    if stage.is_done:
        return output
    stage.begin()
    if given is not None:
        found = kept_calibration(given, output, "")
    else:
        model = one.load()
        try:
            rows = rows or agreeing_rows(setting.talks, model, setting.language, setting.device)
            recordings = transcribed_rows(rows)
            if not recordings:
                raise UsageError(f"{len(rows)} phrases to fit on")
            found = fitted(recordings, model, setting.language, setting.device, options.seed, output, setting.progress)
        except UsageError as error:
            found = kept_calibration(one.before, output, f"not fitted again: {error}")
    write_json(stage.folder / "about.json", {"source": found.source, "about": found.about, "warnings": found.warnings})
    stage.finish([FILE, "about.json"])
    return output
