"""Time expressions of TTML and the windows of elements, exact by hand."""

from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element, fromstring

import pytest

from ctcalign.formats.shared.reading.ttml_times import Rates, Window, has_absolute_times, own_times, rates_of, seconds

RATES = Rates(Fraction(25), 2, Fraction(1000))
NS = 'xmlns:ttp="http://www.w3.org/ns/ttml#parameter"'


@pytest.mark.parametrize(
    ("attributes", "frame", "sub_frame", "tick"),
    [
        ("", Fraction(30), 1, Fraction(1)),
        ('ttp:frameRate="25"', Fraction(25), 1, Fraction(25)),
        ('ttp:frameRate="25" ttp:subFrameRate="4"', Fraction(25), 4, Fraction(100)),
        ('ttp:subFrameRate="4"', Fraction(30), 4, Fraction(1)),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', Fraction(30000, 1001), 1, Fraction(30000, 1001)),
        ('ttp:frameRateMultiplier="1000:1001"', Fraction(30000, 1001), 1, Fraction(1)),
        ('ttp:frameRateMultiplier="1000 0"', Fraction(30), 1, Fraction(1)),
        ('ttp:frameRateMultiplier="0 1001"', Fraction(30), 1, Fraction(1)),
        ('ttp:frameRateMultiplier="2"', Fraction(30), 1, Fraction(1)),
        ('ttp:frameRate="25" ttp:tickRate="10000000"', Fraction(25), 1, Fraction(10000000)),
        ('ttp:frameRate="0"', Fraction(30), 1, Fraction(30)),
        ('ttp:frameRate="x"', Fraction(30), 1, Fraction(30)),
        ('ttp:frameRate=" 23.976 "', Fraction(23976, 1000), 1, Fraction(23976, 1000)),
        ('ttp:subFrameRate="0.5"', Fraction(30), 1, Fraction(1)),
    ],
)
def test_rates(attributes, frame, sub_frame, tick):
    assert rates_of(fromstring(f"<tt {NS} {attributes}/>")) == Rates(frame, sub_frame, tick)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01:02:03", 3723),
        ("00:00:01.5", Fraction(3, 2)),
        ("00:00:01,25", Fraction(5, 4)),
        ("00:00:01:05", Fraction(6, 5)),  # five frames of 25
        ("00:00:01:05.1", 1 + Fraction(11, 50)),  # and a half
        (" 00:00:01 ", 1),
        ("1:02.5", Fraction(125, 2)),
        ("62.5", Fraction(125, 2)),
        ("62", 62),
        ("1h", 3600),
        ("1.5m", 90),
        ("1.5s", Fraction(3, 2)),
        ("500ms", Fraction(1, 2)),
        ("50f", 2),
        ("1500t", Fraction(3, 2)),
        ("12 s", 12),
        ("soon", None),
        ("", None),
        ("1:2:3:4:5", None),
        ("-1s", None),
        ("1x", None),
        ("00:00:00." + "1" * 20, Fraction(111111111111111, 10**15)),
    ],
)
def test_expressions(text, expected):
    assert seconds(text, RATES) == expected


PARENT = Window(10.0, 20.0, True, True)


@pytest.mark.parametrize(
    ("attributes", "absolute", "expected"),
    [
        ({"begin": "1s", "end": "3s"}, False, Window(11.0, 13.0, True, True)),
        ({"begin": "11s", "end": "13s"}, True, Window(11.0, 13.0, True, True)),
        ({"begin": "1s", "dur": "3s"}, False, Window(11.0, 14.0, True, True)),
        ({"begin": "11s", "dur": "3s"}, True, Window(11.0, 14.0, True, True)),
        ({"dur": "3s"}, False, Window(10.0, 13.0, True, True)),
        ({"dur": "3s"}, True, Window(10.0, 13.0, True, True)),
        ({"end": "3s"}, False, Window(10.0, 13.0, True, True)),
        ({"end": "13s"}, True, Window(10.0, 13.0, True, True)),
        ({"begin": "1s", "end": "9s", "dur": "2s"}, False, Window(11.0, 13.0, True, True)),
        ({"begin": "1s", "end": "2s", "dur": "9s"}, False, Window(11.0, 12.0, True, True)),
        ({"begin": "1s"}, False, Window(11.0, 20.0, True, True)),
        ({"begin": "1s", "dur": "0s"}, False, Window(11.0, 11.0, True, True)),
        ({"end": "0s"}, False, Window(10.0, 10.0, True, True)),
        ({"begin": "0s"}, True, Window(0.0, 20.0, True, True)),
        ({"begin": "0s"}, False, Window(10.0, 20.0, True, True)),
        ({}, False, Window(10.0, 20.0, True, False)),
        ({"style": "1"}, True, Window(10.0, 20.0, True, False)),
    ],
)
def test_windows(attributes, absolute, expected):
    assert own_times(attributes, PARENT, RATES, absolute=absolute) == (expected, "")


def test_times_that_cannot_be_read_are_named():
    assert own_times({"begin": "x", "end": "2s", "dur": "y"}, PARENT, RATES) == (
        Window(10.0, None),
        "begin='x', dur='y'",
    )
    assert own_times({}, Window(1.0, None), RATES) == (Window(1.0, None, False, False), "")
    assert own_times({"begin": "0.1s"}, Window(0.2, None), RATES)[0].start == 0.3


def document(*times: tuple[str, str, str]) -> Element:
    """Paragraphs, each with the begin of a span in it."""
    parts = "".join(f'<p begin="{a}" end="{b}"><span begin="{c}">x</span></p>' for a, b, c in times)
    return fromstring(f'<tt><head><x begin="5s" end="6s"><y begin="5s"/></x></head><body>{parts}</body></tt>')


ABSOLUTE = ("10s", "14s", "12s")  # counted from the paragraph it would be 22 s
RELATIVE = ("10s", "14s", "2s")
EITHER = ("1s", "9s", "2s")


@pytest.mark.parametrize(
    ("times", "lyrics", "absolute"),
    [
        ([ABSOLUTE], False, True),
        ([RELATIVE], False, False),
        ([RELATIVE], True, False),
        ([EITHER], False, False),
        ([EITHER], True, True),
        ([ABSOLUTE, RELATIVE], False, False),
        ([ABSOLUTE, RELATIVE], True, True),
        ([ABSOLUTE, ABSOLUTE, RELATIVE], False, True),
        ([ABSOLUTE, RELATIVE, RELATIVE], True, False),
        ([("10s", "14s", "10s")], False, True),  # the edges count
        ([("10s", "14s", "14s")], False, True),
        ([("10s", "14s", "4s")], False, False),
        ([("10s", "14s", "4s")], True, False),
        ([("10s", "14s", "15s")], False, False),
        ([("10s", "14s", "15s")], True, True),
        ([], True, True),
        ([], False, False),
    ],
)
def test_what_inner_times_count_from(times, lyrics, absolute):
    assert has_absolute_times(document(*times), RATES, lyrics=lyrics) is absolute


def test_the_nearest_timed_ancestor_counts():
    text = '<tt><body begin="0s" end="99s"><div begin="10s" end="14s"><p><span begin="12s"/></p></div></body></tt>'
    assert has_absolute_times(fromstring(text), RATES, lyrics=False)
    text = '<tt><div begin="10s" end="14s"><p begin="12s"/></div></tt>'
    assert has_absolute_times(fromstring(text), RATES, lyrics=False)
