"""Inputs of different lengths in one call, and the models for which that is possible."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.emission.emission import compute_emission
from ctcalign.models import load_model
from ctcalign.models.batches import Computed, emissions_of_several, ignores_padding
from ctcalign.models.inference import emissions_of

LENGTHS = (16_000, 23_456, 20_001)


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(1)
    return [random.normal(0, 0.1, length).astype(np.float32) for length in LENGTHS]


@pytest.fixture(scope="module", params=["layer", "group"])
def network(request, tmp_path_factory):
    save = pytest.importorskip("tests.models.hugging_face.small_models").save
    folder = save(tmp_path_factory.mktemp("hf") / request.param, norm=request.param)
    return request.param, load_model(f"hf:{folder}", "cpu")


def test_models_that_mask_padding_give_the_same_within_rounding(network, inputs):
    norm, model = network
    together = emissions_of_several(model, inputs)
    alone = [emissions_of(model, one[None])[0] for one in inputs]
    assert [one.shape for one in together] == [one.shape for one in alone]
    differences = [float(np.abs(a - b).max()) for a, b in zip(together, alone, strict=True)]
    assert ignores_padding(model) == (norm == "layer")
    assert (max(differences) < 1e-4) == (norm == "layer"), differences


def test_the_built_in_model_gives_the_same_bytes(inputs):
    model = load_model("builtin:en", "cpu")
    assert ignores_padding(model)
    for one, found in zip(inputs, emissions_of_several(model, inputs), strict=True):
        assert np.array_equal(found, emissions_of(model, one[None])[0])


def test_a_computed_model_answers_for_its_input_alone(inputs):
    model = load_model("builtin:en", "cpu")
    known = np.log(np.full((50, len(model.vocabulary)), 1 / len(model.vocabulary), np.float32))
    computed = Computed(model, "cpu", inputs[0], known)
    assert (computed.name, computed.vocabulary, computed.window) == (model.name, model.vocabulary, model.window)
    assert np.array_equal(compute_emission(computed, inputs[0]).log_probs, known)
    assert np.array_equal(compute_emission(computed, inputs[1]).log_probs, compute_emission(model, inputs[1]).log_probs)
