"""Accumulated batches have the gradient of one batch with all their utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ctcalign.train.data.batch import Batch
from ctcalign.train.optimiser.accumulation import AccumulatedMeans, Mean
from ctcalign.train.preference.speech.module import PairsConfig
from ctcalign.train.preference.term import LossConfig
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.preference.cases import manifest, trained

# Utterances of the batches of a group.
SIZES = (1, 4, 2, 3)


def split(updates: int) -> tuple[list[Batch], list[Batch]]:
    """The same utterances in groups of small batches, and in a large batch for each group."""
    small, large = [], []
    for _ in range(updates):
        numbers = list(range(len(large) * sum(SIZES), (len(large) + 1) * sum(SIZES)))
        large.append(utterances(numbers, len(large)))
        for size in SIZES:
            small.append(utterances(numbers[:size], len(small)))
            numbers = numbers[size:]
    return small, large


def gradients_kept(module: Any) -> list[list[Tensor]]:
    """The gradients of every update of a training of this module, after clipping."""
    kept: list[list[Tensor]] = []

    def keep(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        kept.append([p.grad.clone() for group in optimizer.param_groups for p in group["params"] if p.grad is not None])

    original = module.configure_optimizers

    def configured() -> Any:
        found = original()
        found["optimizer"].register_step_post_hook(keep)
        return found

    module.configure_optimizers = configured
    return kept


def near(one: Sequence[Tensor], other: Sequence[Tensor]) -> None:
    for a, b in zip(one, other, strict=True):
        a, b = a.detach(), b.detach()
        assert float((a - b).norm()) <= 1e-5 * float(b.norm()) + 1e-12


@pytest.mark.parametrize("clip", [None, 0.05])
def test_a_group_is_one_large_batch(clip):
    small, large = split(updates=5)
    # An utterance that cannot be used: the text has more labels than there are frames.
    for one, place in ((small[1], 2), (large[0], 3)):
        one.texts[place] = "abcd" * 30
    models, gradients = [], []
    for batches, group in ((small, len(SIZES)), (large, 1)):
        model = recogniser()
        gradients.append(gradients_kept(model))
        trained(model, batches, accumulate_grad_batches=group, gradient_clip_val=clip)
        models.append(model)
    assert models[0].skipped == models[1].skipped
    assert models[0].skipped["too_short"] == 1
    assert len(gradients[0]) == len(gradients[1]) == 5
    for one, other in zip(*gradients, strict=True):
        near(one, other)
        if clip is not None:
            assert float(torch.stack([part.norm() for part in one]).norm()) == pytest.approx(clip)
    near(*([*model.parameters()] for model in models))


def test_an_incomplete_group_at_the_end_is_the_mean_of_its_batches():
    batches, large = [utterances(range(9), 0), utterances(range(10, 12), 1, True)], utterances([*range(9), 10, 11], 0)
    models = [recogniser(), recogniser()]
    trained(models[0], batches, accumulate_grad_batches=5)
    trained(models[1], [large])
    near(*([*model.parameters()] for model in models))
    mean_of_means = recogniser()
    trained(mean_of_means, [batches[1]])
    with pytest.raises(AssertionError):
        near([*mean_of_means.parameters()], [*models[1].parameters()])


@pytest.mark.parametrize("loss", ["simpo", "dpo"])
def test_pairs_and_utterances_are_counted_apart(tmp_path: Path, loss: str):
    """Utterances have two pairs or none, so that the batches have another number of pairs for each utterance."""
    from tests.train.preference.cases import batch, module, start

    whole = batch()
    whole = replace(whole, inputs=whole.inputs.double(), texts=[*whole.texts[:2], "ca"], ids=["one", "two", "x"])
    first = replace(whole, inputs=whole.inputs[:2], lengths=whole.lengths[:2], texts=whole.texts[:2], ids=["one", "x"])
    second = replace(whole, inputs=whole.inputs[2:], lengths=whole.lengths[2:], texts=["ca"], ids=["two"], index=1)
    whole = replace(whole, ids=["one", "x", "two"])
    kept, models = [], []
    for batches in ([first, second], [whole]):
        options = {
            "loss": LossConfig(loss, weight=2.0),
            "pairs": PairsConfig(source="manifest", file=manifest(tmp_path)),
        }
        model = module(init=start(tmp_path) if loss == "dpo" else None, **options).double()
        kept.append(gradients_kept(model))
        trained(model, batches, accumulate_grad_batches=len(batches))
        models.append(model)
    near(kept[0][0], kept[1][0])
    near(*([*model.parameters()] for model in models))


def test_means_of_two_kinds():
    w = nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
    counts = {"a": [3, 0, 2, 5], "b": [0, 7, 0, 1]}
    inputs = {kind: [torch.randn(n, 2, dtype=torch.float64) for n in listed] for kind, listed in counts.items()}

    def mean(kind: str, rows: Tensor) -> Tensor:
        values = (rows @ w) ** 2 if kind == "a" else (rows @ w).exp()
        return values.mean() if len(rows) else 0 * w.sum()

    group = AccumulatedMeans()
    for _ in range(2):  # a second group begins anew
        w.grad = None
        group.begin()
        for place in range(4):
            parts = {kind: Mean(mean(kind, inputs[kind][place]), counts[kind][place]) for kind in counts}
            parts = {kind: part for kind, part in parts.items() if kind == "a" or part.number}
            loss = group.loss(parts, [w], place == 3, lambda loss: 8 * loss)
            assert loss is not None
            (8 * loss).backward()
        expected = torch.autograd.grad(8 * sum(mean(kind, torch.cat(inputs[kind])) for kind in counts), w)[0]
        torch.testing.assert_close(w.grad, expected)
