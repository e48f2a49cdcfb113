from __future__ import annotations

from tests.formats.conftest import rows


def test_sbv(reading):
    text = "0:00:06.477,0:00:09.034\nGood evening,\nall.\n\n0:00:09.366,1:00:12.149\nTonight\n"
    for name in ("a.sbv", "a.txt", "a"):
        captions = reading(text, name)
        assert captions.format == "sbv"
        assert rows(captions) == [(6.477, 9.034, "Good evening,\nall."), (9.366, 3612.149, "Tonight")]


def test_subviewer_2_has_a_header_and_hundredths(reading):
    text = (
        "[INFORMATION]\n[TITLE]\n[END INFORMATION]\n[SUBTITLE]\n[COLF]&HFFFFFF,[STYLE]bd,[SIZE]18\n"
        "00:00:06.47,00:00:09.03\nGood evening,[br]all.\n\n00:00:09.36,00:00:12.14\nTonight\n"
    )
    assert rows(reading(text, "a.sub")) == [(6.47, 9.03, "Good evening,\nall."), (9.36, 12.14, "Tonight")]
