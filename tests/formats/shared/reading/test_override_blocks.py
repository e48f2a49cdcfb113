"""The text of ASS events."""

from __future__ import annotations

import pytest

from ctcalign.formats.shared.reading.override_blocks import syllables, visible, warped


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("{one}a{two}", "a"),
        ("{note \\i1}a", "{\\i1}a"),
        ("{\\an8\\p1}m 0 0 l 1 1{\\p0} shown", "{\\an8} shown"),
        ("{\\p4}m 0 0{\\i1}l 1 1{\\p0}shown", "{\\i1}shown"),
        ("{\\p1}m 0 0", ""),
        ("{\\pos(1,2)\\pbo3}shown", "{\\pos(1,2)\\pbo3}shown"),
        ("{\\k10\\1c&H00&}a{\\K20}b", "{\\1c&H00&}ab"),
        ("a\\Nb\\nc\\hd", "a\nb\nc\xa0d"),
        ("a \\{b\\} c", "a {b} c"),
        ("{open", "{open"),
    ],
)
def test_what_a_player_shows(raw, text):
    assert visible(raw) == text


def test_syllables_follow_each_other():
    found = [(p.text, p.start, p.end) for p in syllables("{x}la {\\k10}l{\\kf20}i{\\kt100\\k5}o", 1.0)]
    assert found == [("la ", 1.0, 1.0), ("l", 1.0, 1.1), ("i", 1.1, 1.3), ("o", 2.0, 2.05)]


def test_syllables_take_part_in_the_new_time_of_their_word():
    raw = "{\\k40}An{\\k20}na {\\ko60}came"
    assert warped(raw, [0.0, 0.6, 1.2], [5.0, 5.3, 6.0]) == "{\\k20}An{\\k10}na {\\ko70}came"
    assert warped(raw, [0.0, 1.2], [0.0, 1.2]) == raw
