"""Clock times: written and read, by hand-computed values."""

from __future__ import annotations

import math

import pytest

from ctcalign.formats.shared.clock import (
    ass_clock,
    clock,
    decimal,
    json_seconds,
    lrc_clock,
    number,
    parse_clock,
    parse_time,
    span_ticks,
    ticks,
)


@pytest.mark.parametrize(
    ("seconds", "per_second", "expected"),
    [(0.0, 1000, 0), (1.2344, 1000, 1234), (1.2345, 1000, 1235), (0.005, 100, 1), (0.0049, 100, 0), (2.0, 100, 200)],
)
def test_ticks(seconds, per_second, expected):
    assert ticks(seconds, per_second) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(1.0, 2.0, (100, 200)), (1.0, 1.0, (100, 101)), (1.0, 1.01, (100, 101)), (1.0, 0.5, (100, 101))],
)
def test_spans_are_at_least_one_tick(start, end, expected):
    assert span_ticks(start, end, 100) == expected


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, "00:00:00.000"),
        (999, "00:00:00.999"),
        (1000, "00:00:01.000"),
        (59_999, "00:00:59.999"),
        (60_000, "00:01:00.000"),
        (3_599_000, "00:59:59.000"),
        (3_600_000, "01:00:00.000"),
        (360_000_001, "100:00:00.001"),
    ],
)
def test_clock(milliseconds, expected):
    assert clock(milliseconds) == expected
    assert clock(milliseconds, ",") == expected.replace(".", ",")


@pytest.mark.parametrize(
    ("centiseconds", "ass", "lrc"),
    [
        (0, "0:00:00.00", "00:00.00"),
        (99, "0:00:00.99", "00:00.99"),
        (100, "0:00:01.00", "00:01.00"),
        (5_999, "0:00:59.99", "00:59.99"),
        (6_000, "0:01:00.00", "01:00.00"),
        (359_999, "0:59:59.99", "59:59.99"),
        (360_000, "1:00:00.00", "60:00.00"),
        (3_612_345, "10:02:03.45", "602:03.45"),
    ],
)
def test_clocks_of_centiseconds(centiseconds, ass, lrc):
    assert (ass_clock(centiseconds), lrc_clock(centiseconds)) == (ass, lrc)


def test_decimals():
    assert decimal(1234, 3) == "1.234"
    assert decimal(1000, 3) == "1.000"
    assert decimal(50, 2) == "0.50"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5.0),
        (" 1.5 ", 1.5),
        ("1,5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-,5", -0.5),
        ("+1e3", 1000.0),
        ("1e-1", 0.1),
        ("1.5.2", None),
        ("one", None),
        ("", None),
        ("1:00", None),
        ("1e15", None),
        ("999999999999999", 999999999999999.0),
        ("-1e15", None),
        ("0." + "0" * 398, 0.0),
        ("0." + "0" * 399, None),
    ],
)
def test_numbers(text, expected):
    assert number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:05", 5.0),
        ("1:02", 62.0),
        ("1:02:03", 3723.0),
        ("01:02:03,5", 3723.5),
        ("00:00:01,240", 1.24),
        ("00:00:01.2405", 1.2405),
        ("00:00:01:25", 1.25),
        ("00:00:01;25", 1.25),
        ("00 : 00 : 01 . 5", 1.5),
        ("00:00:01,", 1.0),
        ("00：01：02，5", 62.5),
        ("-0:05.5", -5.5),
        ("−0:05", -5.0),
        ("+0:05", 5.0),
        (" 0:05 ", 5.0),
        ("0:99", 99.0),
        ("5", None),
        ("1:2:3:4:5", None),
        ("a:b", None),
        ("0:05 s", None),
        ("0:00." + "1" * 40, 0.111111111111111),
        ("0:" + "0" * 14 + "7", 7.0),
        ("0:" + "0" * 15 + "7", None),
        ("0" * 15 + "1:00:00", None),
        ("0:" + "0" * 15 + "1:00", None),
    ],
)
def test_clock_times(text, expected):
    assert parse_clock(text) == expected


def test_either():
    assert (parse_time("1:30"), parse_time("1：30"), parse_time("90,5"), parse_time("x")) == (90.0, 90.0, 90.5, None)


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        (1.5, 1.0, 1.5),
        (1500, 1000.0, 1.5),
        ("1500", 1000.0, 1.5),
        ("0:01", 1.0, 1.0),
        (-2, 1.0, -2.0),
        (0, 1.0, 0.0),
        (True, 1.0, None),
        (None, 1.0, None),
        ([], 1.0, None),
        ("x", 1.0, None),
        (math.nan, 1.0, None),
        (math.inf, 1.0, None),
        (10**400, 1.0, None),
        (1e15, 1.0, None),
        (-1e15, 1.0, None),
    ],
)
def test_times_of_json(value, scale, expected):
    assert json_seconds(value, scale) == expected
