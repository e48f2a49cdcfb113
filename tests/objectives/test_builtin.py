"""Built-in objectives by name behind their common interface, objectives of the user, and invalid configurations."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import ctc_loss
from torch.testing import assert_close

from ctcalign.ctc import path_log_probs
from ctcalign.errors import UsageError
from ctcalign.objectives import (
    BatchError,
    LowLatency,
    Objective,
    ObjectiveInput,
    ObjectiveOutput,
    build_objective,
    build_property,
    delay_penalty_loss,
    fastemit_ctc_loss,
    mwer_loss,
    objective_names,
    peak_first_loss,
    register_objective,
    register_property,
)
from ctcalign.objectives.builtin import contexts_of
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


def test_an_utterance_fits_exactly():
    """Two equal labels need three frames, three different ones three; the second has one frame too few."""
    log_probs = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1)).log_softmax(-1)
    for row, frames, fits in [([1, 1], 3, True), ([1, 1], 2, False), ([1, 2], 2, True), ([1, 2], 1, False)]:
        one = ObjectiveInput(log_probs[:1], torch.tensor([frames]), torch.tensor([[*row, 1]]), torch.tensor([2]))
        output = build_objective("ctc", reduction="sum")(one)
        assert output.statistics["infeasible"].item() == (0.0 if fits else 1.0)
        assert (output.loss.item() > 0) == fits


def test_defaults_of_objectives():
    given = batch()
    plain = build_objective("ctc")(given).loss
    assert_close(plain, build_objective("ctc", reduction="mean")(given).loss)
    assert_close(build_objective("trim_tail", most=3)(given).loss, plain)
    assert_close(
        build_objective("peak_first")(given).loss, peak_first_loss(given.log_probs, given.input_lengths, temperature=1)
    )
    awp = build_objective("align_with_purpose")
    assert [term[0] for term in awp.terms] == ["low_latency"]
    assert [term[2:] for term in awp.terms] == [(1.0, 0.0)]
    assert awp.reduction == "mean"
    assert awp.separable
    assert not build_objective("ctc").separable
    mwer = build_objective("mwer")
    assert (mwer.unit, mwer.temperature, mwer.separator) == ("words", 1.0, None)
    assert build_objective("trim_tail", most=1).most == 1


def test_options_reach_the_losses():
    given, tensors = batch(), lambda given: (given.log_probs, given.targets, given.input_lengths, given.target_lengths)
    for reduction in ("mean", "batch_mean", "sum"):
        delayed = build_objective("delay_penalty", penalty=0.3, reduction=reduction)(given).loss
        assert_close(delayed, delay_penalty_loss(*tensors(given), penalty=0.3, blank=BLANK, reduction=reduction))
        fast = build_objective("fastemit", scale=2.0, reduction=reduction)(given).loss
        assert_close(fast, fastemit_ctc_loss(*tensors(given), scale=2.0, blank=BLANK, reduction=reduction))
        (found,) = torch.autograd.grad(fast, given.log_probs)
        again = fastemit_ctc_loss(*tensors(given), scale=2.0, blank=BLANK, reduction=reduction)
        assert_close(found, torch.autograd.grad(again, given.log_probs)[0])
    hot = build_objective("peak_first", temperature=3.0)(given).loss
    assert_close(hot, peak_first_loss(given.log_probs, given.input_lengths, temperature=3.0))


def test_trim_tail_changes_the_input():
    features, lengths = torch.ones(1, 9, 2), torch.tensor([9])
    short, left = build_objective("trim_tail", most=1).prepare(features, lengths)
    assert (short.shape, left.tolist()) == ((1, 8, 2), [8])
    same = build_objective("ctc").prepare(features, lengths)
    assert same[0] is features
    assert same[1] is lengths


def test_errors_of_mwer_by_hand():
    """ "the cat" against "a cat" and itself; "dogs" against "dig" and no text."""
    given = batch()
    output = build_objective("mwer")(given)
    assert output.statistics["mean_errors"].item() == pytest.approx((0 + 1 + 1) / 3)
    labels = build_objective("mwer", unit="labels")(given)
    assert labels.statistics["mean_errors"].item() == pytest.approx((0 + 3 + 2) / 3)
    errors = torch.tensor([[0, 3], [2, 0]])
    loss = mwer_loss(
        given.log_probs, given.hypotheses, given.hypothesis_lengths, errors, given.input_lengths, blank=BLANK
    )
    assert_close(labels.loss, loss)
    hot = build_objective("mwer", unit="labels", temperature=5.0)(given).loss
    assert_close(hot, mwer_loss(given.log_probs, given.hypotheses, given.hypothesis_lengths, errors,
                                given.input_lengths, blank=BLANK, temperature=5.0))  # fmt: skip
    none = batch(hypothesis_lengths=torch.tensor([[0, -1], [-1, -1]]))
    assert build_objective("mwer")(none).statistics["mean_errors"].item() == 2.0  # two words are missing
    own = build_objective("mwer", separator="i")(given)  # "dig" is two words, both wrong
    assert own.statistics["mean_errors"].item() == pytest.approx((0 + 1 + 2) / 3)


def test_contexts_have_the_transcript_of_their_utterance():
    contexts = contexts_of(batch())
    assert [list(one.reference) for one in contexts] == [path_of("the cat"), path_of("dogs")]
    assert all(one.blank == BLANK and one.vocabulary == VOCABULARY for one in contexts)


def test_names_and_weights_of_statistics():
    def own_property(path, context):
        return None

    given = batch()
    output = build_objective("align_with_purpose", terms=[{"property": own_property}, {"property": LowLatency()}])(
        given
    )
    assert set(output.statistics) == {f"{name}/{key}" for name in ("own_property", "term1")
                                      for key in ("share_unchanged", "hinge_activity", "mean_gain")}  # fmt: skip
    assert output.statistics["own_property/share_unchanged"].item() == 1.0
    assert set(output.weights) == {f"{name}/{key}" for name in ("own_property", "term1")
                                   for key in ("hinge_activity", "mean_gain")}  # fmt: skip
    assert output.weights["own_property/mean_gain"].item() == 0


def test_margins_and_weights_of_terms():
    """A margin of 100 makes every hinge active: the loss is the margin minus the gain, times the weight."""

    def other(path, context):
        return (path + 1) % 29

    given = batch()
    sampled = path_log_probs(given.log_probs, given.paths, given.input_lengths)
    better = path_log_probs(given.log_probs, (given.paths + 1) % 29, given.input_lengths)
    base = ((sampled - better) / given.input_lengths[:, None]).mean()
    terms = [{"property": other, "weight": 2.0}, {"property": other, "weight": 0.5, "margin": 100}]
    loss = build_objective("align_with_purpose", terms=terms, margin=50)(given).loss
    assert_close(loss, 2 * (base + 50) + 0.5 * (base + 100))
    summed = build_objective("align_with_purpose", property=other, margin=50, reduction="sum_paths")(given).loss
    assert_close(summed, 5 * (base + 50))
