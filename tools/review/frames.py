"""How long a page takes to open, and the longest frames while it scrolls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Milliseconds from the start of the navigation to the second frame after the page said that it is ready.
_OPENED = """() => new Promise((done) => {
  const look = () => document.body.dataset.ready
    ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))
    : setTimeout(look, 5);
  look();
})"""
# Scrolls an element by `step` pixels in every frame, and returns the milliseconds between the frames.
_SCROLLED = """([which, step, count]) => new Promise((done) => {
  const scroller = which === "wave"
    ? document.querySelector("#wave > div").shadowRoot.querySelector(".scroll")
    : document.querySelector(which);
  const key = which === "wave" ? "scrollLeft" : "scrollTop";
  const gaps = [];
  let last = null;
  const frame = (time) => {
    if (last !== null) gaps.push(time - last);
    last = time;
    if (gaps.length >= count) return done(gaps);
    scroller[key] += step;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""


# Scrolls once, and waits until that is drawn.
_STEP = """([which, step]) => new Promise((done) => {
  const scroller = which === "wave"
    ? document.querySelector("#wave > div").shadowRoot.querySelector(".scroll")
    : document.querySelector(which);
  scroller[which === "wave" ? "scrollLeft" : "scrollTop"] += step;
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


def open_page(page: Page, file: Path) -> float:
    """Open a review page. Returns the seconds from the navigation until it is drawn and can be used."""
    page.goto(file.resolve().as_uri())
    return float(page.evaluate(_OPENED)) / 1000


def scrolled(page: Page, which: str, step: int, frames: int = 120) -> list[float]:
    """Scroll an open page for some frames.

    Args:
        which: "wave", or the selector of an element that scrolls vertically.
        step: pixels for each frame.
    Returns:
        Seconds between the frames.
    """
    return [gap / 1000 for gap in page.evaluate(_SCROLLED, [which, step, frames])]


class Processor:
    """Processor time of the main thread of a page, which other programs on the machine do not change."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._page = page

    def seconds(self) -> float:
        """Since the page was made."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(row["value"] for row in metrics if row["name"] == "TaskDuration"))

    def scrolling(self, which: str, step: int, frames: int = 60) -> list[float]:
        """Seconds of each of some steps of scrolling; arguments as for `scrolled`."""
        found = []
        for _ in range(frames):
            before = self.seconds()
            self._page.evaluate(_STEP, [which, step])
            found.append(self.seconds() - before)
        return found
