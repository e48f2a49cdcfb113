"""Built-in objectives by name behind their common interface, objectives of the user, and invalid configurations."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import ctc_loss
from torch.testing import assert_close

from ctcalign.errors import UsageError
from ctcalign.objectives import (
    BatchError,
    Objective,
    ObjectiveInput,
    ObjectiveOutput,
    build_objective,
    build_property,
    objective_names,
    register_objective,
    register_property,
)
from tests.objectives.letters import BLANK, VOCABULARY, path_of

OPTIONS = {"delay_penalty": {"penalty": 0.1}, "fastemit": {"scale": 0.1}, "trim_tail": {"most": 3}}


def batch(seed=0, dtype=torch.float32, **changes):
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(2, 20, 29, generator=generator, dtype=dtype).log_softmax(-1).requires_grad_()
    texts = ["the cat", "dogs   "]
    values = {
        "log_probs": log_probs,
        "input_lengths": torch.tensor([20, 15]),
        "targets": torch.tensor([path_of(text) for text in texts]),
        "target_lengths": torch.tensor([7, 4]),
        "blank": BLANK,
        "paths": torch.randint(29, (2, 5, 20), generator=generator),
        "hypotheses": torch.tensor(
            [[path_of("the cat"), path_of("a cat  ")], [path_of("dig    "), path_of("       ")]]
        ),
        "hypothesis_lengths": torch.tensor([[7, 5], [3, -1]]),
        "vocabulary": VOCABULARY,
        "generator": generator,
    }
    return ObjectiveInput(**{**values, **changes})


@pytest.mark.parametrize("name", objective_names())
def test_every_objective_gives_a_loss_with_a_gradient(name):
    given = batch()
    objective = build_objective(name, **OPTIONS.get(name, {}))
    output = objective(given)
    assert isinstance(output, ObjectiveOutput)
    assert output.loss.ndim == 0
    assert torch.isfinite(output.loss)
    output.loss.backward()
    assert torch.isfinite(given.log_probs.grad).all()
    assert given.log_probs.grad.abs().sum() > 0
    assert (given.log_probs.grad[1, 15:] == 0).all()
    assert all(value.ndim == 0 and not value.requires_grad for value in output.statistics.values())
    assert objective.needs <= {"paths", "hypotheses"}
    assert objective.replaces_ctc == (name in {"ctc", "delay_penalty", "fastemit", "trim_tail"})


@pytest.mark.parametrize("name", objective_names())
def test_half_precision(name):
    given = batch()
    half = given.log_probs.detach().bfloat16().requires_grad_()
    output = build_objective(name, **OPTIONS.get(name, {}))(batch(log_probs=half))
    output.loss.backward()
    assert output.loss.dtype == torch.float32
    assert torch.isfinite(half.grad).all()


@pytest.mark.parametrize("name", objective_names())
def test_nan_gives_a_one_line_error(name):
    bad = batch().log_probs.detach().clone()
    bad[1, 3, 4] = math.nan
    given = batch(log_probs=bad, paths=torch.full((2, 5, 20), 4))
    with pytest.raises((BatchError, UsageError), match=r"NaN") as caught:
        build_objective(name, **OPTIONS.get(name, {}))(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ctc", "trim_tail"])
@pytest.mark.parametrize("reduction", ["mean", "batch_mean", "sum"])
def test_ctc_equals_torch(name, reduction):
    given = batch()
    loss = build_objective(name, reduction=reduction, **OPTIONS.get(name, {}))(given).loss
    peer = ctc_loss(
        given.log_probs.transpose(0, 1),
        given.targets,
        given.input_lengths,
        given.target_lengths,
        BLANK,
        "mean" if reduction == "mean" else "sum",
    )
    assert_close(loss, peer / 2 if reduction == "batch_mean" else peer)


@pytest.mark.parametrize("name", ["ctc", "delay_penalty", "fastemit"])
def test_an_utterance_without_alignment_is_counted_and_contributes_nothing(name):
    options = {key: 0 for key in OPTIONS.get(name, {})}
    output = build_objective(name, reduction="sum", **options)(batch(input_lengths=torch.tensor([20, 3])))
    assert output.statistics["infeasible"] == 0.5
    first = batch()
    alone = ctc_loss(first.log_probs[:1].transpose(0, 1), first.targets[:1], [20], [7], BLANK, "sum")
    assert_close(output.loss, alone)


def test_ctc_of_empty_transcripts():
    given = batch(targets=torch.zeros(2, 0, dtype=torch.long), target_lengths=torch.tensor([0, 0]))
    blanks = given.log_probs[0, :, BLANK].sum() + given.log_probs[1, :15, BLANK].sum()
    assert_close(build_objective("ctc", reduction="sum")(given).loss, -blanks)


def test_several_terms_use_the_same_paths():
    terms = [
        {"property": "low_latency", "weight": 0.5},
        {"property": {"name": "minimum_wer", "words": "all"}, "weight": 2.0, "margin": 0.1},
    ]
    given = batch(paths=torch.tensor([path_of("the^ cot^^^^^^^^^^^^")] * 2)[:, None].repeat(1, 3, 1))
    together = build_objective("align_with_purpose", terms=terms)(given)
    assert {"low_latency/share_unchanged", "minimum_wer/mean_gain"} <= set(together.statistics)
    wer = build_objective("align_with_purpose", property=terms[1]["property"], margin=0.1)(given)
    zero = [{**terms[0], "weight": 0}, terms[1]]
    assert_close(build_objective("align_with_purpose", terms=zero)(given).loss, 2 * wer.loss)
    assert set(wer.statistics) == {"share_unchanged", "hinge_activity", "mean_gain"}


def test_a_users_objective():
    @register_objective("mean_blank")
    class MeanBlank(Objective):
        def __call__(self, batch):
            return ObjectiveOutput(-batch.log_probs[..., batch.blank].mean())

    assert build_objective("mean_blank")(batch()).loss > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_objective("align_with_purposes"), "did you mean 'align_with_purpose'"),
        (lambda: build_objective("align_with_purpose", weight=1), "unexpected keyword argument 'weight'"),
        (lambda: build_objective("align_with_purpose", property="low_latencies"), "did you mean 'low_latency'"),
        (lambda: build_objective("align_with_purpose", margin=-1), "margin: got -1"),
        (lambda: build_objective("align_with_purpose", terms=[]), "terms: expected at least one"),
        (lambda: build_objective("align_with_purpose", terms=[{"weight": 1}]), "number 0 needs a property"),
        (lambda: build_objective("align_with_purpose", terms=[{"property": "joint", "weight": -2}]), "weight: got -2"),
        (lambda: build_objective("delay_penalty"), "missing a required argument: 'penalty'"),
        (lambda: build_objective("delay_penalty", penalty=-0.1), "penalty: got -0.1"),
        (lambda: build_objective("fastemit", scale=math.inf), "scale: got inf"),
        (lambda: build_objective("ctc", reduction="none"), "reduction: got 'none', expected one of mean, batch_mean"),
        (lambda: build_objective("mwer", unit="phones"), "unit: got 'phones'"),
        (lambda: build_objective("peak_first", temperature=0), "temperature: got 0"),
        (lambda: build_objective("trim_tail", most=0), "most: got 0"),
        (lambda: build_objective("no_such_module:thing"), "cannot be imported"),
        (lambda: build_objective("math:inf"), "expected a function or class"),
        (lambda: build_objective("builtins:dict"), "expected a function or class in Python"),
        (lambda: build_objective("fractions:Fraction"), "expected a subclass of Objective"),
        (lambda: build_property({"k": 1}), "expected a mapping with a name"),
        (lambda: build_property(3), "expected a name, a mapping or a property"),
        (lambda: register_property("a:b"), "is not a valid name"),
    ],
)
def test_invalid_configurations(call, message):
    with pytest.raises(UsageError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_invalid_batches():
    awp, mwer = build_objective("align_with_purpose"), build_objective("mwer")
    with pytest.raises(UsageError, match="paths: align_with_purpose needs sampled paths"):
        awp(batch(paths=None))
    with pytest.raises(UsageError, match="hypotheses: mwer needs texts"):
        mwer(batch(hypotheses=None))
    with pytest.raises(BatchError, match="expected 29 symbols"):
        awp(batch(vocabulary="abc"))
    with pytest.raises(BatchError, match="label 28 of utterance 0 at place 0"):
        build_objective("ctc")(batch(targets=torch.full((2, 7), BLANK)))
    with pytest.raises(BatchError, match=r"input_lengths: expected counts in \[0, 20\]"):
        build_objective("peak_first")(batch(input_lengths=torch.tensor([21, 3])))
    with pytest.raises(BatchError, match="the batch is empty"):
        awp(batch(log_probs=torch.zeros(0, 20, 29)))
