"""The pictures of the review page in docs/images: `python -m tools.review.screenshots`.

The captions of the bundled talk with some mistakes (a caption that is not spoken, two with other words, one that is
missing) are aligned, and the page of the result is photographed on a large screen and on a phone.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image

import ctcalign
from ctcalign.review import PageOptions, write_page
from tools.review.browser import browser
from tools.review.cases import CAPTIONS, TALK

IMAGES = Path(__file__).parents[2] / "docs" / "images"
COLOURS = 256  # of the palette: the pictures are mostly flat
MISTAKES = {
    "Three men lived there, with two goats and a great many books.": "Three men lived there, with many books.",
    "The oil alone cost £450 a year, more than the keeper earned.": "The heating alone was dearer than wages.",
    "Listen: this is the storm of the 3rd of November.": "A caption that nobody in this talk ever says.",
}
MISSING = "About 80% of the fleet came home because of it."


def wrong_captions() -> str:
    """The captions of the talk with mistakes, one a line."""
    texts = [cue.text for cue in ctcalign.read_captions(CAPTIONS).cues]
    return "\n".join(MISTAKES.get(text, text) for text in texts if text != MISSING) + "\n"


def save(picture: bytes, name: str) -> None:
    """Write a PNG with a palette."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    IMAGES.mkdir(exist_ok=True)
    image.save(IMAGES / name, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as place, browser() as running:
        folder = Path(place)
        shutil.copy(TALK, folder / "talk.ogg")
        (folder / "talk.txt").write_text(wrong_captions(), encoding="utf-8")
        alignment = ctcalign.align(folder / "talk.ogg", folder / "talk.txt")
        options = PageOptions(spectrogram=True)
        file = write_page(alignment, folder / "talk.html", audio=folder / "talk.ogg", options=options).path
        page = running.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-ready]")
        for key in "gjajrajjjj":
            page.keyboard.press(key)
        page.evaluate("document.getElementById('media').currentTime += 1.3")
        page.locator("#threshold").fill("0.6")
        page.wait_for_timeout(1500)
        page.locator("#list").focus()
        page.evaluate("document.activeElement.blur()")
        save(page.screenshot(), "review.png")
        phone = running.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        phone.goto(file.as_uri())
        phone.wait_for_selector("body[data-ready]")
        phone.locator(".row").nth(7).click()
        phone.evaluate("document.getElementById('list').scrollIntoView({ block: 'center' })")
        phone.wait_for_timeout(1500)
        save(phone.screenshot(), "review-phone.png")


if __name__ == "__main__":
    main()
