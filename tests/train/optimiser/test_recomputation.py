"""Gradient checkpointing changes neither gradients nor statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ctcalign.errors import UsageError
from ctcalign.models.encoders import ConformerEncoder, StreamingEncoder
from ctcalign.models.encoders.network import CtcNetwork, Frontend
from ctcalign.models.training.layers import layers_of
from ctcalign.train.optimiser.recomputation import recompute_activations
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.preference.cases import trained


def test_a_training_is_the_same():
    batches = [utterances(range(3), n) for n in range(3)]
    modules = [recogniser(gradient_checkpointing=on, dropout=0.2) for on in (False, True)]
    for module in modules:
        trained(module, batches)
    for one, other in zip(*(module.parameters() for module in modules), strict=True):
        torch.testing.assert_close(one, other)


def test_models_of_transformers_do_it_themselves():
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

    tokens, found = torch.tensor([[1, 2, 3, 4]]), []
    for on in (False, True):
        torch.manual_seed(1)
        model = GPT2LMHeadModel(GPT2Config(vocab_size=8, n_positions=8, n_embd=8, n_layer=2, n_head=2)).train()
        network = nn.ModuleDict({"model": model})
        calls: list[int] = []
        model.transformer.h[1].ln_1.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        if on:
            recompute_activations(network, [])
        torch.manual_seed(2)
        model(tokens, labels=tokens).loss.backward()
        found.append((len(calls), [parameter.grad for parameter in model.parameters()]))
    assert [calls for calls, _ in found] == [1, 2]
    torch.testing.assert_close(found[0][1], found[1][1])

    class Other(PreTrainedModel):
        pass

    with pytest.raises(UsageError, match=r"model.gradient_checkpointing: Other does not support it"):
        recompute_activations(Other(GPT2Config()), [])


@pytest.mark.parametrize(
    "encoder",
    [  # one with batch normalisation, one without
        lambda: ConformerEncoder(dim=16, layers=2, heads=2, kernel=3, dropout=0.1),
        lambda: StreamingEncoder(dim=16, layers=2, heads=2, dropout=0.1),
    ],
)
def test_gradients_and_statistics_of_encoders(encoder):
    features, lengths = torch.randn(2, 80, 80), torch.tensor([80, 64])
    found = []
    for on in (False, True):
        torch.manual_seed(1)
        network = CtcNetwork(Frontend(), encoder(), 5)
        layers = layers_of(network)
        [layer] = [network.get_submodule(layer[:-1]) for layer in layers if layer.endswith(".1.")]
        calls: list[int] = []
        norm = next(one for one in layer.modules() if isinstance(one, nn.LayerNorm))
        norm.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        if on:
            recompute_activations(network, layers)
        torch.manual_seed(2)
        network(features, lengths)[0][:, :8].square().sum().backward()
        found.append((network, len(calls)))
    assert [calls for _, calls in found] == [1, 2]
    for (name, one), other in zip(found[0][0].named_parameters(), found[1][0].parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)
    for (name, one), other in zip(found[0][0].named_buffers(), found[1][0].buffers(), strict=True):
        torch.testing.assert_close(one, other, msg=name)
