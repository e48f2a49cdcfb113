"""Plain text."""

from __future__ import annotations


def test_plain_text_is_a_cue_a_line(reading):
    captions = reading("One line.\n\n  \nAnother – line\n" + "long " * 200 + "\n", "a.txt")
    assert [c.text for c in captions.cues][:2] == ["One line.", "Another – line"]
    assert len(captions.cues) == 3
    assert all(c.start is None and c.end is None for c in captions.cues)
    assert (captions.format, captions.warnings) == ("txt", [])


def test_other_line_separators_do_not_cut_a_line(reading):
    captions = reading("one\u2028two\x0bthree\nfour\n", "a.txt")
    assert [c.text for c in captions.cues] == ["one\u2028two\x0bthree", "four"]
