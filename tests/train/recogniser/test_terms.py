"""Objectives as terms: a batch equals its utterances one by one; when they start, and how their weights grow."""

from __future__ import annotations

import pytest
import torch

from ctcalign.errors import ShapeError, UsageError
from ctcalign.objectives.properties import PropertyContext, build_property, improve
from ctcalign.train.data.batch import Emissions
from ctcalign.train.recogniser.sampling import SAMPLERS, SamplerConfig, utterances
from ctcalign.train.recogniser.terms import ObjectiveConfig, Schedule, StartWhen, Term, mean_statistics

SYMBOLS = ("<blank>", " ", "a", "b", "c")


def emissions(log_probs: torch.Tensor) -> Emissions:
    lengths, counts = torch.tensor([12, 9, 12]), torch.tensor([4, 2, 0])
    targets = torch.tensor([[2, 3, 1, 4], [2, 2, 1, 1], [1, 1, 1, 1]])
    return Emissions(log_probs, lengths, targets, counts, ["x", "y", "z"], SYMBOLS, 0)


def scores() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 12, 5, dtype=torch.float64, generator=generator).log_softmax(-1).requires_grad_()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("property", ["low_latency", "minimum_wer", "joint", "ctcalign.train.processes:seed_of"])
def test_a_batch_is_its_utterances(sampler, property, monkeypatch):
    if ":" in property:  # a property that is called path by path
        monkeypatch.setattr("ctcalign.train.processes.seed_of", lambda path, context: context.rng.permutation(path))
    term = Term(ObjectiveConfig("align_with_purpose", 1.0, {"property": property}, SamplerConfig(sampler, paths=3)))
    monkeypatch.undo()
    whole, parts = scores(), scores()
    together = term.loss(emissions(whole), 7)
    single = [term.loss(one, 7) for one in utterances(emissions(parts))]
    loss = torch.stack([one.loss for one in single]).mean()
    torch.testing.assert_close(together.loss, loss)
    together.loss.backward()
    loss.backward()
    torch.testing.assert_close(whole.grad, parts.grad)
    means, weights = mean_statistics([(1, one.statistics, one.weights) for one in single])
    for name, value in together.statistics.items():
        if weights[name] > 0:
            torch.testing.assert_close(value.double(), means[name], check_dtype=False)


def test_steps_draw_different_paths():
    term = Term(ObjectiveConfig("align_with_purpose", 1.0))
    losses = [float(term.loss(emissions(scores()), step).loss.detach()) for step in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_each_utterance_needs_a_generator():
    with pytest.raises(ShapeError, match="expected one, or 3, one per utterance; got 2"):
        improve(torch.zeros(3, 1, 4, dtype=torch.int64), build_property("low_latency"), PropertyContext(), None,
                [torch.Generator()] * 2)  # fmt: skip


def test_statistics_of_parts_combine_to_those_of_the_whole():
    one = (3, {"a": torch.tensor(0.5), "b": torch.tensor(1.0)}, {"b": torch.tensor(1)})
    two = (1, {"a": torch.tensor(0.1), "b": torch.tensor(0.0)}, {"b": torch.tensor(3)})
    means, weights = mean_statistics([one, two, (0, {}, {})])
    assert float(means["a"]) == pytest.approx(0.4)
    assert float(means["b"]) == pytest.approx(0.25)
    assert (float(weights["a"]), float(weights["b"])) == (4, 4)


@pytest.mark.parametrize(
    ("start", "moments"),
    [
        ({}, [True, True, True]),
        ({"epoch": 1}, [False, True, True]),
        ({"step": 20}, [False, False, True]),
        ({"wer_below": 0.3}, [False, False, True]),
        ({"wsr_fraction_of_baseline": 0.85, "baseline_wer": 0.2}, [False, False, True]),  # 68 % of the words correct
    ],
)
def test_start_conditions(start, moments):
    seen = [StartWhen(**start).holds(*moment) for moment in ((0, 0, None), (1, 10, 0.33), (2, 20, 0.29))]
    assert seen == moments


def test_a_weight_grows_once_its_objective_has_started():
    schedule = Schedule(StartWhen(wer_below=0.3), ramp_steps=3)
    factors = []
    for step, wer in enumerate([None, 0.2, 0.9, 0.9, 0.9, 0.9]):
        schedule.update(0, step, wer)
        factors.append(schedule.factor(step))
    assert factors == [0, 0.25, 0.5, 0.75, 1, 1]
    other = Schedule(StartWhen(wer_below=0.3), ramp_steps=3)
    other.restore(schedule.state())
    assert other.factor(2) == 0.5
    other.stop(3)
    assert other.factor(3) == 0


def test_a_weight_is_zero_from_until_step_on():
    schedule = Schedule(ramp_steps=1, until_step=3)
    schedule.update(0, 0, None)
    assert [schedule.factor(step) for step in range(5)] == [0.5, 1, 1, 0, 0]


def test_bad_conditions():
    for wrong, message in (
        ({"wsr_fraction_of_baseline": 0.8}, "go together"),
        ({"step": -1}, "start_when.step: got -1, expected a finite number >= 0"),
    ):
        with pytest.raises(UsageError, match=message):
            StartWhen(**wrong)
    with pytest.raises(UsageError, match="ramp_steps: got -1, expected a whole number >= 0"):
        Schedule(ramp_steps=-1)
    with pytest.raises(UsageError, match="until_step: got -2"):
        Schedule(until_step=-2)
