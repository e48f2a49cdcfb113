"""How long subtitles are shown around their words."""

from __future__ import annotations

import itertools
import json

import pysubs2
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.formats import render
from ctcalign.formats.subtitles import SubtitleLimits
from ctcalign.formats.subtitles.presentation import presented

DURATION = 20.0
# Pauses: 2 s in front, 0.3 s, 0.04 s, 3 s, 9.56 s behind.
SPANS = [(2.0, 3.0), (3.3, 5.3), (5.34, 5.54), (8.54, 10.44)]


def shown(spans=SPANS, duration=DURATION, **settings):
    cues = [AlignedCue(number, "Good evening.", *span) for number, span in enumerate(spans)]
    done, _ = presented(cues, duration, **settings)
    return [(round(cue.start, 4), round(cue.end, 4)) for cue in done]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, SPANS),
        # A pause that is too short for both is shared by them: 0.3 s between 0.1 and 0.3, 0.04 s likewise.
        (
            {"lead_in": 0.1, "lead_out": 0.3},
            [(1.9, 3.225), (3.225, 5.33), (5.33, 5.84), (8.44, 10.74)],
        ),
        ({"lead_in": 0.1}, [(1.9, 3.0), (3.2, 5.3), (5.3, 5.54), (8.44, 10.44)]),
        # The pause behind the third cue is free, the second one is long enough.
        ({"min_duration": 1.0}, [(2.0, 3.0), (3.3, 5.3), (5.34, 6.34), (8.54, 10.44)]),
        ({"min_gap": 0.1}, [(2.0, 3.0), (3.3, 5.24), (5.34, 5.54), (8.54, 10.44)]),
        ({"snap_gaps": 0.5}, [(2.0, 3.3), (3.3, 5.34), (5.34, 5.54), (8.54, 10.44)]),
        ({"snap_gaps": 0.5, "min_gap": 0.08}, [(2.0, 3.22), (3.3, 5.26), (5.34, 5.54), (8.54, 10.44)]),
        ({"lead_out": 15.0}, [(2.0, 3.3), (3.3, 5.34), (5.34, 8.54), (8.54, 20.0)]),
        ({"lead_in": 15.0}, [(0.0, 3.0), (3.0, 5.3), (5.3, 5.54), (5.54, 10.44)]),
    ],
)
def test_times_around_words(settings, expected):
    assert shown(**settings) == expected


def test_what_the_pause_behind_does_not_allow_is_taken_in_front():
    assert shown([(2.0, 2.2), (2.3, 4.0)], min_duration=0.5, min_gap=0.05) == [(1.75, 2.25), (2.3, 4.0)]
    assert shown([(0.1, 0.2), (0.2, 4.0)], min_duration=0.5) == [(0.0, 0.2), (0.2, 4.0)]


def test_two_short_cues_do_not_take_the_same_pause():
    assert shown([(1.0, 1.1), (1.5, 1.6), (1.6, 3.0)], min_duration=0.6) == [(0.9, 1.5), (1.5, 1.6), (1.6, 3.0)]


def test_edges_where_cues_overlap_stay():
    spans = [(1.0, 3.0), (2.0, 2.5), (4.0, 5.0)]
    settings = {"lead_in": 0.2, "lead_out": 0.2, "min_gap": 0.1, "snap_gaps": 2.0}
    assert shown(spans, **settings) == [(0.8, 3.0), (2.0, 2.5), (3.8, 5.2)]
    assert shown([(1.0, 2.0), (1.0, 2.0)], lead_out=0.5, min_gap=0.1) == [(1.0, 2.0), (1.0, 2.5)]


def test_min_gap_leaves_half_of_a_cue():
    assert shown([(1.0, 1.2), (1.2, 2.0)], min_gap=0.5) == [(1.0, 1.1), (1.2, 2.0)]


def test_the_length_of_the_recording_may_be_unknown():
    assert shown([(1.0, 2.0)], duration=0.0, lead_out=1.5) == [(1.0, 3.5)]


spans = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 40)), max_size=12).map(
    lambda pairs: [(start / 10, (start + length) / 10) for start, length in pairs]
)
seconds = st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0, 3.0])


@given(spans=spans, lead_in=seconds, lead_out=seconds, min_duration=seconds, min_gap=seconds, snap_gaps=seconds)
def test_no_cue_is_lost_shrunk_or_pushed_over_another(spans, lead_in, lead_out, min_duration, min_gap, snap_gaps):
    settings = {"lead_in": lead_in, "lead_out": lead_out, "min_duration": min_duration}
    cues = [AlignedCue(number, "x", *span) for number, span in enumerate(spans)]
    done, _ = presented(cues, 50.0, min_gap=min_gap, snap_gaps=snap_gaps, **settings)
    for cue, (start, end) in zip(done, spans, strict=True):
        assert -1e-9 <= cue.start <= start
        assert start < cue.end <= 50.0
        if min_gap == 0:
            assert cue.end >= end
    for one, (_, end) in zip(done, spans, strict=True):
        for other, (start, _) in zip(done, spans, strict=True):
            if start >= end:  # they did not overlap
                assert other.start >= one.end - 1e-9


@pytest.mark.parametrize("format", ["srt", "vtt", "ass"])
def test_pysubs2_reads_the_times(tmp_path, format):
    cues = [AlignedCue(number, "Good evening.", *span) for number, span in enumerate(SPANS)]
    limits = SubtitleLimits(lead_in=0.1, lead_out=0.5, min_duration=0.833, min_gap=0.08, snap_gaps=0.5)
    path = tmp_path / f"a.{format}"
    path.write_text(str(render(Alignment("a.wav", DURATION, "m", cues), format, limits=limits).content), "utf-8")
    found = [(event.start / 1000, event.end / 1000) for event in pysubs2.load(str(path))]
    assert found == sorted(found)
    for (_, end), (start, _) in itertools.pairwise(found):
        assert start - end == pytest.approx(0.08, abs=0.011) or start - end > 0.5
    assert min(end - start for start, end in found) >= 0.82  # ASS has hundredths
    assert found[0][0] == pytest.approx(1.9)
    assert found[-1][1] == pytest.approx(10.94)


def test_json_and_other_formats_keep_the_times_of_the_words(tmp_path):
    source = tmp_path / "a.json"
    source.write_text(
        json.dumps(
            {
                "schema": "ctcalign/alignment/1",
                "audio": "a.wav",
                "duration": 9.0,
                "model": "m",
                "cues": [{"index": 0, "text": "Yes.", "start": 2.0, "end": 2.4, "status": "aligned"}],
            }
        ),
        encoding="utf-8",
    )
    outputs = [tmp_path / name for name in ("b.srt", "b.json", "b.tsv")]
    arguments = ["convert", str(source), *map(str, outputs), "--lead-in", "0.5", "--min-duration", "1.5"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    assert "00:00:01,500 --> 00:00:03,000" in outputs[0].read_text(encoding="utf-8")
    assert json.loads(outputs[1].read_text(encoding="utf-8"))["cues"][0]["start"] == 2.0
    assert "2.0" in outputs[2].read_text(encoding="utf-8")
    result = CliRunner().invoke(commands, [*arguments[:2], str(tmp_path / "c.tsv"), "--lead-in", "0.5"])
    assert result.exit_code == 2
    assert "--lead-in" in result.output


@pytest.mark.parametrize("name", ["lead_in", "lead_out", "min_duration", "min_gap", "snap_gaps"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), 60.0])
def test_seconds_are_checked(name, value):
    with pytest.raises(UsageError, match=name):
        SubtitleLimits(**{name: value})
