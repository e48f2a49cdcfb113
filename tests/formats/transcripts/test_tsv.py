"""Tables."""

from __future__ import annotations

import pytest

from ctcalign.alignment.cue import CueWord
from tests.formats.conftest import rows


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("start\tend\ttext\n500\t1250\tHello\n1250\t2000\tyou\n", [(0.5, 1.25, "Hello"), (1.25, 2.0, "you")]),
        ("start\tend\ttext\n0.5\t1.25\tHello\n1.25\t2\tyou\n", [(0.5, 1.25, "Hello"), (1.25, 2.0, "you")]),
        ("text\tstart (ms)\tend (ms)\nHello\t500\t1250\n", [(0.5, 1.25, "Hello")]),
        ("0.5\t1.25\tHello\n", [(0.5, 1.25, "Hello")]),
        (
            "start\tend\ttext\n00:00:01.5\t0:02\tHello\tyou\n\t\tlost\n",
            [(1.5, 2.0, "Hello\tyou"), (None, None, "lost")],
        ),
    ],
)
def test_tsv(reading, content, expected):
    assert rows(reading(content, "a.tsv")) == expected


def test_tsv_of_ctcalign(reading):
    cues = reading(
        "index\tstart\tend\tstatus\tscore\tconfidence\ttext\n0\t0.500\t1.250\taligned\t-0.5\t\ta\\tb\\nc\\\\n\n1\t\t\tfailed\t\t\td\n",
        "a.tsv",
    )
    assert rows(cues) == [(0.5, 1.25, "a\tb\nc\\n"), (None, None, "d")]
    words = reading(
        "index\tword\tstart\tend\tstatus\tscore\tconfidence\treason\ttext\n0\t0\t0.5\t0.75\taligned\t-0.5\t\t\tone\n"
        "0\t1\t5\t6\taligned\t\t\t\ttwo\n1\t0\t\t\tfailed\t\t\tno room\tthree\n",
        "a.tsv",
    )
    assert rows(words) == [(0.5, 6.0, "one two"), (None, None, "three")]
    assert words.cues[0].words == (CueWord("one", 0.5, 0.75, -0.5), CueWord("two", 5.0, 6.0))
