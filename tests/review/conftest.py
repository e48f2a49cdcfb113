"""Pages and a browser for tests. Without Chromium they are skipped; with CTCALIGN_BROWSER=required they fail."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import ctcalign
from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.review import PageOptions, write_page
from tests.chromium import need_chromium
from tools.review.browser import browser as running_browser
from tools.review.cases import CAPTIONS, TALK

SCREENSHOTS = Path(__file__).parent / "screenshots"  # of tests that failed; git ignores the folder
REPORT = pytest.StashKey[Any]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@dataclass
class Opened:
    """A page in a browser: Playwright's page, what the console said, and requests that left the machine."""

    page: Any
    file: Path
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ready(self) -> None:
        self.page.wait_for_selector("body[data-ready]")

    def until(self, condition: str, seconds: float = 20.0) -> None:
        """Wait until an expression of JavaScript is true. Playwright's own wait needs eval, which the page forbids."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"{condition} was not true within {seconds:g} s"
            self.page.wait_for_timeout(20)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.text_content()

    def value(self, selector: str) -> str:
        return self.page.input_value(selector)

    def now(self) -> float:
        return self.page.evaluate("document.getElementById('media').currentTime")

    def row(self, index: int) -> Any:
        """The row of the caption with an `index`, which must be among those drawn and not be split or merged."""
        return self.page.locator(".row", has=self.page.get_by_text(f"#{index + 1}", exact=True)).first

    def choose(self, index: int) -> None:
        self.row(index).locator(".when").click()

    def exported(self) -> dict[str, Any]:
        """The file that Ctrl+S exports."""
        with self.page.expect_download() as download:
            self.page.keyboard.press("Control+s")
        return json.loads(Path(download.value.path()).read_text(encoding="utf-8"))


@pytest.fixture(scope="package")
def chrome() -> Iterator[Any]:
    """A running Chromium for the tests of this folder."""
    need_chromium()
    with running_browser() as running:
        yield running


@pytest.fixture
def opened(chrome: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Opened]]:
    """Opens a page file; arguments are those of a browser context. No page may log an error or use the network."""
    pages: list[Opened] = []

    def open_file(file: Path, *, expect_errors: bool = False, wait: bool = True, **context: Any) -> Opened:
        found = chrome.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        page = found.new_page()
        one = Opened(page, file)
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: one.errors.append(str(error)))
        if not expect_errors:
            page.on("console", lambda line: one.errors.append(line.text) if line.type == "error" else None)
        found.on("request", lambda one_request: one.requests.append(one_request.url))
        pages.append(one)
        page.goto(file.resolve().as_uri())
        if wait:
            one.ready()
        return one

    yield open_file
    report = request.node.stash.get(REPORT, None)
    for number, one in enumerate(pages):
        if report is not None and report.failed:
            SCREENSHOTS.mkdir(exist_ok=True)
            one.page.screenshot(path=SCREENSHOTS / f"{request.node.name.replace('/', '-')}-{number}.png")
        one.page.context.close()
    if report is not None and report.passed:
        assert [error for one in pages for error in one.errors] == []
        assert [url for one in pages for url in one.requests if not url.startswith(("file:", "blob:", "data:"))] == []


@pytest.fixture(scope="session")
def talk() -> Alignment:
    """The alignment of the bundled talk."""
    return ctcalign.align(TALK, CAPTIONS)


@pytest.fixture(scope="session")
def talk_page(talk: Alignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the bundled talk, which plays a file beside it, and has a spectrogram."""
    folder = tmp_path_factory.mktemp("talk")
    shutil.copy(TALK, folder / "talk.ogg")
    talk.to_json(folder / "talk.json")
    options = PageOptions(spectrogram=True)
    from ctcalign.review.run import review_alignment

    review_alignment(folder / "talk.json", folder / "talk.html", audio=folder / "talk.ogg", options=options)
    return folder / "talk.html"


def cue(index: int, text: str, start: float | None, confidence: float | None = 0.9, **more: Any) -> AlignedCue:
    """A caption of a second from `start` on, whose words take equal parts of it; without a start it is not spoken."""
    texts = text.split()
    step = 1.0 / max(1, len(texts))
    words = [
        AlignedWord(word, start + i * step, start + (i + 1) * step, -0.1, confidence)
        if start is not None
        else AlignedWord(word, status="not_spoken", reason="not found in the audio")
        for i, word in enumerate(texts)
    ]
    if start is None:
        more = {"status": "not_spoken", "reason": "not found in the audio", **more}
        confidence = None
    return AlignedCue(
        index, text, start, None if start is None else start + 1.0, confidence=confidence, words=words, **more
    )


def alignment_of(*cues: AlignedCue, duration: float = 20.0, **more: Any) -> Alignment:
    return Alignment("tone.wav", duration, "test", list(cues), **more)


def write_tone(path: Path, seconds: float = 20.0, rate: int = 8000) -> Path:
    """A recording that is loud in every second second."""
    times = np.arange(round(seconds * rate)) / rate
    samples = 0.5 * np.sin(2 * np.pi * 440 * times) * (np.floor(times) % 2 == 0)
    sf.write(path, samples.astype(np.float32), rate)
    return path


@pytest.fixture
def page_of(tmp_path: Path, opened: Callable[..., Opened]) -> Callable[..., Opened]:
    """Writes the page of an alignment, with a recording of 20 s beside it, and opens it."""

    def make(alignment: Alignment, *, options: PageOptions | None = None, sound: bool = True, **context: Any) -> Opened:
        audio = write_tone(tmp_path / "tone.wav") if sound else None
        write_page(alignment, tmp_path / "page.html", audio=audio, options=options, overwrite=True)
        return opened(tmp_path / "page.html", **context)

    return make
