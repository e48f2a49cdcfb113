"""The errors of a model on the target and on the source domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.adapt.setting import Model, Pass
from ctcalign.adapt.speech.cuts import read_manifest
from ctcalign.adapt.speech.source import digest_of_cuts
from ctcalign.adapt.stages import Stage
from ctcalign.adapt.training.measuring import measured
from ctcalign.files.digests import read_json, write_json
from ctcalign.models import load_model


def measure(one: Pass, model: Model, held_out: Path, name: str = "evaluate") -> dict[str, Any]:
    """Errors of a model by part: target and source, which select passes; test and source_test, if there are any."""
    setting = one.setting
    manifests = {"target": held_out, **setting.speech.measured}
    inputs = {"version": __version__, "model": model.key}
    inputs |= {part: digest_of_cuts(read_manifest(path)) for part, path in manifests.items()}
    stage = Stage(one.folder / name, inputs)
    files = [f"{part}.json" for part in manifests]
    if not stage.is_done:
        stage.begin()
        loaded = load_model(model.name, setting.device, setting.allow_noncommercial)
        for part, path in manifests.items():
            if (stage.folder / f"{part}.json").exists():
                continue
            setting.progress(f"pass {one.number}: measuring {part}", 0, None)
            write_json(stage.folder / f"{part}.json", measured(loaded, path, setting.device))
        stage.finish(files)
    return {part: read_json(stage.folder / f"{part}.json") for part in manifests}
