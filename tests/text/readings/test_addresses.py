"""Addresses and handles: readings in order, written out by hand."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.addresses import address, handle
from tests.text.readings.rule import phrases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name@example.com", ["name at example dot com"]),
        ("example.com", ["example dot com"]),
        ("EXAMPLE.COM", []),
        ("example.xyzzy", []),
        ("end.It", []),
        ("www.example.xyzzy", ["w w w dot example dot xyzzy", "example dot xyzzy", "www dot example dot xyzzy"]),
        ("a@b.xyzzy", ["a at b dot xyzzy"]),
        ("x@y.de", ["x at y dot d e", "x at y dot de"]),
        ("x@y.it", ["x at y dot it"]),
        ("x.py", ["x dot p y", "x dot py"]),
        ("x.html", ["x dot h t m l", "x dot html"]),
        ("x@y.brtzk", ["x at y dot brtzk"]),
        (
            "a-b.com",
            ["a dash b dot com", "a hyphen b dot com"],
        ),
        (
            "a-b-c-d.com",
            [
                f"a {a} b {b} c {c} d dot com"
                for a, b, c in (
                    ("dash", "dash", "dash"),
                    ("dash", "dash", "hyphen"),
                    ("dash", "hyphen", "dash"),
                    ("hyphen", "dash", "dash"),
                )
            ],
        ),
        ("a1.com", ["a one dot com"]),
        ("mailto:a@b.com", ["a at b dot com"]),
        ("ftp://localhost", ["localhost", "f t p colon slash slash localhost"]),
        ("hello", []),
        ("3.14", []),
    ],
)
def test_addresses(text, expected):
    assert phrases(address, text) == expected


def test_a_web_address_with_and_without_its_beginning():
    assert phrases(address, "https://www.example.org/a_b") == [
        "w w w dot example dot org slash a underscore b",
        "example dot org slash a underscore b",
        "www dot example dot org slash a underscore b",
        "h t t p s colon slash slash w w w dot example dot org slash a underscore b",
    ]


def test_at_most_two_forms_without_www():
    found = phrases(address, "www.a-b-c.com")
    assert found == [
        "w w w dot a dash b dash c dot com",
        "a dash b dash c dot com",
        "a dash b hyphen c dot com",
        "w w w dot a dash b hyphen c dot com",
    ]


def test_limits_of_addresses():
    assert phrases(address, "a" * 196 + ".com") != []
    assert phrases(address, "a" * 197 + ".com") == []
    assert phrases(address, "example.com", "it") == []
    assert phrases(address, "a@b.com", "es") == ["a arroba b punto com"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1", ["number one", "hashtag one"]),
        ("#word", ["hashtag word", "word"]),
        ("@name", ["at name", "name"]),
        ("@JohnSmith", ["at john smith", "at JohnSmith", "john smith", "JohnSmith"]),
        ("#MeToo", ["hashtag me too", "hashtag MeToo", "me too", "MeToo"]),
        ("#top10", ["hashtag top ten", "hashtag top one zero", "top ten", "top one zero"]),
        ("#BBC10", ["hashtag b b c ten", "hashtag b b c one zero", "hashtag bbc ten", "b b c ten", "b b c one zero"]),
        ("@me", ["at me", "me"]),
        ("@bbc", ["at b b c", "at bbc", "b b c", "bbc"]),
        ("@rhythm", ["at rhythm", "rhythm"]),
        ("@a", ["at a", "a"]),
        ("#", []),
        ("name", []),
    ],
)
def test_handles(text, expected):
    assert phrases(handle, text) == expected
