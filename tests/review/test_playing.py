"""Playing in Chromium: the sound, the marks of what sounds, words, loops, and recordings that are not there."""

from __future__ import annotations

import shutil

import pytest

from ctcalign.review import PageOptions, write_page
from tests.review.conftest import alignment_of, cue, write_tone
from tools.review.cases import TALK

WORDS = "document.querySelector('.row .word.sounding')?.textContent"
REGION = "document.querySelector('#wave > div').shadowRoot.querySelector('[part~=sounding] bdi')?.textContent"
PAUSED = "document.getElementById('media').paused"


def test_it_plays_and_marks_the_word_that_sounds(opened, talk_page, talk):
    one = opened(talk_page)
    one.choose(1)
    one.page.click("#play")
    one.until("document.getElementById('media').currentTime > 5.5")
    one.page.click("#play")
    one.until(PAUSED)
    time = one.now()
    (word,) = [w for w in talk.cues[1].words if w.start is not None and w.start <= time < w.end] or [None]
    assert one.page.evaluate(WORDS) == (word and word.text)
    assert one.page.evaluate(REGION) == (word and word.text)
    assert one.page.evaluate("document.querySelector('.row.sounding .weak').textContent") == "#2"
    assert one.text("#play") == "▶"


def test_a_word_is_played_alone(opened, talk_page, talk):
    one = opened(talk_page)
    one.choose(2)
    word = next(w for w in talk.cues[2].words if w.text == "lighthouse")
    one.page.locator(".chip", has_text="lighthouse").click()
    assert word.start - 0.01 <= one.now() <= word.end + 0.3
    one.until(PAUSED)
    assert one.now() == pytest.approx(word.end, abs=0.02)
    one.row(3).locator(".word", has_text="guest").click()
    one.until(PAUSED)
    assert one.now() == pytest.approx(next(w for w in talk.cues[3].words if "guest" in w.text).end, abs=0.02)


def test_a_word_of_the_waveform_is_played_alone(opened, talk_page, talk):
    one = opened(talk_page)
    one.page.locator("#wave [part~=word]", has_text="museum").click()
    one.until(PAUSED)
    assert one.now() == pytest.approx(next(w for w in talk.cues[1].words if "museum" in w.text).end, abs=0.02)
    assert one.text("#panel-title") == "Caption 2"


def test_a_click_into_the_waveform_moves_the_playhead(opened, talk_page):
    one = opened(talk_page)
    box = one.page.locator("#wave").bounding_box()
    one.page.mouse.click(box["x"] + 130, box["y"] + 20)  # 130 pixels a second
    assert one.now() == pytest.approx(1.0, abs=0.05)


def test_a_caption_is_repeated_and_the_speed_is_kept(page_of):
    one = page_of(alignment_of(cue(0, "one two", 2.0)))
    one.choose(0)
    one.page.select_option("#rate", "2")
    one.press("l")
    one.page.evaluate(
        "window.seen = []; document.getElementById('media').addEventListener('seeked', () => window.seen.push(1))"
    )
    one.until("window.seen.length >= 2")
    assert 1.9 <= one.now() <= 3.3
    assert one.page.evaluate("document.getElementById('media').playbackRate") == 2
    one.press("l")
    assert one.page.get_attribute("#loop", "aria-pressed") == "false"


def test_a_recording_that_is_missing_can_be_chosen(tmp_path, opened):
    audio = write_tone(tmp_path / "tone.wav")
    write_page(alignment_of(cue(0, "one two", 2.0)), tmp_path / "page.html", audio=audio)
    moved = tmp_path / "elsewhere.wav"
    shutil.move(audio, moved)
    one = opened(tmp_path / "page.html", expect_errors=True)
    one.page.wait_for_selector("#chooser:not([hidden])")
    one.press(" ")
    one.page.wait_for_selector("#notice.shown")
    one.page.set_input_files("#sound-file", moved)
    assert one.page.locator("#chooser").is_hidden()
    one.press(" ")
    one.until("document.getElementById('media').currentTime > 0.2")
    assert one.text("#sound-name") == "elsewhere.wav"


def test_without_a_recording_the_page_is_used_without_playing(page_of):
    one = page_of(alignment_of(cue(0, "one two", 2.0), cue(1, "three", 4.0)), sound=False)
    assert "made without its recording" in one.text("#chooser")
    one.choose(1)
    assert one.page.locator("#wave [part~=cue]").count() == 2
    one.press("w", "a")
    assert one.exported()["cues"][0]["verdict"] == "accepted"


def test_an_embedded_recording_needs_no_file(talk, tmp_path, opened):
    shutil.copy(TALK, tmp_path / "talk.ogg")
    write_page(talk, tmp_path / "page.html", audio=tmp_path / "talk.ogg", options=PageOptions(embed=True))
    (tmp_path / "talk.ogg").unlink()
    one = opened(tmp_path / "page.html")
    one.press(" ")
    one.until("document.getElementById('media').currentTime > 0.3")
    assert one.page.evaluate("document.getElementById('media').duration") == pytest.approx(talk.duration, abs=0.1)


def test_a_recording_that_browsers_do_not_play_is_embedded_as_opus(tmp_path, opened):
    audio = write_tone(tmp_path / "tone.wav")
    write_page(alignment_of(cue(0, "one", 2.0)), tmp_path / "page.html", audio=audio, options=PageOptions(embed=True))
    one = opened(tmp_path / "page.html")
    one.until("document.getElementById('media').duration > 19")
    assert one.page.evaluate("document.getElementById('media').duration") == pytest.approx(20.0, abs=0.02)


def test_the_spectrogram_is_shown_on_demand(opened, talk_page):
    one = opened(talk_page)
    assert one.page.locator("#spectrogram img").count() == 0
    one.press("g")
    image = one.page.locator("#spectrogram img").first
    image.wait_for()
    # 30 s of columns of 20 ms, at 130 pixels a second.
    one.until("Math.abs(parseFloat(document.querySelector('#spectrogram img').style.width) - 3900) < 2")
    assert image.evaluate("node => [node.naturalWidth, node.naturalHeight]") == [1500, 40]
    one.press("g")
    assert one.page.locator("#spectrogram").is_hidden()


def test_zoom_keeps_the_place_and_shows_words_where_there_is_room(opened, talk_page):
    one = opened(talk_page)
    one.choose(9)
    assert one.page.locator("#wave [part~=word]").count() > 5
    for _ in range(8):
        one.press("-")
    one.until("document.querySelector('#wave > div').shadowRoot.querySelector('[part~=word]') === null")
    one.press("z")
    one.until(
        "document.querySelector('#wave > div').shadowRoot.querySelector('[part~=chosen][part~=cue]').clientWidth > 800"
    )
