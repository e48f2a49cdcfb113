"""The guard that stops objectives when validation WER rises."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.models.encoders import ConvEncoder
from ctcalign.train import CTCModule, ObjectiveConfig, StartWhen, WordErrorGuard


def module(**start: Any) -> CTCModule:
    objective = ObjectiveConfig("align_with_purpose", 1.0, start_when=StartWhen(**start))
    return CTCModule(ConvEncoder(dim=8, blocks=1, kernel=3), objectives=[objective])


def validated(guard: WordErrorGuard, model: CTCModule, *wers: float) -> Any:
    """A trainer after validations with these rates, one update apart."""
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


def test_objectives_stop_above_the_bound_and_training_continues():
    guard, model = WordErrorGuard(relative=0.1), module(wer_below=0.5)
    trainer = validated(guard, model, 0.8, 0.6, 0.40, 0.43)  # starts at 0.40; the bound is 0.44
    assert running(model)
    assert guard.baseline == pytest.approx(0.40)
    with pytest.warns(UserWarning, match=r"WER 0\.4500 exceeds 0\.4400"):
        trainer = validated(guard, model, 0.45)
    assert not running(model)
    assert guard.fired_at == 1
    assert not trainer.should_stop
    validated(guard, model, 0.2)  # stopped for good
    assert not running(model)


def test_patience_and_stopping_the_training():
    guard, model = WordErrorGuard(relative=0, absolute=0.02, baseline=0.3, patience=2, stop_training=True), module()
    model.terms[0].schedule.update(0, 0, None)
    trainer = validated(guard, model, 0.33, 0.31, 0.33)  # never two consecutive ones
    assert running(model)
    assert not trainer.should_stop
    with pytest.warns(UserWarning, match="stopped align_with_purpose"):
        trainer = validated(guard, model, 0.34)
    assert trainer.should_stop
    assert not running(model)


def test_a_guard_is_resumed_from_a_checkpoint():
    guard, model = WordErrorGuard(relative=0.1, patience=2), module()
    model.terms[0].schedule.update(0, 0, None)
    validated(guard, model, 0.5, 0.6)
    other = WordErrorGuard(relative=0.1, patience=2)
    other.load_state_dict(guard.state_dict())
    with pytest.warns(UserWarning, match="exceeds"):
        validated(other, model, 0.6)
    assert other.fired_at is not None


def test_a_negative_rise_is_refused():
    with pytest.raises(UsageError, match=r"guard: relative: got -0\.1"):
        WordErrorGuard(relative=-0.1)
