"""Two processes that train on one batch together follow the way of one process: CTC, fine-tuning, AWP, a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lhotse import CutSet

from ctcalign.train.processes import seed_generators
from ctcalign.train.run import fit
from tests.train.tones import config, log_of, make_cuts
from tests.train.two_processes import fit_alone_and_together

STEPS = 9
RUNS = ("ctc", "tuned", "awp", "taught")
# Everything for fine-tuning at once: rates by layer, averaged weights, a part that is thawed, accumulated steps.
TUNED = {
    "optimiser": {"lr": 0.005, "warmup_steps": 5, "layer_decay": 0.8, "ema": 0.9},
    "freeze": [{"modules": ["stem", "blocks.0"], "until_step": 4}, "encoder.norm"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[tuple[str, int], Path]:
    """Folders of the trainings by what and on how many processes; two processes run beside this one."""
    root = tmp_path_factory.mktemp("processes")
    # An odd number of utterances, some of which cannot be used, in batches of a few: one process has less to do.
    cuts, validation = make_cuts(root / "train", 23), make_cuts(root / "validation", 3, seed=1)
    next((root / "train").glob("*-004.wav")).unlink()
    listed = list(CutSet.from_file(cuts))
    for cut in listed[5:8]:
        cut.supervisions = []
    CutSet.from_cuts(listed).to_file(cuts)
    samplers = [{"name": "independent"}, {"name": "lattice", "paths": 2}, {"name": "nbest", "paths": 2, "beam": 4}]
    properties = ["low_latency", {"name": "low_latency", "k": 2}, "minimum_wer"]
    objectives = [
        {"name": "align_with_purpose", "weight": 0.3, "label": f"awp_{s['name']}", "sampler": s,
         "options": {"property": p}, "ramp_steps": 2}
        for s, p in zip(samplers, properties, strict=True)
    ]  # fmt: skip
    objectives += [{"name": "mwer", "weight": 0.1, "hypotheses": 3}]
    objectives += [{"name": "delay_penalty", "weight": 1, "options": {"penalty": 0.01}, "start_when": {"step": 5}}]
    config(root / "teacher", cuts, trainer={"max_steps": 1})
    fit(["--config", str(root / "teacher" / "train.yaml")])
    models: dict[str, dict[str, Any]] = {
        "ctc": {},
        "tuned": TUNED,
        "awp": {"objectives": objectives},
        "taught": {"teacher": {"name": str(root / "teacher" / "model.safetensors"), "shift": 0.04}},
    }
    folders = {}
    for what in RUNS:
        for count in (1, 2):
            folder = folders[what, count] = root / f"{what}{count}"
            config(
                folder,
                cuts,
                validation,
                model=models[what],
                data={
                    "train": str(cuts),
                    "max_duration": 4,
                    "buckets": 4,
                    "workers": 0,
                    "augmentation": {"speeds": [0.9, 1.0, 1.1], "spec_augment": {}},
                },
                trainer={
                    "max_steps": STEPS,
                    "devices": count,
                    "strategy": "ddp" if count > 1 else "auto",
                    "accumulate_grad_batches": 2 if what == "tuned" else 1,
                    "val_check_interval": 4,
                    "check_val_every_n_epoch": None,
                },
            )
    fit_alone_and_together([folders[what, 1] for what in RUNS], [folders[what, 2] for what in RUNS])
    return folders


@pytest.mark.parametrize("what", RUNS)
def test_two_processes_follow_one(runs, what):
    one, two = (log_of(runs[what, count]) for count in (1, 2))
    assert [row["step"] for row in one] == [row["step"] for row in two]
    assert len({row["step"] for row in one if "loss" in row}) == STEPS
    assert any("val_wer" in row for row in one)
    for first, second in zip(one, two, strict=True):
        assert first == pytest.approx(second, abs=1e-4)  # losses, statistics, counts, rates of validation
    assert len({row["utterances"] % 2 for row in one if "loss" in row}) == 2  # shares of different size occur


@pytest.mark.parametrize("what", RUNS)
def test_the_weights_are_the_same(runs, what):
    one, two = (torch.load(runs[what, count] / "last.ckpt", weights_only=True) for count in (1, 2))
    assert one["CutsDataModule"] == two["CutsDataModule"]
    assert one["ctcalign_training"]["skipped"] == two["ctcalign_training"]["skipped"]
    assert one["ctcalign_training"]["skipped"]["unreadable"] >= 1
    for key, value in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][key], value, atol=1e-4, rtol=1e-3)


def test_the_objectives_change_the_loss(runs):
    """Otherwise the comparison above would compare CTC with CTC."""
    rows = [row for row in log_of(runs["awp", 1]) if "loss" in row]
    for label in ("awp_independent", "awp_lattice", "awp_nbest", "mwer", "delay_penalty"):
        assert rows[-1][f"{label}/weight"] > 0
        assert f"{label}/loss" in rows[-1]
    assert "ctc" in rows[0]
    assert "ctc" not in rows[-1]  # the delay penalty stands in its place
    plain = [row for row in log_of(runs["ctc", 1]) if "loss" in row]
    apart = [abs(a["loss"] - b["loss"]) for a, b in zip(rows, plain, strict=True)]
    assert max(apart) > 1e-2


def test_the_teacher_changes_the_loss_and_uses_what_has_no_transcript(runs):
    rows = {what: [row for row in log_of(runs[what, 1]) if "loss" in row] for what in ("taught", "ctc")}
    for row in rows["taught"]:
        assert row["loss"] == pytest.approx(row["ctc"] + row["distil"], rel=1e-5)
    assert rows["ctc"][-1]["skipped/untranscribed"] >= 1
    assert "skipped/untranscribed" not in rows["taught"][-1]


def test_the_thawed_parts_were_trained_and_the_frozen_ones_were_not(runs):
    tuned, plain = (torch.load(runs[what, 2] / "last.ckpt", weights_only=True) for what in ("tuned", "ctc"))
    moments = tuned["optimizer_states"][0]
    names = {
        number: name
        for group in moments["param_groups"]
        for number, name in zip(group["params"], group["names"], strict=True)
    }
    steps = {names[number]: float(state["step"]) for number, state in moments["state"].items()}
    assert {count for name, count in steps.items() if ".stem." in name or ".blocks.0." in name} == {STEPS - 4.0}
    assert steps["head.weight"] == STEPS
    assert not any(name.startswith("encoder.norm.") for name in steps)
    assert tuned["ctcalign_average"]["updates"] == STEPS
    assert "ctcalign_average" not in plain


def test_generators_are_seeded_as_torch_and_numpy_do():
    seed_generators(2**40 + 7, torch.device("cpu"))
    found = torch.rand(3), np.random.random(3)
    torch.manual_seed(2**40 + 7)
    np.random.seed(7 + 2**40 % 2**32)
    assert torch.equal(found[0], torch.rand(3))
    assert (found[1] == np.random.random(3)).all()
