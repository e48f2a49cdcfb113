"""Cues that are not spoken in a caption file."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats import render
from ctcalign.formats.captions import read_captions
from ctcalign.formats.shared.unspoken import LEAST, settled


def cue(index: int, old: tuple[float, float], new: tuple[float, float] | None = None) -> AlignedCue:
    start, end = new or (None, None)
    status = "not_spoken" if new is None else "aligned"
    return AlignedCue(index, f"line {index}", start, end, status, input_start=old[0], input_end=old[1])


def talk(*cues: AlignedCue, duration: float = 100.0) -> Alignment:
    return Alignment("talk.wav", duration, "m", list(cues))


def test_a_cue_moves_with_the_cues_beside_it():
    """All captions are 10 s late, the silent one between them as well."""
    found = settled(talk(cue(0, (11, 13), (1, 3)), cue(1, (14, 15)), cue(2, (16, 18), (6, 8))))
    assert found == {1: (4.0, 5.0)}


def test_a_shift_that_grows_is_interpolated():
    found = settled(talk(cue(0, (0, 2), (0, 2)), cue(1, (10, 12)), cue(2, (20, 22), (24, 26)), duration=40))
    assert found == {1: (12.0, 14.0)}


def test_the_part_beside_a_placed_cue_is_left():
    found = settled(talk(cue(0, (0, 2), (0, 2)), cue(1, (2, 6)), cue(2, (6, 8), (5, 9))))
    (span,) = found.values()
    assert 2 <= span.start < span.end <= 5


def test_no_room_is_no_place():
    assert settled(talk(cue(0, (0, 2), (0, 4)), cue(1, (2, 4)), cue(2, (4, 6), (4.1, 6)))) == {}


def test_nothing_is_placed_outside_of_the_recording():
    """An excerpt of a film: what was spoken before and after it cannot be shown."""
    cues = [cue(0, (100, 102)), cue(1, (3601, 3603), (1, 3)), cue(2, (3700, 3702))]
    assert settled(talk(*cues, duration=30)) == {}


def test_two_captions_at_one_time_stay_together():
    """A second language as cues of their own."""
    found = settled(talk(cue(0, (1, 3), (4, 6.5)), cue(1, (1, 3)), cue(2, (8, 9), (11, 12))))
    assert found == {1: (4.0, 6.5)}


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 3), st.booleans(), st.floats(-1, 1)), max_size=12))
def test_no_cue_overlaps_that_did_not_before(rows):
    cues, old, new = [], 0.0, 0.0
    for index, (pause, length, spoken, drift) in enumerate(rows):
        span = (old + pause, old + pause + length)
        begin = max(new, span[0] + drift)
        place = (begin, begin + length) if spoken else None
        cues.append(cue(index, span, place))
        old, new = span[1], begin + length if spoken else new
    alignment = talk(*cues)
    found = settled(alignment)
    spans = sorted([c.span for c in cues if c.span] + list(found.values()))
    for a, b in itertools.pairwise(spans):
        assert a.end <= b.start + 1e-9
    assert all(span.duration >= LEAST for span in found.values())


def test_srt_and_back_has_no_overlap(tmp_path):
    alignment = talk(
        cue(0, (0, 2), (0.5, 3)), cue(1, (2, 4)), cue(2, (4, 6), (3.5, 6)), cue(3, (6, 8)), cue(4, (8, 10), (9, 11))
    )
    path = tmp_path / "a.srt"
    rendered = render(alignment, "srt")
    path.write_text(rendered.content)
    assert [w for w in read_captions(path).warnings if "overlap" in w] == []
    assert rendered.cues + len(rendered.omitted) == 5
    assert any("not placed, written at the time of the input file" in note for note in rendered.notes)
