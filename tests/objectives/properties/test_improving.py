"""Applying properties: errors of a property's result, generators per utterance, composition, properties by name."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest
import torch

from ctcalign.errors import BatchError, OwnCodeError, ShapeError, UsageError
from ctcalign.objectives import (
    Joint,
    LowLatency,
    MinimumWER,
    ObjectiveInput,
    PropertyContext,
    build_objective,
    build_property,
    improve,
    register_property,
)
from ctcalign.objectives.properties import property_names
from tests.objectives.letters import BLANK, VOCABULARY, path_of


def test_improve_checks_the_result_of_a_property():
    lengths = torch.tensor([6, 4])
    sampled = torch.randint(4, (2, 3, 6), generator=torch.Generator().manual_seed(0))
    context = PropertyContext(vocabulary="abcd")
    with pytest.raises(ShapeError, match="property: expected 6 ints like the path passed to it"):
        improve(sampled, lambda path, context: path[1:], context)
    with pytest.raises(ShapeError, match="expected 6 ints"):
        improve(sampled, lambda path, context: path / 2, context)
    with pytest.raises(BatchError, match=r"property: returned labels from .* expected labels in \[0, 4\)"):
        improve(sampled, lambda path, context: path + 9, context)
    with pytest.raises(OwnCodeError, match=r"raised ValueError: .*read-only"):
        improve(sampled, lambda path, context: np.add(path, 0, out=path), context)
    with pytest.raises(ShapeError, match="contexts: expected 2"):
        improve(sampled, LowLatency(), [context])
    with pytest.raises(BatchError, match="the batch is empty"):
        improve(sampled[:0], LowLatency(), context)
    better, changed = improve(sampled, lambda path, context: None, context, lengths)
    assert torch.equal(better, sampled)
    assert not changed.any()


@pytest.mark.parametrize("name", ["low_latency", "minimum_wer", "minimum_cer", "joint"])
def test_with_its_own_generator_an_utterance_does_not_depend_on_the_others(name):
    lengths, property = torch.tensor([20, 15]), build_property(name)
    paths = torch.tensor([path_of("the^ cot^ dog^^^^^^^"), path_of("ddigs^^^ dogg^^^^^^^")])[:, None].repeat(1, 6, 1)
    contexts = [PropertyContext(path_of(text), VOCABULARY, BLANK) for text in ("tha cat dig", "dogs dug")]
    generators = [torch.Generator().manual_seed(seed) for seed in (3, 4)]
    whole, changed = improve(paths, property, contexts, lengths, generators)
    alone, also = improve(paths[1:, :, :15], property, contexts[1], lengths[1:], torch.Generator().manual_seed(4))
    assert torch.equal(whole[1:, :, :15], alone)
    assert torch.equal(changed[1:], also)
    assert len({tuple(row) for row in whole[1].tolist()}) > 1


def test_joint_applies_each_property_to_the_result_of_the_one_before():
    path = np.array(path_of("cc^^at^^"))
    context = PropertyContext(path_of("cut"), VOCABULARY, BLANK, np.random.default_rng(0))
    later = {tuple(Joint()(path, context).tolist()) for _ in range(50)}
    assert tuple(path_of("c^^ut^^^")) in later
    assert all(path_of("u")[0] in found and path_of("a")[0] not in found for found in later)
    same = Joint([LowLatency(), MinimumWER()])
    assert same(np.array(path_of("cut")), context) is None
    with pytest.raises(UsageError, match="at least one property"):
        Joint([])


def test_a_users_property_by_name_and_by_import_path(tmp_path, monkeypatch):

    (tmp_path / "my_property.py").write_text(
        textwrap.dedent("""
            from ctcalign.objectives import register_property

            @register_property("no_last_label")
            def no_last_label(path, context, label=0):
                found = path.copy()
                found[-1] = label
                return found
            """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    by_path = build_property("my_property:no_last_label", label=3)
    by_name = build_property({"name": "no_last_label", "label": 3})
    context = PropertyContext()
    for own in (by_path, by_name):
        assert own(np.array([1, 2]), context).tolist() == [1, 3]
    assert "no_last_label" in property_names()
    log_probs = torch.randn(1, 4, 5, generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    paths = log_probs.argmax(-1)[:, None].repeat(1, 2, 1)  # every other path is less likely
    batch = ObjectiveInput(log_probs, torch.tensor([4]), torch.tensor([[1]]), torch.tensor([1]), paths=paths)
    label = (int(paths[0, 0, -1]) + 1) % 5
    assert build_objective("align_with_purpose", property={"name": "no_last_label", "label": label})(batch).loss > 0
    with pytest.raises(UsageError, match="it takes label"):
        build_property("no_last_label", letter=3)
    with pytest.raises(UsageError, match="the name 'no_last_label' is taken"):
        register_property("no_last_label")(lambda path, context: path)
    sys.modules.pop("my_property")
