"""Low latency: all golden rows, and properties that hold for every path."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.errors import ShapeError, UsageError
from ctcalign.objectives import BatchError, LowLatency, PropertyContext, improve
from ctcalign.objectives.properties import removable, remove_frames
from tests.objectives.letters import BLANK, collapsed, first_frames, golden, path_of

GOLDEN = golden("awp_low_latency")
CONTEXT = PropertyContext(blank=BLANK)
paths = st.lists(st.sampled_from([0, 1, 2, BLANK]), min_size=1, max_size=12)


def outputs(path, draws=300, **options):
    """All distinct results of a property in many draws."""
    many = torch.tensor(path).expand(1, draws, -1)
    better, _ = improve(many, LowLatency(**options), CONTEXT, generator=torch.Generator().manual_seed(1))
    return {tuple(row) for row in better[0].tolist()}


@pytest.mark.parametrize("case", GOLDEN["k1_cases"], ids=lambda case: case["text"])
def test_golden_rows_of_one_frame(case):
    labels = torch.tensor(case["path"])[None, None]
    assert (
        removable(labels, torch.tensor([labels.shape[2]]), BLANK)[0, 0].nonzero()[:, 0].tolist()
        == (case["removable_indices"])
    )
    for row in case["k1"]:
        better = LowLatency()(np.array(case["path"]), CONTEXT, removal=[row["removed_index"]])
        assert (case["path"] if better is None else better.tolist()) == row["shifted"]
        assert collapsed(row["shifted"]) == case["collapsed"]
    assert outputs(case["path"]) == {tuple(row["shifted"]) for row in case["k1"]} or not case["k1"]


@pytest.mark.parametrize("case", GOLDEN["k_gt_1_cases"], ids=lambda case: case["text"])
def test_golden_rows_of_several_frames(case):
    better = LowLatency(k=case["k"])(np.array(case["path"]), CONTEXT, removal=case["removed_indices"])
    assert (case["path"] if better is None else better.tolist()) == case["shifted"]


@pytest.mark.parametrize("case", GOLDEN["k1_cases"], ids=lambda case: case["text"])
def test_parity_never_picks_the_last_candidate(case):
    if case["reference_error"] is None:
        expected = {tuple(path) for path in case["reference_reachable_outputs"]}
    else:  # one candidate, for which the published code fails
        expected = {tuple(row["shifted"]) for row in case["k1"]}
    assert outputs(case["path"], exclude_last=True) == expected


def test_parity_shifts_the_padding():
    path = path_of("a^^bb^cc")  # five valid frames
    lengths = torch.tensor([5])
    full = LowLatency(pad_mode="full").improve_batch(
        torch.tensor([[path]]), [CONTEXT], lengths, removal=torch.tensor([[[2]]])
    )
    valid = LowLatency().improve_batch(torch.tensor([[path]]), [CONTEXT], lengths, removal=torch.tensor([[[2]]]))
    assert full[0, 0].tolist() == path_of("a^bb^cc^")
    assert valid[0, 0].tolist() == path_of("a^bb^^cc")


@settings(max_examples=150, deadline=None)
@given(path=paths, k=st.integers(1, 4), seed=st.integers(0, 99), padding=st.lists(st.integers(0, 2), max_size=3))
def test_the_text_is_kept_and_no_label_is_delayed(path, k, seed, padding):
    whole = torch.tensor([[path + padding]])
    generator = torch.Generator().manual_seed(seed)
    better, changed = improve(whole, LowLatency(k), CONTEXT, torch.tensor([len(path)]), generator)
    found = better[0, 0].tolist()
    assert found[len(path) :] == padding
    found = found[: len(path)]
    assert collapsed(found) == collapsed(path)
    before, after = first_frames(path), first_frames(found)
    assert all(a - k <= b <= a for a, b in zip(before, after, strict=True))
    assert bool(changed[0, 0]) == (found != path)


@settings(max_examples=60, deadline=None)
@given(path=paths, k=st.integers(1, 3))
def test_k_frames_are_removed_or_all_candidates(path, k):
    candidates = sum(label == (path[i - 1] if i else BLANK) for i, label in enumerate(path))
    for found in outputs(path, draws=20, k=k):
        removed = min(k, candidates)
        assert list(found[len(path) - removed :]) == [BLANK] * removed


def test_candidates_are_equally_likely():
    path = path_of("aabbcc^^")
    many = torch.tensor(path).expand(1, 20_000, -1)
    better, changed = improve(many, LowLatency(), CONTEXT, generator=torch.Generator().manual_seed(0))
    _, counts = better[0].unique(dim=0, return_counts=True)  # three changed paths, one without its last blank
    assert changed.float().mean().item() == pytest.approx(0.75, abs=0.02)
    assert (counts / 20_000).tolist() == pytest.approx([0.25] * 4, abs=0.02)


def test_random_k_draws_every_number():
    ends = {tuple(first_frames(found)) for found in outputs(path_of("^aaaab^^"), k=3, random_k=True, draws=500)}
    assert {(0, 4), (1, 4), (1, 3), (0, 2), (1, 2), (0, 3)} <= ends


def test_the_same_generator_gives_the_same_paths():
    many = torch.randint(0, 3, (4, 5, 30), generator=torch.Generator().manual_seed(0))
    one, other = (
        improve(many, LowLatency(2), PropertyContext(blank=0), generator=torch.Generator().manual_seed(7))[0]
        for _ in range(2)
    )
    assert torch.equal(one, other)


def test_a_frame_that_cannot_be_removed_is_an_error():
    with pytest.raises(BatchError, match="a frame can be removed only if"):
        LowLatency()(np.array(path_of("ab^")), CONTEXT, removal=[1])
    with pytest.raises(ShapeError, match="removal: expected ints"):
        LowLatency().improve_batch(
            torch.tensor([[path_of("aab")]]), [CONTEXT], torch.tensor([3]), removal=torch.tensor([1])
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [({"k": 0}, "k: got 0"), ({"k": 1.5}, "k: got 1.5"), ({"pad_mode": "none"}, "pad_mode: got 'none'")],
)
def test_invalid_options(options, message):
    with pytest.raises(UsageError, match=message):
        LowLatency(**options)


def test_removable_frames_by_hand() -> None:
    paths = torch.tensor([[path_of("^^aab^^b"), path_of("aa^bbb^^")], [path_of("bb^^^^^^"), path_of("^b^^aaa^")]])
    found = removable(paths, torch.tensor([8, 5]), BLANK)
    assert [["".join("x" if one else "." for one in row) for row in rows] for rows in found.tolist()] == [
        ["xx.x..x.", ".x..xx.x"], [".x.xx...", "x..x...."]]  # fmt: skip
    assert not removable(paths, torch.tensor([0, 0]), BLANK).any()
    assert removable(torch.tensor([[[0, 0, 1]]]), torch.tensor([3])).tolist() == [[[True, True, False]]]


def test_frames_removed_by_hand() -> None:
    paths = torch.tensor([[path_of("^aab^cde")]])
    removed = torch.zeros(1, 1, 8, dtype=torch.bool)
    removed[0, 0, [0, 2]] = True
    assert remove_frames(paths, removed, torch.tensor([8]), BLANK)[0, 0].tolist() == path_of("ab^cde^^")
    assert remove_frames(paths, removed, torch.tensor([5]), BLANK)[0, 0].tolist() == path_of("ab^^^cde")
    assert remove_frames(paths, removed & False, torch.tensor([5]), BLANK)[0, 0].tolist() == path_of("^aab^cde")
    assert remove_frames(paths, removed, torch.tensor([8]))[0, 0, -2:].tolist() == [0, 0]
    for wrong in (removed.long(), removed[..., :7]):
        with pytest.raises(ShapeError, match=r"^removed: expected bool of shape \(1, 1, 8\), got"):
            remove_frames(paths, wrong, torch.tensor([8]), BLANK)
    for wrong in (torch.tensor([8, 8]), torch.tensor([8.0]), torch.tensor([True])):
        with pytest.raises(ShapeError, match=r"^lengths: expected 1 integer counts, got"):
            removable(paths, wrong, BLANK)
        with pytest.raises(ShapeError, match=r"^lengths: expected 1 integer counts, got"):
            remove_frames(paths, removed, wrong, BLANK)


def test_given_frames_are_removed_together() -> None:
    path = torch.tensor([[path_of("^aab^^bb"), path_of("cc^^^^^^")]])
    lengths, prop = torch.tensor([8]), LowLatency()
    removal = torch.tensor([[[0, 5, 7], [1, -1, -1]]])
    found = prop.improve_batch(path, [CONTEXT], lengths, removal=removal)
    assert [row.tolist() for row in found[0]] == [path_of("aab^b^^^"), path_of("c^^^^^^^")]
    none = prop.improve_batch(path, [CONTEXT], lengths, removal=torch.full((1, 2, 1), -1))
    assert torch.equal(none, path)
    assert prop(np.array(path_of("abc")), CONTEXT, removal=[]) is None
    for wrong in ([8], [1], [100], [0, 1]):
        with pytest.raises(BatchError, match="a frame can be removed only if"):
            prop(np.array(path_of("^aab^^bb")), CONTEXT, removal=wrong)
    for wrong in (removal.float(), removal[:, :1], removal[0]):
        with pytest.raises(ShapeError, match=r"^removal: expected ints \(1, 2, any number\), got"):
            prop.improve_batch(path, [CONTEXT], lengths, removal=wrong)


def test_defaults_and_the_last_candidate() -> None:
    plain = LowLatency()
    assert (plain.k, plain.random_k, plain.exclude_last, plain.pad_mode) == (1, False, False, "valid")
    assert outputs(path_of("aabb^"), exclude_last=True) == {tuple(path_of("abb^^"))}
    assert outputs(path_of("aab^"), exclude_last=True) == {tuple(path_of("ab^^"))}
    assert outputs(path_of("aabbcc"), k=2, exclude_last=True) == {tuple(path_of("abcc^^"))}
    assert outputs(path_of("aabb^"), k=9) == {tuple(path_of("ab^^^"))}
    counts = {sum(label == BLANK for label in row) for row in outputs(path_of("aaaa"), k=3, random_k=True)}
    assert counts == {1, 2, 3}
    with pytest.raises(BatchError, match="the same blank for all utterances"):
        plain.improve_batch(torch.zeros(2, 1, 3).long(), [CONTEXT, PropertyContext(blank=0)], torch.tensor([3, 3]))


def test_candidates_in_the_padding_are_never_removed() -> None:
    paths = torch.tensor([[path_of("ab^cc^^^")]]).expand(1, 200, 8)
    better, changed = improve(paths, LowLatency(k=2), CONTEXT, torch.tensor([4]), torch.Generator().manual_seed(0))
    assert torch.equal(better, paths)
    assert not changed.any()
