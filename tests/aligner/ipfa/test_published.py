"""The published loop: every stored run, the branch that none of them takes, and its properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ctcalign.aligner.ipfa.published import PublishedRun, decide, restored, run_published
from ctcalign.aligner.ipfa.segmenter import Segment, frames_between
from ctcalign.aligner.ipfa.settings import FAITHFUL, Settings
from ctcalign.errors import NoPathError, UsageError
from tests.aligner.ipfa.ipfa_runs import RUNS, SHIFT, Counted, emission_of, settings_of


def replay(name: str, silence: int = 0) -> tuple[PublishedRun, Counted]:
    run = RUNS[name]
    settings = settings_of(run)
    segmenter = Counted(settings)
    emission = emission_of(run)
    rest = np.full((silence, emission.shape[1]), -9.0, np.float32)
    rest[:, 0] = -0.01
    post = frames_between(np.concatenate([emission, rest]), SHIFT)
    speech = [tuple(stretch) for stretch in run["vad"]]
    length = run["audio_seconds"] + silence * SHIFT
    return run_published(run["rows"], speech, length, post, segmenter, settings), segmenter


@pytest.mark.parametrize("name", RUNS)
def test_stored_runs(name):
    run, (found, segmenter) = RUNS[name], replay(name)
    assert [segment.text for segment in found.segments] == [text for *_, text in run["alignments"]]
    for segment, (start, end, score, _) in zip(found.segments, run["alignments"], strict=True):
        assert segment.start == pytest.approx(start, abs=1e-9)  # the task allows 0.02 s and 2e-3; none is needed
        assert segment.end == pytest.approx(end, abs=1e-9)
        assert segment.score == pytest.approx(score, abs=2e-4)
    scores = [restored(segment, settings_of(run)) for segment in found.segments]
    assert scores == pytest.approx(run["scores_after_artefact_removal"], abs=2e-4)
    assert segmenter.trials == run["num_ctc_segmentation_calls"]
    assert found.lost == []
    assert found.stopped is None


@pytest.mark.parametrize("name", RUNS)
def test_every_text_once_in_order_without_overlap(name):
    found, _ = replay(name)
    words = " ".join(segment.text for segment in found.segments)
    assert words == " ".join(RUNS[name]["rows"])
    edges = [time for segment in found.segments for time in (segment.start, segment.end)]
    assert all(b - a >= -0.011 for a, b in pairwise(edges))


@pytest.mark.parametrize("name", ["chunked_rows", "noisy_chunked", "two_vad_segments"])
def test_silence_at_the_end_moves_only_the_last_end(name):
    before, after = replay(name)[0].segments, replay(name, silence=150)[0].segments
    assert [(s.text, s.start) for s in before] == [(s.text, s.start) for s in after]
    assert [s.end for s in before[:-1]] == [s.end for s in after[:-1]]


def trials(*scores: list[float]) -> tuple[list[str], list[int], object]:
    """Texts, the trials asked for, and a mock that gives these scores with all texts, one less, two less, ..."""
    texts = [f"text {number} that is long enough" for number in range(len(scores[0]))]
    asked: list[int] = []

    def place(count: int) -> list[Segment]:
        asked.append(count)
        row = scores[len(texts) - count]
        return [Segment(text, i, i + 0.9, score) for i, (text, score) in enumerate(zip(texts, row, strict=False))]

    return texts, asked, place


SETTINGS = Settings(short_text=5)


def test_results_that_improve_and_are_good_are_improved_again():
    texts, asked, place = trials([-1, -1, -1.9, -1.8], [-1, -1.6, -1.5], [-1, -1.2], [-3])
    decision = decide(place, texts, False, SETTINGS)
    # four texts: good. three: better (-1.5 over -1.9) and good, go on. two: better (-1.2 over -1.6), go on. one: worse.
    assert asked == [4, 3, 2, 1]
    assert [segment.score for segment in decision.accepted] == [-1, -1.2]
    assert decision.deferred == [texts[3], texts[2]]
    assert decision.anchor == pytest.approx(1.9)


def test_results_that_improve_until_one_text_is_left():
    texts, asked, place = trials([-1.9, -1.9], [-1.5])
    decision = decide(place, texts, False, SETTINGS)
    assert (asked, decision.deferred, decision.anchor) == ([2, 1], [texts[1]], pytest.approx(0.9))
    texts, _, place = trials([-4, -1.9], [-3])
    assert decide(place, texts, False, SETTINGS) == type(decision)([], [texts[1], texts[0]])


def test_a_nice_score_equal_to_the_one_before_is_not_taken():
    texts, _, place = trials([-0.5, -0.5, -1.5], [-0.5, -0.5])
    assert len(decide(place, texts, False, SETTINGS).accepted) == 3
    texts, _, place = trials([-0.5, -0.6, -1.5], [-0.5, -0.5])
    assert len(decide(place, texts, False, SETTINGS).accepted) == 2


def test_short_texts_are_no_anchors():
    texts, _, place = trials([-0.1])
    assert decide(place, texts, False, Settings(short_text=100)).deferred == texts
    [one] = decide(place, texts, True, Settings(short_text=100, threshold=-1.5)).accepted
    assert (one.score, one.penalty) == (pytest.approx(-3.1), -3.0)
    assert restored(one, Settings(threshold=-1.5)) == pytest.approx(-0.1)
    assert restored(one, FAITHFUL) == pytest.approx(0.9)  # the published program adds 4, whatever it took


def test_it_gives_up_where_published_and_says_what_is_lost():
    def never(log_probs, texts):
        raise NoPathError("too short")

    rows = [f"row {number} of some length" for number in range(30)]
    post = frames_between(np.zeros((3000, 2), np.float32), SHIFT)
    found = run_published(rows, [(0.0, 60.0)], 60.0, post, never)
    assert "10 texts in a row" in found.stopped
    assert found.lost == [row.upper() for row in rows]

    def bad(log_probs, texts):
        return lambda count: [Segment(text, 0.0, 1.0, -9.0) for text in texts[:count]]

    found = run_published(rows, [(0.0, 60.0)], 60.0, post, bad, Settings(lost_window=20, upper_case=True))
    assert "window reached" in found.stopped
    assert found.lost == [row.upper() for row in rows]


def test_settings_are_checked():
    with pytest.raises(UsageError, match="threshold: expected nats per frame, at most 0, got 2"):
        Settings(threshold=2.0)
    with pytest.raises(UsageError, match="length: expected 1 or more"):
        Settings(length=0)
    with pytest.raises(UsageError, match="search_window: expected seconds above 0"):
        Settings(search_window=0)
