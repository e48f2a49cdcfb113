"""The model that is used when the user names none."""

from __future__ import annotations

import pytest

from ctcalign.models import load_model, registry
from ctcalign.models.registry import ACCURATE, FAST, default_model


def test_the_accurate_one_where_memory_allows(monkeypatch):
    assert default_model(2_000_000_000) == (ACCURATE, None)
    name, line = default_model(300_000_000)
    assert name == FAST
    assert line == (
        "model: builtin:en was used, since 300 MB of memory is allowed and builtin:en-robust needs 700 MB; "
        "name one with --model"
    )
    monkeypatch.setattr(registry, "free_bytes", lambda: None)
    assert default_model() == (ACCURATE, None)
    monkeypatch.setattr(registry, "free_bytes", lambda: 100_000_000)
    assert "100 MB of memory is free" in str(default_model()[1])


@pytest.mark.parametrize(("memory", "name", "warnings"), [(None, ACCURATE, 0), (300_000_000, FAST, 1)])
def test_auto_is_a_model_and_says_what_was_chosen(memory, name, warnings):
    model = load_model("auto", "cpu", max_memory=memory)
    assert model.name == name
    assert len(model.warnings) == warnings


def test_what_the_system_says_is_a_number_of_bytes():
    free = registry.free_bytes()
    assert free is None or free > 1_000_000
