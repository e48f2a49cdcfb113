"""Pairs: every candidate is used or counted, rejected responses have more errors; labels and ranges by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference.pairs import Candidate, Pair, differing_range, label_responses, pick_pairs

TRUTH = Candidate("the cat sat", 0)
HYPOTHESES = [
    Candidate("the cat sad", 1, score=-1.0),
    Candidate("the cat sat", 0, score=-2.0),
    Candidate("a cap sat", 2, score=-3.0),
    Candidate("a cap sat", 2, score=-3.0),
    Candidate("the cat sat on a very long mat", 5, score=-9.0, feasible=False),
]


def test_the_transcript_against_the_worst_hypothesis():
    pairs, dropped = pick_pairs(HYPOTHESES, TRUTH)
    assert pairs == [Pair("the cat sat", ("a cap sat",))]
    assert dropped == {"identical": 2, "infeasible": 1, "surplus": 1}


@pytest.mark.parametrize(("rejected", "first"), [("worst", "a cap sat"), ("best", "the cat sad")])
def test_order_of_rejected_hypotheses(rejected, first):
    assert pick_pairs(HYPOTHESES, TRUTH, rejected=rejected)[0][0].rejected == (first,)
    likely = [Candidate("x", 1, score=-5.0), Candidate("y", 2, score=-1.0), Candidate("z", 3, score=-2.0)]
    assert pick_pairs(likely, TRUTH, rejected="likeliest", pairs=2)[0] == [
        Pair("the cat sat", ("y",)),
        Pair("the cat sat", ("z",)),
    ]


def test_several_rejected_per_pair_and_too_few_of_them():
    pairs, dropped = pick_pairs(HYPOTHESES, TRUTH, together=2)
    assert pairs == [Pair("the cat sat", ("a cap sat", "the cat sad"))]
    assert dropped == {"identical": 2, "infeasible": 1}
    pairs, dropped = pick_pairs(HYPOTHESES, TRUTH, together=3)
    assert pairs == []
    assert dropped == {"identical": 2, "infeasible": 1, "too_few": 2}


def test_without_a_transcript_the_best_hypothesis_is_chosen():
    pairs, dropped = pick_pairs([*HYPOTHESES[:1], *HYPOTHESES[2:]])
    assert pairs == [Pair("the cat sad", ("a cap sat",))]
    assert dropped == {"identical": 1, "infeasible": 1}
    equal = [Candidate("x", 1, score=-5.0), Candidate("y", 1, score=-1.0)]
    assert pick_pairs(equal) == ([], {"tie": 1, "too_few": 1})
    assert pick_pairs([]) == ([], {})


def test_least_gap_of_errors():
    pairs, dropped = pick_pairs(HYPOTHESES, TRUTH, least_gap=1, pairs=5)
    assert pairs == [Pair("the cat sat", ("a cap sat",))]
    assert dropped["tie"] == 1


def test_an_infeasible_transcript_has_no_pairs():
    assert pick_pairs(HYPOTHESES, Candidate("the cat sat", 0, feasible=False)) == (
        [],
        {"infeasible": 1, "no_chosen": 4},
    )


@given(
    hypotheses=st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3), st.booleans()), max_size=12),
    pairs=st.integers(1, 3),
    together=st.integers(1, 3),
    has_transcript=st.booleans(),
    rejected=st.sampled_from(["worst", "best", "likeliest"]),
)
def test_every_candidate_is_used_or_counted(hypotheses, pairs, together, has_transcript, rejected):
    errors_of: dict[str, int] = {}
    candidates = [
        Candidate(text, errors_of.setdefault(text, errors), float(-place), feasible)
        for place, (text, errors, feasible) in enumerate(hypotheses)
    ]
    transcript = Candidate("truth", 0) if has_transcript else None
    found, dropped = pick_pairs(candidates, transcript, rejected=rejected, pairs=pairs, together=together)
    used = [text for pair in found for text in pair.rejected]
    chosen = {pair.chosen for pair in found}
    assert len(used) == len(set(used)) == together * len(found)
    assert len(found) <= pairs
    assert len(chosen) <= 1
    assert not chosen & set(used)
    assert len(candidates) == len(used) + sum(dropped.values()) + (0 if has_transcript or not found else 1)
    least = 0 if has_transcript else min((errors_of[text] for text in chosen), default=0)
    assert all(errors_of[text] > least for text in used)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rejected": "first"}, "expected one of worst, best, likeliest"),
        ({"pairs": 0}, "pairs: got 0"),
        ({"together": 1.5}, "together: got 1.5"),
        ({"least_gap": math.nan}, "least_gap: got nan"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(UsageError, match=message):
        pick_pairs(HYPOTHESES, TRUTH, **options)


def test_labels_by_confidence():
    labels, dropped = label_responses([-0.2, -1.0, -1.5, -2.0, -2.1, math.nan, -math.inf], -1.0, -2.0)
    assert labels == [True, True, None, None, False, None, False]
    assert dropped == {"between": 2, "unknown": 1}
    with pytest.raises(UsageError, match="expected a number up to desirable_from"):
        label_responses([0.0], -2.0, -1.0)


def test_the_range_in_which_responses_differ():
    rows = torch.tensor([[5, 1, 2, 3, 9], [5, 1, 7, 3, 9], [5, 1, 2, 8, 9]])
    assert differing_range(rows).tolist() == [False, False, True, True, False]
    hole = torch.tensor([[1, 2, 3, 4], [9, 2, 3, 9]])  # equal labels inside the range are scored
    assert differing_range(hole).tolist() == [True] * 4
    longer = torch.tensor([[1, 2, -100, -100], [1, 2, 3, 4]])
    assert differing_range(torch.stack([longer, hole])).tolist() == [[False, False, True, True], [True] * 4]
    assert not differing_range(rows[:1]).any()
    with pytest.raises(ShapeError, match="expected ints of shape"):
        differing_range(torch.tensor([1, 2]))


def test_defaults_and_ties_by_hand():
    a, b, c = Candidate("a", 3, -2.0), Candidate("b", 3, -1.0), Candidate("c", 1, -9.0)
    assert (a.feasible, Candidate("x", 0).score) == (True, 0.0)
    assert pick_pairs([a, b, c], TRUTH)[0] == [Pair(TRUTH.content, ("a",))]  # worst first; of ties the first given
    assert pick_pairs([b, a, c], TRUTH, pairs=2)[0] == [Pair(TRUTH.content, ("b",)), Pair(TRUTH.content, ("a",))]
    assert pick_pairs([a, b, c], TRUTH, pairs=2, rejected="best")[0][0].rejected == ("c",)
    assert pick_pairs([a, b, c], TRUTH, pairs=3, rejected="likeliest") == (
        [Pair(TRUTH.content, (one,)) for one in "bac"], {})  # fmt: skip
    assert pick_pairs([a, b, c], TRUTH, least_gap=2.9)[0] == [Pair(TRUTH.content, ("a",))]
    assert pick_pairs([a, b, c], TRUTH, least_gap=3) == ([], {"tie": 3})
    # Of several candidates with the fewest errors the likeliest is chosen.
    assert pick_pairs([a, b, Candidate("d", 5)])[0] == [Pair("b", ("d",))]
    assert pick_pairs([a, b]) == ([], {"tie": 1, "too_few": 1})
    two = pick_pairs([Candidate(str(i), i + 1) for i in range(5)], TRUTH, pairs=2, together=2)
    assert two == ([Pair(TRUTH.content, ("4", "3")), Pair(TRUTH.content, ("2", "1"))], {"surplus": 1})
    short = pick_pairs([Candidate(str(i), i + 1) for i in range(3)], TRUTH, pairs=2, together=2)
    assert short == ([Pair(TRUTH.content, ("2", "1"))], {"too_few": 1})
    assert pick_pairs([Candidate("a", 1, 0.0, False), Candidate("a", 1)], None) == ([], {"infeasible": 1, "too_few": 1})
    assert pick_pairs([Candidate("a", 1, 0.0, False)]) == ([], {"infeasible": 1})


def test_bounds_of_labels():
    assert label_responses([0.5, 0.25], 0.5, 0.5) == ([True, False], {})
    assert label_responses([0.5, 0.4999, 0.25, 0.2], 0.5, 0.25) == ([True, None, None, False], {"between": 2})
    for low, high in ((1.0, 0.0), (math.nan, 1.0), (0.0, math.nan)):
        with pytest.raises(UsageError, match=r"^undesirable_below: got"):
            label_responses([0.0], high, low)


def test_ranges_at_the_edges():
    assert differing_range(torch.tensor([[1, 2], [1, 2]])).tolist() == [False, False]
    assert differing_range(torch.tensor([[1, 2], [3, 2]])).tolist() == [True, False]
    assert differing_range(torch.tensor([[1, 2, 4], [1, 3, 4], [1, 2, 4]])).tolist() == [False, True, False]
    assert differing_range(torch.zeros(2, 0, dtype=torch.int64)).tolist() == []
    many = torch.tensor([[[1, 2, 3], [9, 2, 3]], [[1, 2, 3], [1, 9, 3]], [[1, 2, 3], [1, 2, 9]]])
    assert differing_range(many).tolist() == torch.eye(3, dtype=torch.bool).tolist()
    for wrong in (torch.zeros(2, 2), torch.zeros(0, 2).long(), torch.zeros(3, 0, 2).long()):
        with pytest.raises(ShapeError, match=r"^labels: expected ints of shape \(..., R, L\), got"):
            differing_range(wrong)
