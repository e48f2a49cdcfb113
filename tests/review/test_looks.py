"""Accessibility (axe-core, WCAG 2.2 AA), writing systems, phone and print."""

from __future__ import annotations

import pytest

from tests.review.conftest import alignment_of, cue

TAGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCREENS = {"large": {"viewport": {"width": 1280, "height": 800}}, "phone": {"viewport": {"width": 390, "height": 844}}}


def violations(one) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(one.page, options=TAGS).response["violations"]
    return [f"{row['id']}: {node['html'][:200]} {node['failureSummary']}" for row in found for node in row["nodes"]]


def varied():
    return alignment_of(
        cue(0, "sure", 1.0, 0.95),
        cue(1, "likely", 2.0, 0.8),
        cue(2, "doubtful", 3.0, 0.5),
        cue(3, "poor and far too long to be read in the one second that it is shown", 4.0, 0.1),
        cue(4, "silent", None),
        cue(5, "failed", None, status="failed", reason="found in separate pieces"),
        cue(6, "without a confidence", 5.0, None),
        unwritten=[(7.0, 8.0)],
    )


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_meets_wcag_aa(page_of, screen, scheme):
    # axe-core tries styles that the policy of the page blocks.
    one = page_of(varied(), expect_errors=True, color_scheme=scheme, reduced_motion="reduce", **SCREENS[screen])
    assert violations(one) == []
    one.choose(3)
    one.press("a", "k")
    assert violations(one) == []
    one.press("?")
    assert violations(one) == []


def test_the_check_of_accessibility_can_fail(page_of):
    one = page_of(varied(), expect_errors=True)
    one.page.evaluate("document.getElementById('facts').style.color = '#ddd'")
    one.page.evaluate("document.getElementById('play').removeAttribute('aria-label')")
    one.page.evaluate("document.getElementById('play').textContent = ''; document.getElementById('play').title = ''")
    found = violations(one)
    assert any(line.startswith("color-contrast") for line in found)
    assert any(line.startswith("button-name") for line in found)


def test_the_theme_follows_the_system_and_the_switch(page_of):
    one = page_of(varied(), color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = one.page.evaluate(background)
    one.press("t")
    light = one.page.evaluate(background)
    assert one.text("#theme") == "Theme: light"
    assert light != dark
    one.page.reload()
    one.ready()
    assert one.page.evaluate(background) == light


def test_nothing_is_wider_than_a_phone(page_of):
    one = page_of(varied(), **SCREENS["phone"])
    one.choose(3)
    assert one.page.evaluate("document.documentElement.scrollWidth") == 390
    assert one.page.locator("#accept").is_visible()
    box = one.page.locator("#accept").bounding_box()
    assert box["y"] + box["height"] <= 844  # in the panel at the bottom, without scrolling


def test_right_to_left_captions_have_their_own_direction(page_of):
    one = page_of(alignment_of(cue(0, "مرحبا بكم في المتحف", 1.0), cue(1, "Hello", 3.0)))
    direction = "node => getComputedStyle(node).direction"
    assert one.row(0).locator(".what").evaluate(direction) == "rtl"
    assert one.row(1).locator(".what").evaluate(direction) == "ltr"
    one.choose(0)
    assert one.page.locator("#text").evaluate(direction) == "rtl"
    chips = one.page.locator(".chip").evaluate_all("nodes => nodes.map((node) => node.getBoundingClientRect().left)")
    assert chips == sorted(chips, reverse=True)  # the first word is the rightmost
    assert one.page.locator("html").evaluate(direction) == "ltr"


def test_captions_without_spaces_are_edited_by_their_characters(page_of):
    texts = ["今", "日", "は", "晴", "れ", "。"]
    one = page_of(alignment_of(cue(0, " ".join(texts[:5]), 1.0)))
    one.choose(0)
    one.press("e")
    one.page.fill("#text", "今日は雨れ。")
    one.press("Control+Enter")
    (entry,) = one.exported()["cues"]
    assert [(w["text"], w["start"]) for w in entry["words"]] == [
        ("今", 1.0), ("日", 1.2), ("は", 1.4), ("雨", 1.6), ("れ。", 1.8)
    ]  # fmt: skip


def test_all_rows_of_the_filter_are_printed(page_of, tmp_path):
    cues = [cue(i, f"caption {i}", i * 0.1) for i in range(150)]
    one = page_of(alignment_of(*cues))
    one.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    one.page.emulate_media(media="print")
    assert one.page.locator("#print tbody tr").count() == 150
    assert one.page.locator("#print").is_visible()
    assert one.page.locator(".player").is_hidden()
    assert one.page.pdf()[:5] == b"%PDF-"
    one.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert one.page.locator("#print tbody tr").count() == 0
