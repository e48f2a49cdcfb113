"""A recording of three hours. The limits are wide, for busy machines; tools/bench/review.py measures strictly."""

from __future__ import annotations

import statistics

import pytest

from ctcalign.review import write_page
from tools.review.cases import repeated, write_repeated
from tools.review.frames import open_page, scrolled

HOURS = 3 * 3600.0


@pytest.fixture(scope="module")
def long_page(talk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    write_repeated(folder / "long.wav", HOURS)
    write_page(repeated(talk, HOURS), folder / "long.html", audio=folder / "long.wav")
    return folder / "long.html"


@pytest.mark.slow
def test_three_hours_open_and_scroll_at_once(long_page, opened):
    one = opened(long_page, wait=False)
    assert open_page(one.page, long_page) < 6  # 0.6 s on an idle machine
    for which, step in (("#list", 200), ("#list", 3000), ("wave", 40), ("wave", 4000)):
        frames = scrolled(one.page, which, step, frames=60)
        assert statistics.median(frames) < 0.05, (which, step)
        assert max(frames) < 0.25, (which, step)


@pytest.mark.slow
def test_only_what_is_seen_of_three_hours_is_in_the_page(long_page, opened):
    one = opened(long_page)
    regions = "document.querySelector('#wave > div').shadowRoot.querySelectorAll('[part~=region]').length"
    for place in (0.0, 0.4, 0.99):
        one.page.evaluate(
            f"document.querySelector('#list').scrollTop = {place} * document.querySelector('#rows').clientHeight"
        )
        one.page.locator("#overview").click(position={"x": 10 + place * 1200, "y": 5})
        one.page.wait_for_timeout(300)
        assert 0 < one.page.locator(".row").count() < 40
        assert one.page.evaluate(regions) < 200
    one.press("j")
    assert one.page.locator("#nothing").is_hidden()


@pytest.mark.slow
def test_an_edit_of_three_hours_is_quick(long_page, opened):
    one = opened(long_page)
    one.choose(5)
    seconds = one.page.evaluate(
        """() => { const begin = performance.now();
        for (const key of ["w", "w", "a", "m"])
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        return (performance.now() - begin) / 1000; }"""
    )
    assert seconds < 1.0
