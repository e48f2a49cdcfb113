"""Boundaries by numbers: energy tracks in steps, the levels around each frame, and edges computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.placing.boundaries import BoundaryRules, _runs, _smoothed, quiet_frames, refine

SILENT = np.log(1e-10)
SHIFT = 0.01
RULES = BoundaryRules()
DIP, LOUD = -14.0, -4.0


def track(seconds: float, *quiet: tuple[float, float]) -> np.ndarray:
    """Loud but for some stretches."""
    energy = np.full(round(seconds / SHIFT), LOUD)
    for start, end in quiet:
        energy[round(start / SHIFT) : round(end / SHIFT)] = DIP
    return energy


# Levels


def test_the_mean_of_three_frames_and_the_ends_as_they_are():
    energy = np.array([3.0, 6.0, 0.0, 9.0, 3.0])
    np.testing.assert_allclose(_smoothed(energy, np.zeros(5, bool)), [3.0, 3.0, 5.0, 4.0, 3.0])
    np.testing.assert_array_equal(_smoothed(energy[:2], np.zeros(2, bool)), energy[:2])
    np.testing.assert_allclose(_smoothed(energy[:3], np.zeros(3, bool)), [3.0, 3.0, 0.0])


def test_beside_digital_silence_the_mean_is_over_sound():
    energy = np.array([2.0, 4.0, SILENT, 8.0, 10.0, 12.0, 14.0])
    silent = np.array([False, False, True, False, False, False, False])
    smooth = _smoothed(energy, silent)
    np.testing.assert_allclose(smooth[[0, 1, 3, 4, 5, 6]], [2.0, 3.0, 9.0, 10.0, 12.0, 14.0])
    ends = np.array([2.0, SILENT, 4.0, 6.0, SILENT, 8.0])
    np.testing.assert_allclose(_smoothed(ends, ends == SILENT)[[0, 2, 3, 5]], [2.0, 5.0, 5.0, 8.0])


@pytest.mark.parametrize(
    ("quiet", "least", "runs"),
    [
        ("..xx.x", 1, [(2, 4), (5, 6)]),
        ("..xx.x", 2, [(2, 4)]),
        ("..xx.x", 3, []),
        ("xx", 1, [(0, 2)]),
        ("..", 1, []),
        ("", 1, []),
    ],
)
def test_runs(quiet, least, runs):
    assert _runs(np.array([sign == "x" for sign in quiet], bool), least) == runs


@pytest.mark.parametrize(("level", "quiet"), [(0.28, True), (0.32, False)])
def test_quiet_is_below_a_share_of_the_range(level, quiet):
    """Floor -14, speech -4: the threshold is -14 + 0.3 * 10 = -11."""
    energy = track(10.0, (1.0, 2.0), (5.0, 6.0))
    energy[700:720] = DIP + level * 10
    found = quiet_frames(energy, SHIFT, RULES)
    assert found[[150, 300, 550]].tolist() == [True, False, True]
    assert found[710] == quiet
    # Another share moves the threshold.
    assert quiet_frames(energy, SHIFT, BoundaryRules(quiet_share=0.1))[710] == False  # noqa: E712
    assert quiet_frames(energy, SHIFT, BoundaryRules(quiet_share=0.5))[710]


@pytest.mark.parametrize(("depth", "quiet"), [(1.9, False), (2.1, True)])
def test_a_range_of_two_nats_is_needed(depth, quiet):
    energy = track(10.0)
    energy[::100] = energy[1::100] = energy[2::100] = LOUD
    energy[200:300] = LOUD - depth
    assert quiet_frames(energy, SHIFT, RULES)[210:290].all() == quiet
    assert quiet_frames(energy, SHIFT, RULES)[210:290].any() == quiet


def test_the_window_is_eight_seconds_on_either_side():
    """A pause of the usual depth far away makes no floor here, one inside the window does."""
    energy = np.full(4000, LOUD)
    energy[3000:3400] = DIP
    dip = slice(1950, 1960)
    energy[dip] = LOUD - 8
    assert not quiet_frames(energy, SHIFT, RULES)[dip].any()  # the floor of its own seconds is the level of speech
    energy[2200:2500] = DIP
    energy[dip] = LOUD - 5
    assert not quiet_frames(energy, SHIFT, RULES)[dip].any()
    energy[dip] = LOUD - 8  # the threshold is 7 below the speech
    assert quiet_frames(energy, SHIFT, RULES)[1951:1959].all()
    assert not quiet_frames(energy, SHIFT, BoundaryRules(level_window=2.0))[dip].any()


def test_the_levels_follow_a_fade():
    """Floors and levels are interpolated: in the middle of a fade, the threshold is in between."""
    time = np.arange(6000) * SHIFT
    fade = -10.0 * np.clip((time - 25.0) / 10.0, 0, 1)
    pauses = time % 1.0 < 0.3
    energy = np.where(pauses, DIP, LOUD) + fade
    found = quiet_frames(energy, SHIFT, BoundaryRules(level_window=2.0))
    inside = np.convolve(pauses, np.ones(5), "same") % 5 == 0
    np.testing.assert_array_equal(found[inside], pauses[inside])


def test_the_last_frames_have_levels_too():
    for seconds in (0.5, 1.0, 1.49, 1.5, 1.51, 9.99, 10.0, 10.5):
        energy = track(seconds, (seconds * 0.2, seconds * 0.4), (seconds * 0.8, seconds))
        found = quiet_frames(energy, SHIFT, RULES)
        places = [round(len(energy) * share) for share in (0.1, 0.3, 0.6, 0.9)]
        assert found[[*places, -1]].tolist() == [False, True, False, True, True]


@pytest.mark.parametrize("energy", [[], [-4.0], [-4.0, -14.0], [-4.0] * 300])
def test_short_or_even_tracks_have_no_quiet(energy):
    found = quiet_frames(np.array(energy), SHIFT, RULES)
    assert found.shape == (len(energy),)
    assert found.dtype == np.bool_


def test_quiet_beside_zeros_decides_whether_they_are_the_floor():
    """Of the quiet frames, those within 0.03 s of zeros: 3 on either side of each stretch of zeros."""
    base = track(20.0, *((start, start + 0.5) for start in range(1, 20)))
    energy = base.copy()
    for start in range(1, 20):
        energy[round((start + 0.2) / SHIFT) : round((start + 0.3) / SHIFT)] = SILENT
    # 38 quiet frames of sound in each pause, 6 of them (0.16) beside zeros: dropouts, no gate.
    found = quiet_frames(energy, SHIFT, RULES)
    np.testing.assert_array_equal(found, quiet_frames(base, SHIFT, RULES))
    energy = base.copy()
    for start in range(1, 20):
        energy[round((start + 0.13) / SHIFT) : round((start + 0.37) / SHIFT)] = SILENT
    # 24 quiet frames of sound in each pause, 6 of them (0.25) beside zeros: a gate; zeros are the floor.
    floor, speech = SILENT, LOUD
    threshold = floor + 0.3 * (speech - floor)
    found = quiet_frames(energy, SHIFT, RULES)
    smooth = np.convolve(energy, np.ones(3) / 3, "same")
    np.testing.assert_array_equal(found[5:-5], (smooth < threshold)[5:-5])


# Edges


PAUSE = track(6.0, (0.0, 1.0), (1.6, 3.0), (3.5, 6.0))


@pytest.mark.parametrize(
    ("spikes", "expected"),
    [
        ([(1.1, 1.4), (3.1, 3.3)], [(1.0, 1.6), (3.0, 3.5)]),
        ([(1.1, 1.22), (3.1, 3.3)], [(1.0, 1.37), (3.0, 3.5)]),  # the silence is 0.38 s behind: the usual tail
        ([(1.1, 1.28), (3.1, 3.3)], [(1.0, 1.6), (3.0, 3.5)]),
        ([(1.1, 1.4), (3.36, 3.4)], [(1.0, 1.6), (3.31, 3.5)]),  # 0.36 s before: the usual onset
        ([(1.1, 1.4), (3.32, 3.4)], [(1.0, 1.6), (3.0, 3.5)]),
    ],
)
def test_pauses_within_reach(spikes, expected):
    found = refine(spikes, PAUSE, SHIFT, 6.0)
    assert [time for pair in found for time in pair] == [
        pytest.approx(time, abs=0.011) for pair in expected for time in pair
    ]


STEADY = np.full(1000, LOUD)


@pytest.mark.parametrize(
    ("spikes", "expected"),
    [
        # Running speech: 0.02 s before the next word, but not before the middle of the gap.
        ([(1.0, 1.2), (1.5, 1.7)], [(0.95, 1.48), (1.48, 1.85)]),
        ([(1.0, 1.2), (1.22, 1.7)], [(0.95, 1.21), (1.21, 1.85)]),
        ([(1.0, 1.2), (1.2, 1.7)], [(0.95, 1.2), (1.2, 1.85)]),
        # A gap of twice the longest tail is no running speech.
        ([(1.0, 1.2), (1.89, 2.0)], [(0.95, 1.55 + 0.32), (1.87, 2.15)]),
        ([(1.0, 1.2), (1.91, 2.0)], [(0.95, 1.35), (1.86, 2.15)]),
    ],
)
def test_words_in_steady_sound(spikes, expected):
    found = refine(spikes, STEADY, SHIFT, 10.0)
    if spikes[1][0] == 1.89:
        # The meeting point lies further behind the first word than its longest tail: it gets the usual one.
        expected = [(0.95, 1.35), (1.87, 2.15)]
    assert [time for pair in found for time in pair] == pytest.approx([time for pair in expected for time in pair])


def test_the_first_and_the_last_word_stay_inside_the_recording():
    assert refine([(0.02, 0.1)], STEADY, SHIFT, 10.0) == [pytest.approx((0.0, 0.25))]
    assert refine([(9.8, 9.9)], STEADY, SHIFT, 10.0) == [pytest.approx((9.75, 10.0))]
    assert refine([(9.8, 9.9)], STEADY, SHIFT, 9.85) == [pytest.approx((9.75, 9.85), abs=0.06)]
    assert refine([], STEADY, SHIFT, 10.0) == []


def test_the_delay_gives_a_final_sound_its_time():
    """With a delay of 0.1 s, a dip that ends 0.08 s behind the corrected spike is inside the word."""
    energy = track(4.0, (0.0, 1.0), (1.48, 1.58), (1.7, 4.0))
    ((start, end),) = refine([(1.1, 1.5)], energy, SHIFT, 4.0, delay=0.1)
    assert (start, end) == (pytest.approx(1.0, abs=0.011), pytest.approx(1.7, abs=0.011))
    ((_, end),) = refine([(1.1, 1.5)], energy, SHIFT, 4.0)
    assert end == pytest.approx(1.5, abs=0.011)


@pytest.mark.parametrize(("last", "end"), [(1.57, 1.65), (1.6, 1.5)])
def test_a_dip_that_ends_where_the_spike_was_is_inside_the_word(last, end):
    """The spike was at 1.6 s, 0.1 s behind its sound; a dip counts if it ends later than a frame before it."""
    energy = track(4.0, (0.0, 1.0), (1.4, last + 0.01), (2.0, 4.0))  # smoothing takes the last frame
    ((_, found),) = refine([(1.1, 1.5)], energy, SHIFT, 4.0, delay=0.1)
    assert found == pytest.approx(end, abs=0.001)


@pytest.mark.parametrize(("length", "silence"), [(0.05, False), (0.06, False), (0.08, True), (0.1, True)])
def test_the_shortest_silence(length, silence):
    """Smoothing takes a frame from either side of a dip: what is left must last 0.06 s."""
    energy = track(4.0, (0.0, 1.0), (1.5, 1.5 + length), (2.2, 4.0))
    (_, end), (start, _) = refine([(1.1, 1.4), (1.7, 2.0)], energy, SHIFT, 4.0)
    assert (start > end) == silence
    if not silence:
        assert end == start == pytest.approx(1.68)


def test_silence_before_the_first_and_behind_the_last_spike():
    # Quiet until beyond the spike: the word begins at its spike.
    energy = track(4.0, (0.0, 2.0), (2.6, 4.0))
    ((start, end),) = refine([(1.8, 2.4)], energy, SHIFT, 4.0)
    assert start == pytest.approx(1.8)
    assert end == pytest.approx(2.6, abs=0.011)
    # Quiet from before the last spike on: the word ends at its spike.
    energy = track(4.0, (0.0, 1.0), (1.5, 4.0))
    ((start, end),) = refine([(1.1, 1.7)], energy, SHIFT, 4.0)
    assert (start, end) == (pytest.approx(1.0, abs=0.011), pytest.approx(1.7))


def test_rules_are_durations():
    rules = BoundaryRules(usual_tail=0.5, usual_onset=0.25)
    assert refine([(2.0, 2.2)], STEADY, SHIFT, 10.0, rules=rules) == [pytest.approx((1.75, 2.7))]
    rules = BoundaryRules(lead=0.1)
    assert refine([(1.0, 1.2), (1.5, 1.7)], STEADY, SHIFT, 10.0, rules=rules)[0][1] == pytest.approx(1.4)
    rules = BoundaryRules(longest_tail=1.0)
    found = refine([(1.1, 1.24), (3.1, 3.3)], PAUSE, SHIFT, 6.0, rules=rules)
    assert found[0][1] == pytest.approx(1.6, abs=0.011)


def test_spikes_out_of_order_are_put_in_order():
    found = refine([(1.0, 1.5), (1.2, 1.3)], STEADY, SHIFT, 10.0)
    assert found[0][1] <= found[1][0] <= found[1][1]


def test_levels_behind_the_last_second_are_those_of_the_end():
    """The window of 0.3 s around second 6 is empty in a track of 5.6 s: it takes the last 0.3 s instead."""
    energy = track(5.6, *((start, start + 0.1) for start in np.arange(0.0, 5.3, 0.2))) + 14  # 0 and 10
    energy[530:545], energy[545:555], energy[555:] = -20.0, -10.0, -5.0
    rules = BoundaryRules(level_window=0.3)
    # At 5.57 s: floor -20 * 0.57 = -11.4, speech 10 * 0.43 - 5 * 0.57 = 1.5, threshold -7.5.
    assert not quiet_frames(energy, SHIFT, rules)[557]
