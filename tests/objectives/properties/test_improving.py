"""Applying properties: errors of a property's result, generators per utterance, composition, properties by name."""

from __future__ import annotations

import sys
import textwrap
from functools import partial

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
from ctcalign.objectives.properties import draw_frames, draw_numbers, property_names
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


def test_draws_have_the_shape_and_range_of_the_paths():
    paths, lengths = torch.zeros(2, 3, 5, dtype=torch.int64), torch.tensor([5, 2])
    one = torch.Generator().manual_seed(0)
    frames = draw_frames(paths, lengths, one)
    assert frames.shape == (2, 3, 5)
    assert frames.dtype == torch.float32
    assert bool(((frames >= 0) & (frames < 1)).all())
    assert torch.equal(frames, draw_frames(paths, lengths, torch.Generator().manual_seed(0)))
    own = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    each = draw_frames(paths, lengths, own)
    assert torch.equal(each[0], torch.rand((3, 5), generator=torch.Generator().manual_seed(1)))
    assert torch.equal(each[1, :, :2], torch.rand((3, 2), generator=torch.Generator().manual_seed(2)))
    assert not each[1, :, 2:].any()
    many = torch.zeros(1, 500, 1, dtype=torch.int64)
    assert set(draw_numbers(many, 2, 5, one).unique().tolist()) == {2, 3, 4}
    assert draw_numbers(paths, 7, 8, own).tolist() == [[7] * 3] * 2
    numbers = draw_numbers(paths, 0, 1000, [torch.Generator().manual_seed(seed) for seed in (1, 2)])
    assert torch.equal(numbers[1], torch.randint(0, 1000, (3,), generator=torch.Generator().manual_seed(2)))
    torch.manual_seed(5)
    by_default = draw_frames(paths, lengths, None)
    torch.manual_seed(5)
    assert torch.equal(by_default, torch.rand(2, 3, 5))
    for low, high in ((3, 3), (4, 3)):
        with pytest.raises(UsageError, match=f"^low, high: expected low < high, got {low} and {high}"):
            draw_numbers(paths, low, high, one)
    with pytest.raises(UsageError, match=r"^source: expected 2 generators, one per utterance, got 1"):
        draw_frames(paths, lengths, own[:1])
    for wrong in ("seed", [1, 2], 3):
        with pytest.raises(UsageError, match=r"^source: expected a torch.Generator, one per utterance, or None, got"):
            draw_numbers(paths, 0, 2, wrong)


def test_labels_of_a_property_at_the_edges_of_the_vocabulary():
    paths = torch.tensor([[[0, 1, 2]]])
    last = improve(paths, lambda path, context: np.full(3, 2), PropertyContext(vocabulary="abc"))
    assert last[0].tolist() == [[[2, 2, 2]]]
    for label in (-1, 3):
        with pytest.raises(
            BatchError, match=rf"^property: returned labels from {label} to {label}, expected .* \[0, 3\)"
        ):
            improve(paths, lambda path, context, label=label: np.full(3, label), PropertyContext(vocabulary="abc"))
    with pytest.raises(BatchError, match=r"^property: returned labels from -1 to 2, expected"):
        improve(paths, lambda path, context: np.array([0, -1, 2]), PropertyContext(vocabulary="abc"))
    free = improve(paths, lambda path, context: np.full(3, 99), PropertyContext())
    assert free[0].tolist() == [[[99] * 3]]
    with pytest.raises(BatchError, match=r"expected labels in \[0, C\)"):
        improve(paths, lambda path, context: np.full(3, -1), PropertyContext())
    none = improve(paths, lambda path, context: path, PropertyContext(), torch.tensor([0]))
    assert none[0].tolist() == [[[0, 1, 2]]]


def test_only_valid_frames_are_passed_and_changed():
    seen = []

    def swap(path, context):
        seen.append((path.tolist(), list(context.reference)))
        return None if path[0] == 9 else path[::-1]

    paths = torch.tensor([[[1, 2, 3], [4, 4, 4]], [[5, 6, 7], [9, 8, 7]]], dtype=torch.int32)
    contexts = [PropertyContext([1]), PropertyContext([2])]
    better, changed = improve(paths, swap, contexts, torch.tensor([3, 2]))
    assert better.tolist() == [[[3, 2, 1], [4, 4, 4]], [[6, 5, 7], [9, 8, 7]]]
    assert changed.tolist() == [[True, False], [True, False]]
    assert better.dtype == torch.int64
    assert seen == [([1, 2, 3], [1]), ([4, 4, 4], [1]), ([5, 6], [2]), ([9, 8], [2])]
    assert paths.tolist()[0][0] == [1, 2, 3]


def test_a_property_draws_from_the_generator_alone():
    def shuffled(path, context):
        return context.rng.permutation(path)

    paths = torch.arange(12)[None, None].repeat(2, 3, 1)
    context = PropertyContext()

    def run(source):
        return improve(paths, shuffled, context, None, source)[0]

    assert torch.equal(run(torch.Generator().manual_seed(3)), run(torch.Generator().manual_seed(3)))
    assert not torch.equal(run(torch.Generator().manual_seed(3)), run(torch.Generator().manual_seed(4)))
    rows = run(torch.Generator().manual_seed(3)).reshape(6, 12).tolist()
    assert len({tuple(row) for row in rows}) == 6  # one stream for all
    each = run([torch.Generator().manual_seed(3)] * 2)
    own = run([torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)])
    assert not torch.equal(each, own)
    assert torch.equal(own[0], own[1])


def test_arguments_of_improve():
    paths, context = torch.zeros(2, 1, 3, dtype=torch.int64), PropertyContext()
    with pytest.raises(ShapeError, match=r"^paths: expected shape \(B, N, T\), got \(1, 3\)"):
        improve(paths[0], LowLatency(), context)
    with pytest.raises(UsageError, match=r"^property: expected a property, got str"):
        improve(paths, "low_latency", context)
    for wrong in ("ab", [1, 2], None):
        with pytest.raises(UsageError, match=r"^contexts: expected a PropertyContext, or one per utterance"):
            improve(paths, LowLatency(), wrong)
    with pytest.raises(ShapeError, match=r"^generator: expected one, or 2, one per utterance; got 1"):
        improve(paths, LowLatency(), context, None, [torch.Generator()])
    with pytest.raises(UsageError, match=r"^generator: expected a torch.Generator"):
        improve(paths, LowLatency(), context, None, 7)


def test_errors_of_a_property_name_it():
    class Own:
        def __call__(self, path, context):
            raise KeyError("nothing")

    def own(path, context, size=1):
        raise ZeroDivisionError(f"size {size}")

    paths, name = torch.zeros(2, 1, 3, dtype=torch.int64), __name__
    with pytest.raises(OwnCodeError, match=rf"property {name}:\S*Own raised KeyError: 'nothing'") as caught:
        improve(paths, Own(), PropertyContext())
    assert caught.value.utterance == 0
    with pytest.raises(OwnCodeError, match=rf"property {name}:\S*own raised ZeroDivisionError: size 3"):
        improve(paths, partial(own, size=3), PropertyContext())

    def ours(path, context):
        raise UsageError("reference: missing")

    with pytest.raises(UsageError, match=r"^reference: missing$"):
        improve(paths, ours, PropertyContext())


def test_joint_in_a_batch_is_one_property_after_the_other():
    paths = torch.tensor([[path_of("cc^^at^^"), path_of("cut^^^^^")]])
    context = PropertyContext(path_of("cut"), VOCABULARY, BLANK)
    both, changed = improve(paths, Joint(), context, None, torch.Generator().manual_seed(0))
    assert changed.tolist() == [[True, False]]
    assert len(Joint().properties) == 2
    alone = improve(paths, Joint(["minimum_wer"]), context)[0]
    assert alone[0, 0].tolist() == path_of("cc^^ut^^")
    assert both[0, 0].tolist() in (path_of("c^^ut^^^"), path_of("cc^ut^^^"))
    assert both[0, 1].tolist() == path_of("cut^^^^^")
    for wrong in ("low_latency", [], ()):
        with pytest.raises(UsageError, match=r"^properties: expected a list with at least one property"):
            Joint(wrong)
