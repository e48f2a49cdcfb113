from __future__ import annotations

from tests.formats.conftest import rows


def test_the_first_line_names_the_frame_rate(reading):
    captions = reading("{1}{1}23.976\n{240}{480}Good|evening\n{500}{}{y:i}Tonight\n", "a.sub")
    assert rows(captions) == [
        (240 / 23.976, 480 / 23.976, "Good\nevening"),
        (500 / 23.976, 500 / 23.976 + 1, "Tonight"),
    ]
    assert captions.warnings == []


def test_without_a_frame_rate_it_is_25_with_a_note(reading):
    captions = reading("{25}{50}Good evening\n{75}{100}5\n", "a.sub")
    assert rows(captions) == [(1.0, 2.0, "Good evening"), (3.0, 4.0, "5")]
    assert any("25 frames per second" in warning for warning in captions.warnings)


def test_mpl2_has_tenths_of_a_second(reading):
    captions = reading("[64][90]/Good|/evening\n[93][120]Tonight\n", "a.txt")
    assert captions.format == "microdvd"
    assert rows(captions) == [(6.4, 9.0, "Good\nevening"), (9.3, 12.0, "Tonight")]
