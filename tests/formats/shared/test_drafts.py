"""Draft cues become cues: ends that are missing, times that cannot be, channels, recordings, notes."""

from __future__ import annotations

import pytest

from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import SAMPLE_LINES, Draft, Notes, Source, channel_numbers, finish, pick_recording


def finished(*drafts: Draft) -> tuple[list[tuple[float | None, float | None]], list[str]]:
    notes = Notes("a.srt")
    cues = finish(list(drafts), notes)
    assert [cue.index for cue in cues] == list(range(len(drafts)))
    return [(cue.start, cue.end) for cue in cues], notes.texts()


def test_lines_and_samples_of_a_source():
    source = Source("a", "\ufeff\n \t\n;; note\nfirst\u2028line\n\nsecond\n")
    assert source.lines() == ["\ufeff", " \t", ";; note", "first\u2028line", "", "second", ""]
    assert list(source.numbered())[1:] == [(3, ";; note"), (4, "first\u2028line"), (6, "second")]
    assert source.head == ";; note\nfirst\u2028line\n\nsecond\n"
    assert source.sample[-3:] == [";; note", "first\u2028line", "second"]
    assert source.table[-2:] == ["first\u2028line", "second"]
    assert ";; note" not in source.table
    long = Source("a", "x\n\n;; y\n" * 500)
    assert (len(long.sample), len(long.table), SAMPLE_LINES) == (400, 400, 400)
    assert Source("a", '{"a": 1}').json == {"a": 1}


def test_a_source_equals_another_whatever_was_found_beside():
    one, other = Source("a", "x"), Source("a", "x")
    one.beside.header = "h"
    assert one == other


def test_notes_show_the_first_five_of_a_kind():
    notes = Notes("a.srt")
    for line in range(1, 8):
        notes.add("end before start", line)
    notes.add("odd", detail="cue 3")
    for _ in range(5):
        notes.add("five")
    assert notes.texts() == [
        *(f"a.srt, line {line}: end before start" for line in range(1, 6)),
        "a.srt: end before start: 2 more",
        "a.srt: odd (cue 3)",
        *["a.srt: five"] * 5,
    ]
    notes.add("five")
    assert notes.texts()[-1] == "a.srt: five: 1 more"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["A", "B"], {"A": 0, "B": 1}),
        (["b", "a"], {"b": 1, "a": 0}),
        (["1", "2"], {"1": 0, "2": 1}),
        (["0", "1"], {"0": 0, "1": 1}),
        (["1"], {"1": None}),
        (["0"], {"0": None}),
        (["2"], {"2": 1}),
        (["1", "A"], {"1": 0, "A": 0}),
        (["999", "1000"], {"999": 998, "1000": None}),
        (["left", "é", ""], {"left": None, "é": None, "": None}),
        (["1", "1"], {"1": None}),
        ([], {}),
    ],
)
def test_channels(names, expected):
    assert channel_numbers(names) == expected


def drafts_of(*recordings: str | None) -> list[Draft]:
    return [Draft(f"text {number}", recording=name) for number, name in enumerate(recordings)]


def test_one_recording_is_picked():
    assert pick_recording(drafts_of(None, None), None, "f") == (drafts_of(None, None), None)
    assert pick_recording(drafts_of(None), "x", "f") == (drafts_of(None), None)
    assert pick_recording(drafts_of("a", "a"), None, "f") == (drafts_of("a", "a"), "a")
    held = drafts_of("a", None, "b", "a")
    assert pick_recording(held, "a", "f") == ([held[0], held[1], held[3]], "a")
    assert pick_recording(held, "b", "f") == ([held[1], held[2]], "b")
    with pytest.raises(
        CaptionError, match=r"^f: contains 2 recordings \(a, b\); choose one by its id \(--recording\)$"
    ):
        pick_recording(held, None, "f")
    with pytest.raises(CaptionError, match=r"^f: contains no recording 'c'; it has a, b; choose one by its id"):
        pick_recording(held, "c", "f")


def test_the_likely_recording_of_several():
    held = drafts_of("a", None, "b")
    assert pick_recording(held, None, "f", likely="b") == ([held[1], held[2]], "b")
    assert pick_recording(held, "a", "f", likely="b") == ([held[0], held[1]], "a")
    assert pick_recording(drafts_of("a"), None, "f", likely="x") == (drafts_of("a"), "a")
    with pytest.raises(CaptionError, match=r"contains 2 recordings \(a, b\), but not 'x', the name of the audio"):
        pick_recording(held, None, "f", likely="x")


def test_a_long_list_of_recordings_is_cut():
    with pytest.raises(CaptionError, match=r"contains 5 recordings \(a, b, c, d, e\);"):
        pick_recording(drafts_of(*"abcde"), None, "f")
    with pytest.raises(CaptionError, match=r"contains 7 recordings \(a, b, c, d, e, ... \(2 more\)\);"):
        pick_recording(drafts_of(*"abcdefg"), None, "f")
    with pytest.raises(CaptionError, match=f"it has {'x' * 57}\\.\\.\\., {'y' * 60}; choose"):
        pick_recording(drafts_of("x" * 61, "y" * 60), "c", "f")


@pytest.mark.parametrize(
    ("drafts", "times"),
    [
        ([Draft("a", 1.0, 2.0)], [(1.0, 2.0)]),
        ([Draft("a", 0.0, 2.0)], [(0.0, 2.0)]),
        ([Draft("a", 0.5, 2.0)], [(0.5, 2.0)]),
        ([Draft("a")], [(None, None)]),
        # An end that is missing: the next start, else a second or the time of the letters at 15 a second.
        ([Draft("a", 1.0), Draft("b", 3.0, 4.0)], [(1.0, 3.0), (3.0, 4.0)]),
        ([Draft("a", 1.0), Draft("b"), Draft("c", 3.0, 4.0)], [(1.0, 3.0), (None, None), (3.0, 4.0)]),
        ([Draft("a", 1.0)], [(1.0, 2.0)]),
        ([Draft("a" * 15, 1.0)], [(1.0, 2.0)]),
        ([Draft("a" * 30, 1.0)], [(1.0, 3.0)]),
        ([Draft("a", 5.0), Draft("b", 5.0, 9.0)], [(5.0, 6.0), (5.0, 9.0)]),
        ([Draft("a", 5.0), Draft("b", 3.0, 4.0)], [(5.0, 6.0), (3.0, 4.0)]),
        ([Draft("a", 1.0), Draft("b", 2.0), Draft("c", 4.0, 5.0)], [(1.0, 2.0), (2.0, 4.0), (4.0, 5.0)]),
    ],
)
def test_ends_that_are_missing(drafts, times):
    found, notes = finished(*drafts)
    assert found == times
    assert [note for note in notes if "starts before" not in note and "overlaps" not in note] == []


@pytest.mark.parametrize(
    ("draft", "times", "note"),
    [
        (Draft("a", None, 2.0, line=7), (None, None), "a.srt, line 7: an end without a start; times dropped"),
        (Draft("a", None, 2.0), (None, None), "a.srt: an end without a start; times dropped (cue 1)"),
        (
            Draft("a", 3.0, 2.0, line=7),
            (3.0, 3.0),
            "a.srt, line 7: end before start; read as a cue without length (3 to 2 s)",
        ),
        (
            Draft("a", -3.0, -2.0),
            (None, None),
            "a.srt: before the beginning of the recording; times dropped (cue 1, -3 s)",
        ),
        (Draft("a", -3.0, 2.0, line=7), (0.0, 2.0), "a.srt, line 7: negative start; set to 0 (-3 s)"),
        (Draft("a", -3.0, 2.0), (0.0, 2.0), "a.srt: negative start; set to 0 (cue 1, -3 s)"),
        (Draft("a", -3.0, 0.0, line=7), (0.0, 0.0), "a.srt, line 7: negative start; set to 0 (-3 s)"),
    ],
)
def test_times_that_cannot_be(draft, times, note):
    assert finished(draft) == ([times], [note])


def test_order_and_overlaps_are_noted_by_channel():
    _, notes = finished(Draft("a", 1.0, 3.0, line=1), Draft("b", 2.0, 4.0, line=2), Draft("c", 1.5, 2.0, line=3))
    assert notes == [
        "a.srt, line 2: overlaps an earlier cue",
        "a.srt, line 3: starts before the cue above it; file order kept",
    ]
    assert finished(Draft("a", 1.0, 3.0), Draft("b", 1.0, 2.0))[1] == ["a.srt: overlaps an earlier cue (cue 2)"]
    assert finished(Draft("a", 1.0, 3.0, channel=0), Draft("b", 2.0, 4.0, channel=1))[1] == []
    assert finished(Draft("a", 1.0, 3.0), Draft("b", 3.0, 4.0))[1] == []
    assert finished(Draft("a", 1.0, 3.0), Draft("b", 2.9999995, 4.0))[1] == []
    # The furthest end counts, not that of the cue just above.
    _, notes = finished(Draft("a", 1.0, 9.0), Draft("b", 2.0, 3.0), Draft("c", 4.0, 5.0))
    assert notes == ["a.srt: overlaps an earlier cue (cue 2)", "a.srt: overlaps an earlier cue (cue 3)"]
