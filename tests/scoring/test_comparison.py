"""The numbers of a comparison, against a calculation by hand and those that another scorer gave for the same files."""

from __future__ import annotations

import pytest

from ctcalign.scoring.comparison import compare, edge_errors, error_statistics, percentile, ptem, within
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, TimedItem
from ctcalign.scoring.options import Options
from tests.scoring.example import write_example


@pytest.fixture
def files(tmp_path):
    return [tuple(read_timed(path)[0] for path in write_example(tmp_path))]


def test_counts(files):
    found = compare(files)
    assert (found.matched_by, found.reference, found.alignment, found.spoken, found.placed, found.unmatched) == (
        "index",
        7,
        7,
        5,
        4,
        0,
    )


# Milliseconds; median, mean, P90, max, bias, shares within 20, 50, 100, 200 and 500 ms: what the peer scorer printed.
@pytest.mark.parametrize(
    ("bounds", "side", "expected"),
    [
        ("speech", "starts", (175.0, 467.5, 1500.0, 1500.0, -332.5, 25.0, 25.0, 50.0, 50.0, 75.0)),
        ("speech", "ends", (150.0, 187.5, 400.0, 400.0, 187.5, 0.0, 25.0, 50.0, 75.0, 100.0)),
        ("speech", "both", (150.0, 327.5, 1500.0, 1500.0, -72.5, 12.5, 25.0, 50.0, 62.5, 87.5)),
        ("clip", "starts", (235.0, 367.5, 1000.0, 1000.0, -132.5, 25.0, 25.0, 25.0, 25.0, 75.0)),
        ("clip", "ends", (100.0, 87.5, 100.0, 100.0, -37.5, 0.0, 25.0, 100.0, 100.0, 100.0)),
        ("tolerant", "starts", (135.0, 317.5, 1000.0, 1000.0, -182.5, 50.0, 50.0, 50.0, 50.0, 75.0)),
        ("tolerant", "ends", (0.0, 25.0, 100.0, 100.0, 25.0, 75.0, 75.0, 100.0, 100.0, 100.0)),
    ],
)
def test_edges_as_the_peer_scorer(files, bounds, side, expected):
    errors = getattr(compare(files, options=Options(bounds=bounds)), side)
    values = (errors.median, errors.mean, errors.p90, errors.max, errors.bias)
    assert [1000 * value for value in values] + [100 * share for share in errors.fractions.values()] == pytest.approx(
        expected, abs=1e-6
    )


def test_right_items_as_the_peer_scorer(files):
    found = compare(files, options=Options(threshold=0.5))
    assert found.within == pytest.approx(0.6)
    assert found.auc == 1.0
    assert found.kept is not None
    assert (found.kept.precision, found.kept.recall) == (pytest.approx(2 / 3), 1.0)
    assert [pair.right for pair in found.pairs] == [True, False, False, True, False, False, False]


def test_runaways_skips_and_ptem_by_hand(files):
    found = compare(files, options=Options(collar=0.1))
    assert found.runaway == 0.25
    assert found.skips is not None
    assert (found.skips.true, found.skips.false, found.skips.missed) == (1, 1, 1)
    assert found.ptem is not None
    assert found.ptem.start == pytest.approx(0.175)
    assert found.ptem.end == pytest.approx(0.15)
    assert found.ptem.median == pytest.approx((0.3 + 0.35) / 2)
    assert found.ptem.mean == pytest.approx((0.0 + 0.3 + 0.35 + 1.9) / 4)


def test_a_looser_tolerance_makes_more_right(files):
    assert compare(files, options=Options(within=2.0)).within == 0.8


def test_calibration_by_hand(files):
    found = compare(files).calibration
    assert found is not None
    assert (found.count, found.right) == (7, 2)
    assert found.ece == pytest.approx((0.1 + 0.2 + 0.3 + 0.6 + 0.3 + 0.1) / 7)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.09 + 0.36 + 0.09 + 0.01) / 7)
    assert [row.count for row in found.bins] == [1, 1, 1, 1, 0, 0, 1, 1, 0, 1]


def test_numbers_of_several_recordings_are_of_all_items(files):
    once, twice = compare(files), compare(files * 2)
    assert twice.placed == 2 * once.placed
    assert twice.starts is not None
    assert once.starts is not None
    assert twice.starts.mean == pytest.approx(once.starts.mean)


def test_items_outside_the_reference_are_wrong_and_not_spoken():
    reference = TimedFile("r", [TimedItem("one", 0.0, 1.0, index=0)])
    stray = TimedItem("not there", 2.0, 3.0, confidence=0.9)
    skipped = TimedItem("nor this", spoken=False, confidence=0.1)
    found = compare([(TimedFile("a", [TimedItem("one", 0.0, 1.0, confidence=0.8), stray, skipped]), reference)])
    assert found.unmatched == 2
    assert found.skips is not None
    assert (found.skips.true, found.skips.false, found.skips.missed) == (1, 0, 1)
    assert [pair.right for pair in found.pairs] == [True, False, False]


def test_a_caption_with_other_words_is_not_right():
    reference = TimedFile("r", [TimedItem("one two three", 0.0, 1.0, index=0)])
    found = compare([(TimedFile("a", [TimedItem("one two four", 0.0, 1.0, index=0, confidence=1.0)]), reference)])
    assert found.within == 1.0
    assert found.pairs[0].right is False


def test_failed_items_are_neither_placed_nor_skipped():
    reference = TimedFile("r", [TimedItem("one", 0.0, 1.0, index=0), TimedItem("two", 1.0, 2.0, index=1)])
    alignment = TimedFile("a", [TimedItem("one", index=0, spoken=None), TimedItem("two", 1.0, 2.0, index=1)])
    found = compare([(alignment, reference)])
    assert (found.placed, found.spoken, found.skips) == (1, 2, None)


def test_items_that_the_reference_does_not_know_are_not_assessed():
    reference = TimedFile("r", [TimedItem("one", index=0, spoken=None), TimedItem("two", 1.0, 2.0, index=1)])
    alignment = TimedFile("a", [TimedItem("one", 5.0, 6.0, index=0), TimedItem("two", 1.0, 2.0, index=1)])
    found = compare([(alignment, reference)])
    assert (found.spoken, found.placed, found.skips) == (1, 1, None)
    assert [pair.right for pair in found.pairs] == [None, True]


def test_words_are_matched_inside_their_cues():
    def cue(index, words):
        items = [TimedItem(text, float(start), start + 0.5) for text, start in words]
        return TimedItem(" ".join(item.text for item in items), items[0].start, items[-1].end, index=index, words=items)

    reference = TimedFile("r", [cue(0, [("a", 0), ("b", 1)]), cue(1, [("b", 2), ("a", 3)])])
    # The first cue lacks its "b"; matched by text over all words it would get the next one, misplaced and nearer.
    alignment = TimedFile("a", [cue(0, [("a", 0)]), cue(1, [("b", 1.2), ("a", 3)])])
    found = compare([(alignment, reference)], "word")
    assert [(p.reference.text, p.found and p.found.start) for p in found.pairs if p.reference] == [
        ("a", 0.0),
        ("b", None),
        ("b", 1.2),
        ("a", 3.0),
    ]


def test_of_several_occurrences_the_nearest_is_taken():
    item = TimedItem("again", 1.0, 2.0, occurrences=((1.0, 2.0), (5.0, 6.0)))
    assert edge_errors(item, (5.1, 6.0)) == pytest.approx((0.1, 0.0))


@pytest.mark.parametrize(
    ("found", "errors"), [((0.9, 2.05), (0.0, 0.0)), ((0.7, 2.2), (-0.1, 0.1)), ((1.1, 1.9), (0.1, -0.1))]
)
def test_silence_around_the_speech_is_tolerated(found, errors):
    item = TimedItem("one", 1.0, 2.0, clip=(0.8, 2.1))
    assert edge_errors(item, found, "tolerant") == pytest.approx(errors)


def test_clip_borders_may_lie_inside_the_speech():
    item = TimedItem("one", 1.0, 2.0, clip=(1.1, 1.9))
    assert edge_errors(item, (1.05, 1.95), "tolerant") == (0.0, 0.0)


def test_an_error_of_the_tolerance_is_within():
    assert 2.2 - 2.0 > 0.2  # as binary fractions have it
    assert within((0.0, 2.2 - 2.0), 0.2)
    assert not within((0.0, -0.201), 0.2)
    statistics = error_statistics([2.2 - 2.0, 0.3])
    assert statistics is not None
    assert statistics.fractions[0.2] == 0.5


@pytest.mark.parametrize(("count", "p90", "p95"), [(1, 1, 1), (9, 9, 9), (10, 10, 10), (20, 19, 20), (100, 91, 96)])
def test_percentiles(count, p90, p95):
    assert (percentile(range(1, count + 1), 90), percentile(range(1, count + 1), 95)) == (p90, p95)


def test_runaways_are_more_than_a_second_off():
    reference = TimedFile("r", [TimedItem("one", 5.0, 6.0, index=0), TimedItem("two", 7.0, 8.0, index=1)])
    alignment = TimedFile("a", [TimedItem("one", 5.0, 7.0, index=0), TimedItem("two", 5.9, 8.0, index=1)])
    assert compare([(alignment, reference)]).runaway == 0.5


def test_items_that_the_alignment_left_out_count_as_skipped():
    reference = TimedFile("r", [TimedItem("one", 0.0, 1.0, index=0), TimedItem("two", spoken=False, index=1)])
    found = compare([(TimedFile("a", []), reference)])
    assert found.skips is not None
    assert (found.skips.true, found.skips.false, found.skips.missed) == (1, 1, 0)


def test_nothing_to_measure():
    assert error_statistics([]) is None
    assert ptem([]) is None
    found = compare([(TimedFile("a", []), TimedFile("r", [TimedItem("one", 0.0, 1.0)]))])
    assert (found.starts, found.within, found.runaway, found.calibration, found.auc) == (None, 0.0, None, None, None)
