"""The table and summary that a user reads first."""

from __future__ import annotations

import io

from rich.console import Console

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.report.tables.alignment import (
    print_alignment,
    print_formats,
    shortened,
    summary,
    summary_lines,
    time_text,
)


def talk() -> Alignment:
    cues = [
        AlignedCue(0, "Hello\nyou", 0.5, 2.0, score=-0.123, confidence=0.987),
        AlignedCue(1, "[b]not bold[/b] " + "x" * 200, 1.5, 3.0),
        AlignedCue(2, "[MUSIC]", 3.0, 4.0, status="not_spoken"),
        AlignedCue(3, "gone", status="failed", reason="not in the audio"),
    ]
    cues[0].words = [AlignedWord("Hello", 0.5, 1.0), AlignedWord("you", 1.0, 2.0, reason="low confidence")]
    cues[1].words = [AlignedWord("€", status="failed", reason="no characters of the model")]
    return Alignment("a.wav", 4000.0, "m", cues, [(10.0, 12.5)], warnings=["the file is truncated"])


def printed(alignment: Alignment, **options) -> str:
    stream = io.StringIO()
    print_alignment(alignment, Console(file=stream, width=100), **options)
    return stream.getvalue()


def test_every_cue_is_a_row_and_captions_are_no_markup():
    text = printed(talk())
    rows = text.splitlines()
    assert rows[0].split() == ["cue", "start", "end", "status", "score", "conf.", "text"]
    assert rows[1].split() == ["0", "0:00.500", "0:02.000", "aligned", "-0.12", "0.99", "Hello", "you"]
    assert "[b]not bold[/b]" in rows[2]
    assert "…" in rows[2]
    assert "not spoken" in rows[3]
    assert rows[4].split()[:3] == ["3", "-", "-"]
    assert "failed: not in the audio" in rows[4]
    assert all(len(row) <= 100 for row in rows)


def test_the_summary_counts_words_by_reason_and_overlaps_once():
    counts = summary(talk())
    assert counts.cues == {"aligned": 2, "not_spoken": 1, "failed": 1}
    assert (counts.unplaced_cues, counts.unplaced_words) == (1, 1)
    assert counts.reasons == {"not in the audio": 1, "low confidence": 1, "no characters of the model": 1}
    assert counts.spoken_seconds == 2.5
    lines = summary_lines(talk())
    assert lines[0] == "4 cues: 2 aligned, 1 not spoken, 1 failed, 1 without a time"
    assert lines[1] == "3 words: 2 aligned, 1 failed, 1 without a time"
    assert "speech 2.5 s of 4000.0 s, 2.5 s of speech in no cue (1 stretches)" in lines
    assert lines[-1] == "warning: the file is truncated"


def test_a_long_table_keeps_the_flagged_cues():
    cues = [AlignedCue(i, f"cue {i}", i, i + 1.0) for i in range(100)]
    cues[70] = AlignedCue(70, "lost", status="failed")
    text = printed(Alignment("a", 200.0, "m", cues), most=5)
    assert "lost" in text
    assert "cue 3" in text
    assert "cue 4" not in text
    assert "95 more cues" in text


def test_times_and_texts():
    assert [time_text(t) for t in (0.0, 59.9996, 600.25, 360_000.0)] == [
        "0:00.000",
        "1:00.000",
        "10:00.250",
        "100:00:00.000",
    ]
    assert shortened("a  b\n c", 5) == "a b c"
    assert shortened("abcdef", 5) == "abcd…"


def test_the_list_of_formats_names_all_of_them():
    stream = io.StringIO()
    print_formats(Console(file=stream, width=200))
    assert "textgrid" in stream.getvalue()
    assert "folder/" in stream.getvalue()


def test_an_empty_alignment_is_no_error():
    assert summary_lines(Alignment("a", 0.0, "m", []))[0] == "0 cues: none"
    printed(Alignment("a", 0.0, "m", []))
