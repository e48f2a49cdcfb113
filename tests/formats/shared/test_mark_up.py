"""Mark-up of one format in another."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats import render
from ctcalign.formats.shared.mark_up import plain


@pytest.mark.parametrize(
    ("text", "srt", "vtt", "ass"),
    [
        ("a < b > c", "a < b > c", "a &lt; b &gt; c", "a < b > c"),
        ("<font color='red'>x</font>", "<font color='red'>x</font>", "x", "x"),
        ("<v Bob>x", "x", "<v Bob>x", "x"),
        ("<c.yellow>x</c>", "x", "<c.yellow>x</c>", "x"),
        ("{\\an8\\i1}x", "{\\an8}<i>x", "<i>x", "{\\an8\\i1}x"),
        ("AT&amp;T", "AT&T", "AT&amp;T", "AT&T"),
        ("AT&T", "AT&T", "AT&amp;T", "AT&T"),
        ("x<br/>y", "x\ny", "x\ny", "x\\Ny"),
        ("{sic} \\N", "{sic} \\N", "{sic} \\N", "｛sic｝ \\\u2060N"),
        ("<00:00:01.000>x", "x", "x", "x"),
        ("<em>x</em>", "<em>x</em>", "<i>x</i>", "{\\i1}x{\\i0}"),
        ("a --> b", "a --> b", "a --&gt; b", "a --> b"),
        ("5 --> 6", "5 --\u2060> 6", "5 --&gt; 6", "5 --> 6"),
        ("x\x00y\u2028z", "xy\nz", "xy\nz", "xy\\Nz"),
    ],
)
def test_the_markup_of_a_text_becomes_that_of_the_format(text, srt, vtt, ass):
    alignment = Alignment("a", 5.0, "m", [AlignedCue(0, text, 1.0, 2.0)])
    assert render(alignment, "srt").content.split("\n", 2)[2] == srt + "\n\n"
    assert render(alignment, "vtt").content.split("\n", 3)[3] == vtt + "\n\n"
    assert render(alignment, "ass").content.split(",,0,0,0,,")[1] == ass + "\n"


def test_plain_text_is_one_line_without_tags():
    assert plain("<i>a</i>\n <b>b</b>&nbsp;c{\\an8}<br>d") == "a b c d"
