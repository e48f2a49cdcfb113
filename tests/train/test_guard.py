"""When objectives begin, how they grow, and what stops them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.models.encoders import ConvEncoder
from ctcalign.train import CTCModule, ObjectiveConfig, OptimiserConfig, StartWhen, WordErrorGuard
from ctcalign.train.recogniser.terms import Schedule


def module(**start: Any) -> CTCModule:
    objective = ObjectiveConfig("align_with_purpose", 1.0, start_when=StartWhen(**start))
    return CTCModule(ConvEncoder(dim=8, blocks=1, kernel=3), objectives=[objective])


def validated(guard: WordErrorGuard, model: CTCModule, *wers: float) -> Any:
    """A trainer after validations with these rates, an update apart."""
    trainer = SimpleNamespace(sanity_checking=False, should_stop=False, global_step=0, callback_metrics={})
    model._trainer = SimpleNamespace(global_step=0)
    for step, wer in enumerate(wers, 1):
        trainer.global_step = step
        trainer.callback_metrics = {"val_wer": torch.tensor(wer)}
        model.wer = wer
        guard.on_validation_end(trainer, model)
        for term in model.terms:
            term.schedule.update(0, step, model.wer)
    return trainer


@pytest.fixture(autouse=True)
def _no_trainer(monkeypatch):
    monkeypatch.setattr(CTCModule, "global_step", 100)


def running(model: CTCModule) -> bool:
    return model.terms[0].schedule.factor(100) > 0


def test_objectives_stop_past_the_bound_and_training_goes_on():
    guard, model = WordErrorGuard(relative=0.1), module(wer_below=0.5)
    trainer = validated(guard, model, 0.8, 0.6, 0.40, 0.43)  # begins at 0.40; 0.44 is the bound
    assert running(model)
    assert guard.baseline == pytest.approx(0.40)
    with pytest.warns(UserWarning, match=r"WER 0\.4500 exceeds 0\.4400"):
        trainer = validated(guard, model, 0.45)
    assert not running(model)
    assert guard.fired_at == 1
    assert not trainer.should_stop
    validated(guard, model, 0.2)  # once stopped it stays so
    assert not running(model)


def test_patience_and_stopping_the_training():
    guard, model = WordErrorGuard(relative=0, absolute=0.02, baseline=0.3, patience=2, stop_training=True), module()
    model.terms[0].schedule.update(0, 0, None)
    trainer = validated(guard, model, 0.33, 0.31, 0.33)  # never two in a row
    assert running(model)
    assert not trainer.should_stop
    with pytest.warns(UserWarning, match="stopped align_with_purpose"):
        trainer = validated(guard, model, 0.34)
    assert trainer.should_stop
    assert not running(model)


def test_a_guard_goes_on_from_a_checkpoint():
    guard, model = WordErrorGuard(relative=0.1, patience=2), module()
    model.terms[0].schedule.update(0, 0, None)
    validated(guard, model, 0.5, 0.6)
    other = WordErrorGuard(relative=0.1, patience=2)
    other.load_state_dict(guard.state_dict())
    with pytest.warns(UserWarning, match="exceeds"):
        validated(other, model, 0.6)
    assert other.fired_at is not None


@pytest.mark.parametrize(
    ("start", "moments"),
    [
        ({}, [True, True, True]),
        ({"epoch": 1}, [False, True, True]),
        ({"step": 20}, [False, False, True]),
        ({"wer_below": 0.3}, [False, False, True]),
        ({"wsr_fraction_of_baseline": 0.85, "baseline_wer": 0.2}, [False, False, True]),  # 0.68 of the words right
    ],
)
def test_start_conditions(start, moments):
    seen = [StartWhen(**start).holds(*moment) for moment in ((0, 0, None), (1, 10, 0.33), (2, 20, 0.29))]
    assert seen == moments


def test_a_weight_grows_and_stays_begun():
    schedule = Schedule(StartWhen(wer_below=0.3), ramp_steps=3)
    shares = []
    for step, wer in enumerate([None, 0.2, 0.9, 0.9, 0.9, 0.9]):
        schedule.update(0, step, wer)
        shares.append(schedule.factor(step))
    assert shares == [0, 0.25, 0.5, 0.75, 1, 1]
    other = Schedule(StartWhen(wer_below=0.3), ramp_steps=3)
    other.restore(schedule.state())
    assert other.factor(2) == 0.5
    other.stop(3)
    assert other.factor(3) == 0


def test_a_weight_ends_at_its_step():
    schedule = Schedule(ramp_steps=1, until_step=3)
    schedule.update(0, 0, None)
    assert [schedule.factor(step) for step in range(5)] == [0.5, 1, 1, 0, 0]


def test_wrong_conditions():
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
    with pytest.raises(UsageError, match="guard: relative: got -0"):
        WordErrorGuard(relative=-0.1)


def test_learning_rates():
    assert [OptimiserConfig(warmup_steps=3).rate_factor(step, -1) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    falling = OptimiserConfig(warmup_steps=0, decay="linear")
    assert [falling.rate_factor(step, 10) for step in (0, 5, 10)] == [1, 0.5, 0]
    assert OptimiserConfig(warmup_steps=0, decay="cosine").rate_factor(5, 10) == pytest.approx(0.5)
    with pytest.raises(UsageError, match="needs an end"):
        falling.rate_factor(1, -1)
    optimiser = OptimiserConfig(weight_decay=0.1).optimiser(ConvEncoder(dim=8, blocks=1, kernel=3))
    assert {p.ndim > 1: group["weight_decay"] for group in optimiser.param_groups for p in group["params"]} == {
        True: 0.1, False: 0.0,
    }  # fmt: skip
