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


@pytest.mark.parametrize("language", ["de", "de-AT", "ger", "fr", "fra", "FR"])
def test_german_and_french_have_a_model_of_their_own(language):
    assert default_model(2_000_000_000, language) == ("builtin:de-fr", None)
    name, line = default_model(300_000_000, language)
    assert name == FAST
    assert "builtin:de-fr needs 700 MB" in str(line)
    assert registry.named("builtin:en", language) == "builtin:en"
    assert load_model("auto", "cpu", language=language).name == "builtin:de-fr"


@pytest.mark.parametrize("language", [None, "en", "es", "gsw", "nl"])
def test_other_languages_have_the_accurate_one(language):
    assert default_model(2_000_000_000, language) == (ACCURATE, None)


@pytest.mark.parametrize(("memory", "name", "warnings"), [(None, ACCURATE, 0), (300_000_000, FAST, 1)])
def test_auto_is_a_model_and_says_what_was_chosen(memory, name, warnings):
    model = load_model("auto", "cpu", max_memory=memory)
    assert model.name == name
    assert len(model.warnings) == warnings


def test_what_the_system_says_is_a_number_of_bytes():
    free = registry.free_bytes()
    assert free is None or free > 1_000_000
