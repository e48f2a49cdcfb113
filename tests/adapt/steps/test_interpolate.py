"""Weights on the way from the original model to the trained one, for a file and for a folder of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

import ctcalign
from ctcalign.adapt.setting import Model, Pass, original
from ctcalign.adapt.steps.interpolate import interpolated
from ctcalign.adapt.training.fitting import RUN, name_of
from ctcalign.files.digests import digest_of_file
from ctcalign.models.training.registry import open_trainable
from ctcalign.train.run import fit
from tests.models.training.small_models import saved
from tests.train.tones import config, make_cuts


@pytest.mark.parametrize("family", ["checkpoint", "hf"])
def test_the_weights_and_a_model_that_loads(family, corpus, tmp_path):
    init = corpus.model if family == "checkpoint" else f"hf:{saved(tmp_path / 'hf', 'wav2vec2')}"
    folder = tmp_path / "pass-01"
    file = config(folder / "fit" / RUN, make_cuts(tmp_path / "cuts", 6), trainer={"max_steps": 3})
    content = json.loads(file.read_text(encoding="utf-8"))
    content["model"] = {"init": init, "optimiser": {"lr": 1e-2, "warmup_steps": 0}}
    file.write_text(json.dumps(content), encoding="utf-8")
    exported = fit(["--config", str(file)])
    assert exported is not None
    one = cast(Pass, SimpleNamespace(folder=folder, setting=_setting(init)))
    trained = Model(name_of(exported), "trained")
    found = interpolated(one, trained, 0.25)
    start, end, between = (open_trainable(name).network.state_dict() for name in (init, trained.name, found.name))
    moved = False
    for name, value in between.items():
        if value.is_floating_point():
            moved = moved or not torch.equal(start[name], end[name])
            assert torch.allclose(value, 0.75 * start[name] + 0.25 * end[name], atol=1e-6)
    assert moved
    samples = torch.randn(16_000, generator=torch.Generator().manual_seed(0)).numpy() * 0.1
    assert ctcalign.transcribe(samples, found.name, "cpu", sample_rate=16_000) is not None
    # What a run that was stopped left is made again, to the same bytes.
    path = Path(found.name.partition(":")[2])
    weights = path if path.is_file() else path / "model.safetensors"
    digest = digest_of_file(weights)
    weights.unlink()
    (folder / "interpolate-0.25" / "done.json").unlink()
    assert interpolated(one, trained, 0.25) == found
    assert digest_of_file(weights) == digest


def _setting(init: str) -> Any:
    return SimpleNamespace(model=original(init), trainable=open_trainable(init), allow_noncommercial=False)
