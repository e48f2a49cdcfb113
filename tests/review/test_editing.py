"""Edits in Chromium: verdicts, text, times, split, merge, undo; kept by the browser and exported."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.review.conftest import alignment_of, cue


def four():
    return alignment_of(
        cue(0, "Good evening all", 1.0),
        cue(1, "Second caption", 3.0),
        cue(2, "Not spoken", None),
        cue(3, "The last", 6.0),
    )


def test_nothing_is_exported_without_an_edit(page_of):
    one = page_of(four())
    one.press("Control+s")
    assert "no edits" in one.text("#notice")


def test_a_verdict_is_exported_with_the_caption_and_its_words(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("a")
    assert one.text("#panel-title") == "Caption 2"  # goes on to the next one
    one.press("r")
    assert one.text("#reviewed") == "2 of 4 reviewed"
    edits = one.exported()
    data = json.loads(one.page.evaluate("document.getElementById('data').textContent"))
    assert edits["schema"] == "ctcalign/edits/1"
    assert (
        edits["alignment"]
        == data["alignment"]
        == {"name": "tone.json", "sha256": data["alignment"]["sha256"], "audio": "tone.wav", "cues": 4}
    )
    first, second = edits["cues"]
    assert first == {
        "from": [0],
        "text": "Good evening all",
        "start": 1.0,
        "end": 2.0,
        "verdict": "accepted",
        "words": [
            {"text": "Good", "start": 1.0, "end": 1.333},
            {"text": "evening", "start": 1.333, "end": 1.667},
            {"text": "all", "start": 1.667, "end": 2.0},
        ],
    }
    assert (second["from"], second["verdict"]) == ([1], "rejected")


def test_the_digest_is_that_of_the_file(opened, talk_page):
    one = opened(talk_page)
    one.choose(1)
    one.press("a")
    file = talk_page.with_suffix(".json")
    assert one.exported()["alignment"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_verdict_is_taken_back_by_the_same_key(page_of):
    one = page_of(four())
    one.page.evaluate("document.getElementById('advance').checked = false")
    one.choose(0)
    one.press("a", "a")
    assert one.text("#reviewed") == "0 of 4 reviewed"
    one.press("Control+s")
    assert "no edits" in one.text("#notice")


def test_a_caption_without_a_time_is_placed_before_it_is_accepted(page_of):
    one = page_of(four())
    one.choose(2)
    one.press("a")
    assert "has no time" in one.text("#notice")
    one.page.evaluate("document.getElementById('media').currentTime = 4.5")
    one.press("1")
    one.page.evaluate("document.getElementById('media').currentTime = 5.25")
    one.press("2", "a")
    (entry,) = one.exported()["cues"]
    assert (entry["from"], entry["start"], entry["end"], entry["verdict"]) == ([2], 4.5, 5.25, "accepted")
    assert entry["words"] == [
        {"text": "Not", "start": None, "end": None},
        {"text": "spoken", "start": None, "end": None},
    ]


def test_nudges_move_edges_by_10_and_50_ms(page_of):
    one = page_of(four())
    one.choose(1)
    one.press("w", "W", "o", "O", "O")
    (entry,) = one.exported()["cues"]
    assert (entry["start"], entry["end"], entry["verdict"]) == (3.06, 3.89, None)
    assert entry["words"][0]["start"] == 3.06  # the first word began with the caption
    assert entry["words"][1]["end"] == 3.89
    one.press("q", "Q", "p", "P", "P")
    one.press("Control+s")
    assert "no edits" in one.text("#notice")  # back where it was


def test_a_chosen_word_is_nudged_between_its_neighbours(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("]", "]", "P")  # the end of the second word, which touches the third
    one.press("O")
    (entry,) = one.exported()["cues"]
    assert (entry["start"], entry["end"]) == (1.0, 2.0)
    assert [word["end"] for word in entry["words"]] == [1.333, 1.617, 2.0]
    one.press("Escape", "w")
    assert one.exported()["cues"][0]["start"] == 1.01


def test_an_edge_is_dragged(page_of):
    one = page_of(four())
    one.choose(1)
    handle = one.page.locator("#wave [part~=chosen][part~=cue] [part~=region-handle-right]")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 50
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    one.page.mouse.move(x + 30, y, steps=5)
    one.page.mouse.up()
    (entry,) = one.exported()["cues"]
    assert entry["end"] == pytest.approx(4.0 + 30 / 130, abs=0.02)
    assert entry["start"] == 3.0


def test_the_edge_of_a_word_is_dragged(page_of):
    one = page_of(four())
    one.choose(1)
    box = (
        one.page.locator("#wave [part~=word]", has_text="Second").locator("[part~=region-handle-right]").bounding_box()
    )
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    one.page.mouse.move(x - 13, y, steps=4)
    one.page.mouse.up()
    (entry,) = one.exported()["cues"]
    assert entry["words"][0]["end"] == pytest.approx(3.4, abs=0.02)
    assert (entry["start"], entry["end"], entry["words"][1]["start"]) == (3.0, 4.0, 3.5)


def test_times_are_typed(page_of):
    one = page_of(four())
    one.choose(3)
    one.page.fill("#time-start", "0:05.5")
    one.press("Tab")
    assert one.exported()["cues"][0]["start"] == 5.5
    one.page.fill("#time-start", "soon")
    one.press("Tab")
    assert "Expected a time" in one.text("#notice")
    assert one.value("#time-start") == "0:05.500"


def test_changed_text_keeps_the_times_of_the_words_that_stay(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("e")
    one.page.fill("#text", "Good morning to all")
    one.press("Control+Enter")
    (entry,) = one.exported()["cues"]
    assert (entry["text"], entry["verdict"]) == ("Good morning to all", None)
    assert [(w["text"], w["start"], w["end"]) for w in entry["words"]] == [
        ("Good", 1.0, 1.333),
        ("morning", 1.333, 1.593),  # the stretch of "evening", by length
        ("to", 1.593, 1.667),
        ("all", 1.667, 2.0),
    ]
    assert one.text("#panel-review") == "corrected"


def test_text_is_given_up_with_escape(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("e")
    one.page.fill("#text", "Something else")
    one.press("Escape")
    assert one.value("#text") == "Good evening all"
    one.press("Control+s")
    assert "no edits" in one.text("#notice")


def test_a_caption_is_split_at_the_text_cursor_and_at_the_playhead(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("e", "Home", *["ArrowRight"] * 5)
    one.page.click("#split")
    entries = one.exported()["cues"]
    assert [(e["from"], e["text"], e["start"], e["end"]) for e in entries] == [
        ([0], "Good", 1.0, 1.333),
        ([0], "evening all", 1.333, 2.0),
    ]
    one.choose(1)
    one.page.evaluate("document.getElementById('media').currentTime = 3.52")
    one.press("s")
    assert [e["text"] for e in one.exported()["cues"]][2:] == ["Second", "caption"]


def test_captions_are_merged_and_parts_become_the_caption_again(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("m")
    (entry,) = one.exported()["cues"]
    assert (entry["from"], entry["text"]) == ([0, 1], "Good evening all Second caption")
    assert (entry["start"], entry["end"], len(entry["words"])) == (1.0, 4.0, 5)
    one.page.click("#revert")
    one.press("Control+s")
    assert "no edits" in one.text("#notice")
    assert one.text("#reviewed") == "0 of 4 reviewed"
    one.choose(3)
    one.press("m")
    assert "no caption after" in one.text("#notice")


def test_a_word_moves_to_the_next_caption_by_merge_and_split(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("m")
    one.press("]", "]", "s")
    entries = one.exported()["cues"]
    assert [(e["from"], e["text"]) for e in entries] == [([0, 1], "Good"), ([0, 1], "evening all Second caption")]
    one.page.reload()
    one.ready()
    assert one.exported()["cues"] == entries


def test_a_merge_with_a_caption_that_is_not_spoken_keeps_the_times_of_the_speech(page_of):
    silent = cue(1, "[MUSIC]", 9.0, status="not_spoken", reason="mark-up")
    one = page_of(alignment_of(cue(0, "Hello", 1.0), silent))
    one.choose(0)
    one.press("m")
    (entry,) = one.exported()["cues"]
    assert (entry["start"], entry["end"]) == (1.0, 2.0)


def test_undo_and_redo(page_of):
    one = page_of(four())
    one.page.evaluate("document.getElementById('advance').checked = false")
    one.choose(0)
    one.press("a", "w", "m")
    after = one.exported()
    one.press("u", "u", "u", "u")
    assert one.text("#notice") == "Nothing to undo."
    one.press("Control+s")
    assert "no edits" in one.text("#notice")
    one.press("U", "Control+y", "Control+Shift+Z")
    assert one.exported() == after
    one.press("Control+z")
    assert one.exported() != after


def test_edits_survive_a_reload_and_belong_to_one_alignment(page_of, tmp_path):
    one = page_of(four())
    one.choose(0)
    one.press("a", "r")
    before = one.exported()
    one.page.reload()
    one.ready()
    assert one.text("#reviewed") == "2 of 4 reviewed"
    assert one.exported() == before
    # Another alignment in the same browser has edits of its own.
    from ctcalign.review import write_page

    write_page(alignment_of(cue(0, "Other", 1.0)), tmp_path / "other.html")
    one.page.goto((tmp_path / "other.html").as_uri())
    one.ready()
    assert one.text("#reviewed") == "0 of 1 reviewed"


def test_exported_edits_are_loaded_in_another_browser(page_of, tmp_path):
    one = page_of(four())
    one.choose(0)
    one.press("m", "a")
    edits = one.exported()
    (tmp_path / "edits.json").write_text(json.dumps(edits))
    other = page_of(four())
    other.page.set_input_files("#import-file", tmp_path / "edits.json")
    other.until("document.getElementById('reviewed').textContent === '1 of 3 reviewed'")
    assert other.exported() == edits
    edits["alignment"]["sha256"] = "0" * 64
    (tmp_path / "edits.json").write_text(json.dumps(edits))
    other.page.set_input_files("#import-file", tmp_path / "edits.json")
    other.until("document.getElementById('notice').textContent.includes('another alignment')")


def test_damaged_edits_are_refused(page_of, tmp_path):
    one = page_of(four())
    sha = json.loads(one.page.evaluate("document.getElementById('data').textContent"))["alignment"]["sha256"]
    for cues, message in [
        ([{"from": [9], "text": "a"}], "no captions [9]"),
        ([{"from": [0]}], "no text"),
        ("x", "not a list"),
    ]:
        document = {"schema": "ctcalign/edits/1", "alignment": {"sha256": sha}, "cues": cues}
        (tmp_path / "edits.json").write_text(json.dumps(document))
        one.page.set_input_files("#import-file", tmp_path / "edits.json")
        one.until(f"document.getElementById('notice').textContent.includes({json.dumps(message)})")
    assert one.text("#reviewed") == "0 of 4 reviewed"


def test_everything_works_with_the_keyboard_alone(page_of):
    one = page_of(four())
    one.press("?")
    assert one.page.locator("#help").is_visible()
    one.press("?")
    one.press("j", "a")  # the first caption
    one.press("e", "End")
    one.page.keyboard.type(" too")
    one.press("Control+Enter")
    one.press("W", "n")
    assert one.text("#panel-title") == "Caption 3"
    one.press("r")
    one.press("/")
    one.page.keyboard.type("last")
    one.press("Escape", "j")
    assert one.text("#panel-title") == "Caption 4"
    one.press(" ")
    one.until("document.getElementById('media').currentTime > 6.1")
    one.press(" ")
    edits = one.exported()["cues"]
    assert [(e["from"], e["text"], e["start"], e["verdict"]) for e in edits] == [
        ([0], "Good evening all", 1.0, "accepted"),
        ([1], "Second caption too", 3.05, None),
        ([2], "Not spoken", None, "rejected"),
    ]


def test_keys_without_ctrl_can_be_switched_off(page_of):
    one = page_of(four())
    one.choose(0)
    one.page.evaluate("document.getElementById('single-keys').checked = false")
    one.press("a")
    assert one.text("#reviewed") == "0 of 4 reviewed"


def test_keys_do_nothing_while_text_is_typed(page_of):
    one = page_of(four())
    one.choose(0)
    one.press("e")
    one.page.keyboard.type("arm?")
    assert one.text("#reviewed") == "0 of 4 reviewed"
    assert one.page.locator("#help").is_hidden()


def test_a_caption_that_is_not_spoken_is_seen_in_the_waveform_while_it_is_selected(page_of):
    silent = cue(1, "[MUSIC]", 3.0, status="not_spoken", reason="mark-up")
    one = page_of(alignment_of(cue(0, "Hello", 1.0), silent))
    assert one.page.locator("#wave [part~=cue]").count() == 1
    one.choose(1)
    one.page.locator("#wave [part~=cue][part~=not_spoken]").wait_for()


def test_a_caption_of_thousands_of_words_is_edited_in_time(page_of):
    text = " ".join(f"word{i}" for i in range(5000))
    one = page_of(alignment_of(cue(0, text, 1.0)))
    one.choose(0)
    one.press("e")
    one.page.fill("#text", text.replace("word2500 ", "other "))
    begin = one.page.evaluate("performance.now()")
    one.press("Control+Enter")
    assert one.page.evaluate("performance.now()") - begin < 5000
    (entry,) = one.exported()["cues"]
    assert [entry["words"][i]["text"] for i in (2499, 2500, 2501)] == ["word2499", "other", "word2501"]
    assert entry["words"][2500]["start"] == 1.5
    assert len(entry["words"]) == 5000
