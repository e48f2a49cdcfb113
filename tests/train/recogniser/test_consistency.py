"""Consistency: two views of each utterance, their losses against plain tensors, processes, and a whole training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.objectives import consistency_loss
from ctcalign.train.data.augmentation import Augmentation, NoiseConfig, SpecAugment
from ctcalign.train.data.batch import Batch, select
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.data.loading import Reader
from ctcalign.train.recogniser.consistency import ConsistencyConfig
from ctcalign.train.recogniser.terms import ObjectiveConfig
from ctcalign.train.run import fit
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.optimiser.test_accumulation import gradients_kept, near
from tests.train.preference.cases import trained
from tests.train.tones import config, log_of, make_cuts


def two_views(batch: Batch) -> Batch:
    """The batch with another view of each utterance, which does not depend on the others."""
    return replace(batch, second=batch.inputs.flip(2))


def test_the_losses_of_both_views():
    module = recogniser(consistency=ConsistencyConfig(0.5))
    batch = two_views(utterances(range(4)))
    batch.reasons = ["", "unreadable", "", ""]
    step = module.losses(batch)
    views = []
    for inputs in (batch.inputs, batch.second):
        log_probs, frames = module(inputs, batch.lengths)
        emissions, _ = select(batch, log_probs, frames, module.tokenizer, module.transcripts)
        views.append(emissions)
    ctc = np.mean([float(module.ctc.loss(one).loss) for one in views])
    gap = consistency_loss(views[0].log_probs, views[1].log_probs, views[0].lengths, views[0].target_lengths)
    assert step.count == 3
    assert float(step.terms["ctc"].value) == pytest.approx(ctc)
    assert float(step.terms["consistency"].value) == pytest.approx(float(gap.mean()))
    assert step.terms["consistency"].weight == 0.5


def test_nothing_to_train_on():
    module = recogniser(consistency=ConsistencyConfig())
    batch = two_views(utterances(range(2)))
    batch.reasons = ["unreadable", "unreadable"]
    step = module.losses(batch)
    assert [float(term.value) for term in step.terms.values()] == [0.0, 0.0]


def test_accumulated_batches_are_one_large_batch():
    whole = two_views(utterances(range(6)))
    small = [two_views(utterances(numbers, index)) for index, numbers in enumerate([[0, 1, 2], [3], [4, 5]])]
    kept, models = [], []
    for batches in (small, [whole]):
        module = recogniser(consistency=ConsistencyConfig(0.5))
        kept.append(gradients_kept(module))
        trained(module, batches, accumulate_grad_batches=len(batches))
        models.append(module)
    near(kept[0][0], kept[1][0])
    near(*([*model.parameters()] for model in models))
    other = recogniser(consistency=ConsistencyConfig(0.0))
    trained(other, [whole])
    with pytest.raises(AssertionError):
        near([*other.parameters()], [*models[1].parameters()])


@pytest.mark.parametrize(
    "objective",
    [ObjectiveConfig("trim_tail", 1.0, {"most": 5}), ObjectiveConfig("delay_penalty", 1.0, {"penalty": 0.1})],
)
def test_objectives_that_do_not_fit(objective):
    with pytest.raises(UsageError, match=r"model.consistency: expected no objective that replaces the CTC loss"):
        recogniser(consistency=ConsistencyConfig(), objectives=[objective])


def test_wrong_use():
    with pytest.raises(UsageError, match=r"model.consistency.weight: got -1"):
        ConsistencyConfig(-1)
    with pytest.raises(UsageError, match=r"the batches have no second view"):
        recogniser(consistency=ConsistencyConfig()).losses(utterances(range(2)))


def test_the_second_view(tmp_path):
    """Same speed and length, other noise and masks; the first view is what it is without a second one."""
    import soundfile as sf

    (tmp_path / "noise").mkdir()
    sf.write(tmp_path / "noise" / "one.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    cuts = list(open_cuts("cuts", str(make_cuts(tmp_path / "cuts", 2))))
    augmentation = Augmentation(
        speeds=[0.8, 1.25], noise=NoiseConfig(str(tmp_path / "noise"), 1.0, 0, 20), spec_augment=SpecAugment()
    )
    own = ProcessBatch(0, 0, True, cuts, False)
    batch = Reader(augmentation=augmentation, views=2)[own]
    assert batch.second.shape == batch.inputs.shape
    for place, length in enumerate(batch.lengths.tolist()):
        assert not torch.equal(batch.second[place, :length], batch.inputs[place, :length])
        assert torch.equal(batch.second[place, length:], batch.inputs[place, length:])
    assert torch.equal(Reader(augmentation=augmentation, views=2)[own].second, batch.second)
    plain = Reader(augmentation=augmentation)[own]
    assert plain.second is None
    assert torch.equal(plain.inputs, batch.inputs)
    unchanged = Reader(views=2)[own]
    assert torch.equal(unchanged.second, unchanged.inputs)


def test_a_view_with_nan():
    batch = two_views(utterances(range(2)))
    batch.second[1, 3] = torch.nan
    found = batch.without_nan()
    assert found.reasons == ["", "unreadable"]
    assert not found.second[1].any()
    assert not found.inputs[1].any()
    assert torch.equal(found.inputs[0], batch.inputs[0])


def trained_by(folder: Path, cuts: Path, *options: str) -> Path:
    data = {"train": str(cuts), "max_duration": 4, "workers": 0, "augmentation": {"spec_augment": {}}}
    file = config(folder, cuts, model={"consistency": {"weight": 0.5}}, data=data)
    fit(["--config", str(file), "--trainer.max_steps", "4", *options])
    return folder


def test_a_training(tmp_path):
    cuts = make_cuts(tmp_path / "cuts", 8)
    for row in log_of(trained_by(tmp_path / "whole", cuts)):
        assert row["consistency"] > 0
        assert row["loss"] == pytest.approx(row["ctc"] + 0.5 * row["consistency"], rel=1e-5)
    trained_by(tmp_path / "parts", cuts, "--trainer.max_steps", "2")
    trained_by(tmp_path / "parts", cuts, "--resume", "last")
    whole, resumed = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"] for name in ("whole", "parts")
    )
    for name, value in whole.items():
        assert torch.equal(value, resumed[name])
