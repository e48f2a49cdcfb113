"""The bare form of a written word, and its neighbours."""

from __future__ import annotations

import pytest

from ctcalign.text.readings.tokens import NO_CONTEXT, Context, Core, contexts, core_of

MARK = "\u2064"


@pytest.mark.parametrize(
    ("token", "text", "dotted"),
    [
        ("word", "word", False),
        ("word.", "word", True),
        ("word,", "word", False),
        ("(word.)", "word", True),
        ('"word."', "word", True),
        ("«word»…", "word", True),
        ("¿word?", "word", False),
        ("word-", "word", False),
        ("word.-", "word", True),
        ("-word", "word", False),
        ("--word", "word", False),
        ("-5", "-5", False),
        ("–5", "-5", False),
        ("-$5", "-$5", False),
        ("-$", "$", False),
        ("-", "", False),
        ("...", "", False),
        (".5", ".5", False),
        ("(.5)", ".5", False),
        ("..5", "5", False),
        ("$.50", "$.50", False),
        (".NET", ".NET", False),
        (".N", ".N", False),
        (".N.", "N", True),
        (".net", "net", False),
        (".N.E", "N.E", False),
        ("a.NET", "a.NET", False),
        ("'90s", "'90s", False),
        ("'905", "905", False),
        ("'90'", "90", False),
        ("'tis", "tis", False),
        ("rock'n'roll", "rock'n'roll", False),
        ("it\u2019s", "it's", False),
        ("a\u00adb\u200bc", "abc", False),
        ("Name\u2122", "Name", False),
        ("١٢", "12", False),
        ("１２", "12", False),
        ("④", "4", False),
        ("10\u202f000", "10'000", False),
        ("10\u202f00", "1000", False),
        ("½", f"{MARK}1/2", False),
        ("2½", f"2{MARK}1/2", False),
        ("word²", "word", False),
        ("m²", "m2", False),
        ("5m²", "5m2", False),
        ("x²", "x^2", False),
        ("10²", "10^2", False),
        ("10²³", "10^23", False),
        ("[T]he", "The", False),
        ("walk[ed]", "walked", False),
        ("[sic]", "sic", False),
        ("a—b", "a-b", False),
        ("", "", False),
    ],
)
def test_bare_forms(token, text, dotted):
    assert core_of(token) == Core(text, dotted)


def test_neighbours():
    assert contexts([]) == []
    assert contexts(["a", "b", "c"]) == [Context("", "b"), Context("a", "c"), Context("b", "")]
    assert NO_CONTEXT == Context("", "", False)


@pytest.mark.parametrize(
    ("tokens", "capitals"),
    [(["THE", "BBC"], True), (["NASA"], False), (["THE", "bbc"], False), (["THE", "BBC", "5"], True)],
)
def test_a_caption_in_capitals(tokens, capitals):
    assert {context.capitals for context in contexts(tokens)} == {capitals}
