"""Random numbers of a training from generators of its own: other threads neither change it nor notice it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ctcalign.aligner.adaptation import training
from ctcalign.aligner.adaptation.randomness import OwnGenerators, own_randomness
from ctcalign.aligner.adaptation.training import train
from ctcalign.models.training.registry import open_trainable
from tests.aligner.adaptation.test_training import examples
from tests.models.training.small_models import saved

ONES = torch.ones(1, 2, 3, 8)
DRAWS: dict[str, Callable[[], Tensor]] = {
    "dropout": lambda: functional.dropout(ONES, 0.5),
    "native_dropout": lambda: torch.native_dropout(ONES, 0.5, True)[0],
    "attention": lambda: functional.scaled_dot_product_attention(ONES, ONES, ONES, dropout_p=0.5),
    "rand": lambda: torch.rand([]),
    "rand_like": lambda: torch.rand_like(ONES),
    "randint": lambda: torch.randint(2, 900, (5,)),
    "randperm": lambda: torch.randperm(20),
    "normal": lambda: torch.normal(0.0, 1.0, (4,)),
    "bernoulli": lambda: torch.bernoulli(torch.full((40,), 0.5)),
    "exponential": lambda: torch.empty(4).exponential_(),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_is_drawn_depends_on_the_seed_alone(draw):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    found = []
    for seed in (3, 3, 4):
        with OwnGenerators(seed):
            found.append(torch.cat([draw().flatten() for _ in range(8)]))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert torch.equal(before, torch.get_rng_state())


def test_dropout_and_its_gradient_are_those_of_torch():
    values = torch.full((2000,), 3.0, requires_grad=True)
    for train_mode in (True, False):
        with OwnGenerators(1):
            found, mask = torch.native_dropout(values, 0.25, train_mode)
        torch.testing.assert_close(found, values * mask / (0.75 if train_mode else 1.0))
        (gradient,) = torch.autograd.grad(found.sum(), values)
        torch.testing.assert_close(gradient, mask / (0.75 if train_mode else 1.0))
        assert float(mask.float().mean()) == pytest.approx(0.75 if train_mode else 1.0, abs=0.05)


@pytest.fixture
def name(tmp_path, monkeypatch) -> str:
    """A model with dropout, layers that are left out at random, and masks of its own."""
    monkeypatch.setattr(training, "STEPS", 4)
    monkeypatch.setattr(training, "RATE_OF_WAVEFORMS", 1e-2)
    random = {"hidden_dropout": 0.2, "attention_dropout": 0.2, "layerdrop": 0.3, "mask_time_prob": 0.2}
    return f"hf:{saved(tmp_path / 'wav2vec2', 'wav2vec2', **random)}"


def trained(name: str, seed: int, progress: Callable[..., None], of_all: int = 0) -> Tensor:
    """The weights after a training; `of_all`: seed of the global generators at its start."""
    model = open_trainable(name)
    chosen = examples(model, 4)
    torch.manual_seed(of_all)
    np.random.seed(of_all)
    train(model, chosen, "cpu", seed, progress)
    return torch.cat([value.flatten().double() for value in model.network.state_dict().values()])


def test_the_model_of_these_tests_is_random(name):
    """Without dropout or masks the tests below would show nothing."""
    model = open_trainable(name)
    [one] = examples(model, 1)
    model.network.train()
    outputs = [model.network(one.input[None], torch.tensor([len(one.input)]))[0] for _ in range(2)]
    assert not torch.equal(*outputs)
    for _ in range(2):
        with own_randomness(model.network, 0, "cpu") as generators, generators:
            outputs.append(model.network(one.input[None], torch.tensor([len(one.input)]))[0])
    assert torch.equal(*outputs[2:])


def test_a_training_and_its_surroundings_do_not_disturb_each_other(name):
    torch.manual_seed(5)
    np.random.seed(5)
    expected = [(torch.rand(1).item(), np.random.random()) for _ in range(4)]
    drawn: list[tuple[float, float]] = []
    disturbed = trained(name, 1, lambda *_: drawn.append((torch.rand(1).item(), np.random.random())), 5)
    assert drawn == expected
    assert torch.equal(trained(name, 1, lambda *_: None, 6), disturbed)


def test_two_threads_give_what_each_gives_alone(name):
    alone = [trained(name, seed, lambda *_: None) for seed in (1, 2)]
    found: dict[int, Tensor] = {}
    turn = threading.Barrier(2, timeout=60)

    def work(seed: int) -> None:
        found[seed] = trained(name, seed, lambda *_: turn.wait())

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert torch.equal(found[1], alone[0])
    assert torch.equal(found[2], alone[1])


def test_masks_of_the_model_are_on_again(name):
    model = open_trainable(name)
    config = model.network.model.config
    assert config.apply_spec_augment
    with own_randomness(model.network, 0, "cpu"):
        assert not config.apply_spec_augment
    assert config.apply_spec_augment
