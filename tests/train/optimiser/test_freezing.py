"""Frozen parts stay as they are to the last bit; thawed ones are trained from their update on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from ctcalign.errors import UsageError
from ctcalign.models.training.names import parameters_named
from ctcalign.train.optimiser.freezing import Freeze, Freezer
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.preference.cases import trained


class Normed(nn.Module):
    """Two blocks with batch normalisation and dropout, one of them shared with the output."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)) for _ in range(2)
        )
        self.head = nn.Linear(4, 4)
        self.head.weight = self.blocks[1][0].weight
        self.last = nn.Linear(4, 2)


def changed(before: dict[str, torch.Tensor], module: Any) -> set[str]:
    now = module.network.state_dict()
    return {name for name, value in before.items() if not torch.equal(value, now[name])}


def copied(module: Any) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.network.state_dict().items()}


def test_frozen_parameters_are_bit_identical_and_the_others_change():
    module = recogniser(freeze=["encoder.stem", "blocks.0"], optimiser={"weight_decay": 0.5})
    before = copied(module)
    trained(module, [utterances(range(3 * n, 3 * n + 3), n) for n in range(3)])
    names = dict(module.network.named_parameters())
    frozen = {name for name in names if name.startswith(("encoder.stem.", "encoder.blocks.0."))}
    assert len(frozen) > 4
    assert changed(before, module) == set(names) - frozen
    assert all(names[name].grad is None for name in frozen)


def test_a_part_is_thawed_at_its_update():
    module = recogniser(freeze=["stem", Freeze(["blocks"], until_step=2)])
    states = [copied(module)]

    class Watch(pl.Callback):
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            states.append(copied(module))

    trained(module, [utterances(range(3), n) for n in range(4)], callbacks=[Watch()])
    moved = [
        {name.split(".")[1] for name in one if not torch.equal(one[name], other[name])} - {"weight", "bias"}
        for one, other in pairwise(states)
    ]
    assert moved == [{"norm"}, {"norm"}, {"norm", "blocks"}, {"norm", "blocks"}]


def test_the_statistics_of_frozen_modules_stay_and_their_dropout_is_off():
    network = Normed()
    Freezer(network, ["blocks.0"])
    for _ in range(3):
        x = network.blocks[0](torch.randn(8, 4))
        network.head(network.blocks[1](x)).sum().backward()
    assert not network.blocks[0].training
    assert int(network.blocks[0][1].num_batches_tracked) == 0
    assert int(network.blocks[1][1].num_batches_tracked) == 3
    assert torch.equal(network.blocks[0](x), network.blocks[0](x))
    assert not torch.equal(network.blocks[1](x), network.blocks[1](x))


def test_modes_and_gradients_after_a_thaw():
    network = Normed()
    network.head.bias.requires_grad_(False)  # as some networks have it; a thaw does not change it
    freezer = Freezer(network, [Freeze(["blocks.*", "head.bias"], until_step=3), "blocks.0"])
    assert freezer.names == [name for name, _ in network.named_parameters() if name.startswith(("blocks.1.", "last."))]
    assert not freezer.apply(2)
    assert not any(module.training for module in network.blocks)
    assert freezer.apply(3)
    assert not freezer.apply(4)
    assert [module.training for module in network.blocks] == [False, True]
    assert {name for name, one in network.named_parameters() if one.requires_grad} == set(freezer.names)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("head", {"blocks.1.0.weight", "head.bias"}),  # a shared weight is found by each of its names
        ("blocks.0.0", {"blocks.0.0.weight", "blocks.0.0.bias"}),
        ("1.0.bias", {"blocks.1.0.bias"}),
        ("blocks.*.1.b*", {"blocks.0.1.bias", "blocks.1.1.bias"}),
    ],
)
def test_patterns(pattern, found):
    assert parameters_named(Normed(), [pattern], "model.freeze") == found


def test_an_unknown_pattern_lists_the_names():
    with pytest.raises(
        UsageError, match=r"model.freeze: no module or parameter is named 'block'; expected names such as "
    ):
        recogniser(freeze=["block"])
    with pytest.raises(UsageError) as caught:
        recogniser(freeze=["stem", Freeze(["haed"], until_step=3)])
    text = str(caught.value)
    assert "'haed'; expected names such as head, " in text
    for name in ("encoder.stem", "encoder.blocks"):
        assert name in text
    assert "encoder.blocks.1" not in text
    assert len(text) < 700


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        (["*"], "all parameters are frozen"),
        ([Freeze(["encoder"], until_step=5), "head"], "all parameters are frozen"),
        (["[{modules: [head], until: 5}]"], r"cannot read .*; expected names, or \{modules: \[NAME\], until_step: N\}"),
    ],
)
def test_what_cannot_be_trained_is_refused(freeze, message):
    with pytest.raises(UsageError, match=message):
        recogniser(freeze=freeze)


@pytest.mark.parametrize("options", [{"modules": []}, {"modules": ["head"], "until_step": 0}])
def test_wrong_options(options):
    with pytest.raises(UsageError, match=r"model\.freeze: "):
        Freeze(**options)
