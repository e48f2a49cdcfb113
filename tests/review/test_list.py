"""The list in Chromium: order, filters, the worst captions, reasons, speech without a caption, precision."""

from __future__ import annotations

import statistics

import pytest

from ctcalign.review import PageOptions
from tests.review.conftest import alignment_of, cue

NUMBERS = """() => [...document.querySelectorAll('.row')]
  .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((row) => row.querySelector('.when .weak').textContent)"""


def several():
    return alignment_of(
        cue(0, "alpha one", 1.0, 0.95),
        cue(1, "beta two", 3.0, 0.3),
        cue(2, "gamma", None),
        cue(3, "delta FOUR", 5.0, 0.75),
        cue(4, "epsilon", None, status="failed", reason="found in separate pieces"),
        cue(5, "zeta", 9.0, 0.6),
        unwritten=[(6.5, 8.5), (12.0, 13.0)],
    )


@pytest.fixture
def one(page_of):
    return page_of(several())


def test_rows_stand_in_the_order_of_time_with_the_gaps_between(one):
    assert one.page.evaluate(NUMBERS) == ["#1", "#2", "#3", "#4", "#5", "2.0 s", "#6", "1.0 s"]
    assert one.text("#count") == "6 captions, 2 stretches of speech without one"


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("confidence", ["#3", "#5", "#2", "#6", "#4", "#1", "2.0 s", "1.0 s"]),
        ("cps", ["#4", "#1", "#2", "#6", "#3", "#5", "2.0 s", "1.0 s"]),
        ("length", ["2.0 s", "#1", "#2", "#4", "#6", "1.0 s", "#3", "#5"]),
    ],
)
def test_rows_are_sorted(one, order, numbers):
    one.page.select_option("#sort", order)
    assert one.page.evaluate(NUMBERS) == numbers
    one.page.click("#reverse")
    assert one.page.evaluate(NUMBERS) == numbers[::-1]


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        ("aligned", ["#1", "#2", "#4", "#6"]),
        ("not_spoken", ["#3"]),
        ("failed", ["#5"]),
        ("gap", ["2.0 s", "1.0 s"]),
        ("open", ["#1", "#2", "#3", "#4", "#5", "#6"]),
        ("accepted", []),
    ],
)
def test_rows_are_filtered_by_status(one, status, numbers):
    one.page.select_option("#status", status)
    assert one.page.evaluate(NUMBERS) == numbers


def test_rows_are_searched_by_text(one):
    one.page.fill("#search", "four")
    assert one.page.evaluate(NUMBERS) == ["#4"]
    one.page.fill("#search", "no such text")
    assert one.text("#count") == "Nothing passes the filter."


def test_the_worst_captions(one):
    one.page.fill("#worst-count", "2")
    one.page.click("#worst")
    assert one.page.evaluate(NUMBERS) == ["#2", "#6"]
    one.page.click("#worst")
    assert len(one.page.evaluate(NUMBERS)) == 8


def test_reasons_are_shown(one):
    assert one.row(2).locator(".reason").text_content() == "not found in the audio"
    one.choose(4)
    assert one.text("#panel-reason") == "found in separate pieces"
    assert one.text("#panel-status") == "failed"


def test_a_gap_is_played(one):
    one.page.select_option("#status", "gap")
    one.page.locator(".row").first.click()
    assert one.text("#gap-times") == "0:06.500 – 0:08.500, 2.0 s"
    one.press("Enter")
    one.until("document.getElementById('media').currentTime > 6.8")


@pytest.mark.parametrize(("threshold", "kept"), [(0.0, [0.95, 0.3, 0.75, 0.6]), (0.7, [0.95, 0.75]), (0.96, [])])
def test_the_slider_shows_what_is_kept_and_how_precise_it_is(one, threshold, kept):
    one.page.locator("#threshold").fill(str(threshold))
    figures = one.text("#kept")
    precision = f"{100 * statistics.mean(kept):.1f} %" if kept else "–"
    assert figures == (
        f"≥ {threshold:.2f} confidence{len(kept)} of 6 captions kept"
        f"{len(kept) / 3600:.3f} of 0.001 h kept{precision} expected precision"
    )
    one.page.select_option("#status", "kept")
    assert len(one.page.evaluate(NUMBERS)) == len(kept)
    one.page.select_option("#status", "left")
    assert len(one.page.evaluate(NUMBERS)) == 6 - len(kept)


def test_the_figures_follow_the_edits(one):
    one.page.locator("#threshold").fill("0.5")
    one.choose(1)
    one.press("a")  # 0.3 becomes 1
    one.choose(0)
    one.press("r")
    assert "3 of 6 captions kept" in one.text("#kept")
    assert f"{100 * statistics.mean([1, 0.75, 0.6]):.1f} % expected" in one.text("#kept")


def test_rows_stay_where_they_are_while_they_are_edited(one):
    one.page.select_option("#sort", "confidence")
    before = one.page.evaluate(NUMBERS)
    one.choose(1)
    one.press("a")
    assert one.page.evaluate(NUMBERS) == before


def test_captions_that_are_hard_to_read_are_marked(page_of):
    cues = [
        cue(0, "a" * 21, 1.0),
        cue(1, "a" * 20, 3.0),
        cue(2, "<i>short</i>\nthree\nlines", 5.0),
        cue(3, "日本" * 3, 7.0),
    ]
    one = page_of(alignment_of(*cues), options=PageOptions(max_cps=20, max_line_length=20, max_lines=2))
    one.page.select_option("#status", "reading")
    assert one.page.evaluate(NUMBERS) == ["#1", "#3"]
    one.choose(0)
    assert one.text("#panel-reading") == "⚠ 21.0 characters per second, line of 21 characters"
    one.choose(2)
    assert one.text("#panel-reading") == "⚠ 3 lines"
    one.choose(0)
    one.press("P")  # longer by 50 ms: 20 characters a second
    assert one.text("#panel-reading") == "⚠ line of 21 characters"
