"""Old times: they decide between equals, and the sound decides against them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from ctcalign.aligner.graph.old_times import OldTimes
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align
from ctcalign.alignment.cue import Cue
from ctcalign.errors import UsageError
from tests.aligner.tones import RATE, ToneModel, say, silence

CHORUS = "we walked along the river"
SONG = ["the cat sat on the mat", CHORUS, "a dog ran over the hill", CHORUS, "she sang an old song"]


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Sentences with pauses, one of them sung twice; the path and when each is sung."""
    pieces, times, at = [silence(1.0)], [], 1.0
    for text in SONG:
        piece = say(text)
        times.append((at, at + len(piece) / RATE))
        at = times[-1][1] + 1.0
        pieces += [piece, silence(1.0)]
    path = tmp_path_factory.mktemp("song") / "song.wav"
    sf.write(path, np.concatenate(pieces), RATE, subtype="FLOAT")
    return path, times


def starts(path, cues, prior):
    found = align(path, cues, ToneModel(), options=AlignOptions(old_times=prior))
    return [cue.start for cue in found.cues], found.warnings


@pytest.mark.parametrize("sung", [1, 3])
def test_they_choose_between_two_equal_places(song, sung):
    path, times = song
    # The second sentence has no caption, so the chorus stands alone and may be either of the two.
    cue = Cue(0, CHORUS, times[sung][0] + 0.5, times[sung][1] + 0.5)
    (start,), warnings = starts(path, [cue], OldTimes(max_shift=1.0))
    assert start == pytest.approx(times[sung][0], abs=0.12)
    assert not any(text.startswith("existing times") for text in warnings)


@pytest.mark.parametrize("shift", [-20.0, -4.0, 6.0, 60.0])
def test_they_are_no_wall(song, shift):
    path, times = song
    moved = [(max(0.0, a + shift), max(0.5, b + shift)) for a, b in times]
    cues = [Cue(i, text, *span) for i, (text, span) in enumerate(zip(SONG, moved, strict=True))]
    found, _ = starts(path, cues, OldTimes(max_shift=1.0))
    assert found == pytest.approx([a for a, _ in times], abs=0.12)


def test_no_short_caption_is_left_out_for_its_time(song):
    path, times = song
    for text, sung in (("she sang", 4), ("the cat", 0)):
        cues = [Cue(0, text, 90.0, 91.0), Cue(1, SONG[2], *times[2])][:: 1 if sung == 0 else -1]
        found, _ = starts(path, cues, OldTimes(max_shift=1.0, trust=1e4))
        assert found[0 if sung == 0 else 1] == pytest.approx(times[sung][0], abs=0.12)


def test_they_weigh_as_much_as_they_are_trusted(song):
    path, times = song
    (free,), _ = starts(path, [Cue(0, CHORUS)], None)
    other = times[3] if free < times[2][0] else times[1]
    cue = Cue(0, CHORUS, *other)
    (doubting,), _ = starts(path, [cue], OldTimes(max_shift=1.0, trust=0.0))
    (trusting,), _ = starts(path, [cue], OldTimes(max_shift=1.0))
    assert doubting == free
    assert trusting == pytest.approx(other[0], abs=0.12)


def test_captions_without_times_lie_between_their_neighbours(song):
    path, times = song
    cues = [Cue(0, SONG[2], *times[2]), Cue(1, CHORUS), Cue(2, SONG[4], *times[4])]
    found, _ = starts(path, cues, OldTimes(max_shift=1.0))
    assert found == pytest.approx([times[2][0], times[3][0], times[4][0]], abs=0.12)


@pytest.mark.parametrize("sung", [1, 3])
@pytest.mark.parametrize("ahead", [46_931.0, 4320.5, 100.0])
def test_times_of_day_count_from_each_other(song, sung, ahead):
    path, times = song
    chosen = [(SONG[0], times[0]), (CHORUS, times[sung]), (SONG[4], times[4])]
    cues = [Cue(i, text, a + ahead, b + ahead) for i, (text, (a, b)) in enumerate(chosen)]
    found, warnings = starts(path, cues, OldTimes(max_shift=1.0))
    assert found == pytest.approx([a for _, (a, _) in chosen], abs=0.12)
    [warning] = [text for text in warnings if text.startswith("existing times")]
    assert warning.startswith("existing times: all are after the end of the recording, as times of day are; ")


def test_times_of_an_excerpt_that_reach_into_the_recording_stay(song):
    path, times = song
    cues = [Cue(0, CHORUS, *times[3]), Cue(1, SONG[4], times[4][0] + 500, times[4][1] + 500)]
    _, warnings = starts(path, cues, OldTimes(max_shift=1.0))
    assert not any("end of the recording" in text for text in warnings)


def test_without_a_single_time_there_is_a_warning(song):
    _, warnings = starts(song[0], [Cue(0, CHORUS)], OldTimes())
    assert "existing times: no caption has a time, so none were used" in warnings


@pytest.mark.parametrize(("values", "names"), [({"max_shift": 0}, "max_shift"), ({"trust": -1}, "trust")])
def test_wrong_values_are_refused(values, names):
    with pytest.raises(UsageError, match=names):
        OldTimes(**values)
