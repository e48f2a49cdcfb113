"""Learning rates by layer and by name, and the state of AdamW when its groups have changed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ctcalign.errors import UsageError
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.training.layers import layers_of
from ctcalign.train.optimiser.config import OptimiserConfig, RateGroup
from ctcalign.train.optimiser.groups import adamw, regrouped
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.preference.cases import trained


def rates_of(optimiser: torch.optim.Optimizer, key: str = "lr") -> dict[str, float]:
    return {name: group[key] for group in optimiser.param_groups for name in group["names"]}


def test_without_options_matrices_are_decayed_and_the_rest_is_not():
    optimiser = adamw(OptimiserConfig(weight_decay=0.1), ConvEncoder(dim=8, blocks=1, kernel=3))
    assert len(optimiser.param_groups) == 2
    assert {p.ndim > 1: group["weight_decay"] for group in optimiser.param_groups for p in group["params"]} == {
        True: 0.1, False: 0.0,
    }  # fmt: skip


def test_layers():
    assert recogniser().layers == ["encoder.stem.", "encoder.blocks.0.", "encoder.blocks.1.", "encoder.norm.", "head."]
    inner = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    model = nn.ModuleDict({"first": nn.Linear(2, 2), "deep": nn.ModuleDict({"list": nn.ModuleList([inner])})})
    assert layers_of(model) == ["first.", "deep.list.0."]
    assert layers_of(inner) == ["0.", "2."]


def test_the_rate_falls_from_layer_to_layer_and_groups_override_it():
    module = recogniser()
    groups = [RateGroup(["head"], lr=0.5), RateGroup(["blocks.1"], weight_decay=0.25), RateGroup(["head.bias"], lr=0.0)]
    config = OptimiserConfig(lr=1.0, layer_decay=0.5, weight_decay=0.125, groups=groups)
    optimiser = adamw(config, module.network, module.layers)
    rates, decays = rates_of(optimiser), rates_of(optimiser, "weight_decay")
    assert set(rates) == {name for name, _ in module.network.named_parameters()}
    expected = {"encoder.stem.": 1 / 16, "encoder.blocks.0.": 1 / 8, "encoder.blocks.1.": 1 / 4, "encoder.norm.": 1 / 2}
    for prefix, rate in expected.items():
        assert {value for name, value in rates.items() if name.startswith(prefix)} == {rate}
    assert (rates["head.weight"], rates["head.bias"]) == (0.5, 0.0)
    assert decays["encoder.blocks.1.expand.weight"] == 0.25
    assert decays["encoder.blocks.0.expand.weight"] == 0.125
    assert decays["encoder.blocks.1.expand.bias"] == 0.0


def test_the_schedule_applies_to_every_group():
    options = {"lr": 0.01, "warmup_steps": 3, "layer_decay": 0.5, "groups": [RateGroup(["norm"], lr=0.002)]}
    module = recogniser(optimiser=options)
    found: list[dict[str, float]] = []
    module.on_before_optimizer_step = lambda optimiser: found.append(rates_of(optimiser))
    trained(module, [utterances(range(2), n) for n in range(4)])
    for name, rate in (
        ("head.weight", 0.01),
        ("encoder.norm.weight", 0.002),
        ("encoder.blocks.1.expand.weight", 0.0025),
    ):
        assert [one[name] for one in found] == pytest.approx([rate * step / 4 for step in (1, 2, 3, 4)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"groups": [RateGroup(["haed"], lr=1.0)]},
            "optimiser.groups: no .* is named 'haed'; .* head",
        ),
        ({"layer_decay": 1.5}, r"optimiser.layer_decay: got 1.5, expected a number in \(0, 1\]"),
        ({"layer_decay": 0.0}, "optimiser.layer_decay"),
        ({"ema": 1.0}, "optimiser.ema: got 1.0, expected a number between 0 and 1"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(UsageError, match=message):
        recogniser(optimiser=options)


def test_moments_follow_their_parameters_into_other_groups():
    network = ConvEncoder(dim=8, blocks=2, kernel=3)
    old = adamw(OptimiserConfig(), network)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    old.step()
    names = [name for name, _ in network.named_parameters() if not name.startswith("stem.")]
    new = adamw(OptimiserConfig(layer_decay=0.5), network, names=names)
    state, changed = regrouped(old.state_dict(), new, network)
    assert changed
    new.load_state_dict(state)
    for name, parameter in network.named_parameters():
        if name in names:
            assert torch.equal(new.state[parameter]["exp_avg"], old.state[parameter]["exp_avg"])
        else:
            assert parameter not in new.state
    same, changed = regrouped(new.state_dict(), new, network)
    assert not changed
    assert same["param_groups"] == new.state_dict()["param_groups"]


def test_the_state_of_a_version_without_names():
    network = ConvEncoder(dim=8, blocks=2, kernel=3)
    old = adamw(OptimiserConfig(), network)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    old.step()
    state = old.state_dict()
    for group in state["param_groups"]:
        del group["names"]
    found, changed = regrouped(state, old, network)
    assert not changed
    assert found["param_groups"] == old.state_dict()["param_groups"]
    new = adamw(OptimiserConfig(layer_decay=0.5), network)
    found, changed = regrouped(state, new, network)
    assert changed
    new.load_state_dict(found)
    for parameter in network.parameters():
        assert torch.equal(new.state[parameter]["exp_avg"], old.state[parameter]["exp_avg"])
